"""What is known of a staff sign-in beyond Flask-AppBuilder's user: session epoch, lock-out, one-time password."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Moment, Record, choice_column, label
from app.core.privacy import Sealed, personal


class StaffAccount(Record):
    """One row per staff member, made at the first need."""

    __tablename__ = "staff_account"
    __label__ = "登录安全"

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    epoch: Mapped[int] = mapped_column(Integer, default=0, info=label("会话版本"))
    locked_until: Mapped[datetime | None] = mapped_column(Moment, info=label("锁定至"))
    failures: Mapped[int] = mapped_column(Integer, default=0, info=label("连续失败次数"))
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False, info=label("须修改密码"))
    totp_secret: Mapped[str | None] = mapped_column(Sealed, info=personal("动态口令密钥", "两步验证", sensitive=True))
    totp_step: Mapped[int] = mapped_column(Integer, default=0)
    """The time step of the last code that was accepted: each code works once."""


class StaffSession(Record):
    """One browser in which a staff member is signed in; signing out deletes the row, so a copied cookie dies too."""

    __tablename__ = "staff_session"
    __label__ = "登录会话"
    __audited__ = False

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the key in the cookie."""


class SavedFilter(Record):
    """A filter of a list that a staff member keeps under a name."""

    __tablename__ = "saved_filter"
    __label__ = "常用筛选"

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    view: Mapped[str] = mapped_column(String(64), info=label("列表"))
    name: Mapped[str] = mapped_column(String(32), info=label("名称"))
    query: Mapped[dict[str, Any]] = mapped_column(JSON, info=label("条件"))


class HiddenColumns(Record):
    """The columns of a list that a staff member has put away."""

    __tablename__ = "hidden_columns"
    __label__ = "列设置"
    __audited__ = False
    __table_args__ = (UniqueConstraint("user_id", "view"),)

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"))
    view: Mapped[str] = mapped_column(String(64), info=label("列表"))
    names: Mapped[list[str]] = mapped_column(JSON, info=label("不显示的列"))


class BulkWork(Record):
    """A bulk action over ticked rows: how far it is, and which rows were refused why."""

    __tablename__ = "bulk_work"
    __label__ = "批量操作"
    __audited__ = False

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    view: Mapped[str] = mapped_column(String(64), info=label("列表"))
    action: Mapped[str] = mapped_column(String(64), info=label("操作"))
    groups: Mapped[list[list[int]]] = mapped_column(JSON, info=label("记录"))
    """Ids of the rows; those of a group are done in one transaction."""
    groups_done: Mapped[int] = mapped_column(Integer, default=0)
    refusals: Mapped[list[Any]] = mapped_column(JSON, default=list, info=label("失败"))
    """(id, reason) of each row that was refused."""
    back: Mapped[dict[str, str]] = mapped_column(JSON)
    """The arguments of the list on which the rows were ticked."""
    finished_at: Mapped[datetime | None] = mapped_column(Moment, info=label("完成时间"))

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(len(group) for group in self.groups)

    @property
    def done(self) -> int:
        """How many rows had their turn so far."""
        return sum(len(group) for group in self.groups[: self.groups_done])

    @property
    def succeeded(self) -> int:
        """How many rows were done so far."""
        return self.done - len(self.refusals)


class PanelSnapshot(Record):
    """What a panel of the dashboard said at a moment, to people of one data scope: sums, which name nobody's phone."""

    __tablename__ = "panel_snapshot"
    __label__ = "工作台统计"
    __audited__ = False
    __table_args__ = (UniqueConstraint("panel", "period", "scope"),)

    panel: Mapped[str] = mapped_column(String(40), info=label("图表"))
    period: Mapped[str] = mapped_column(String(24), info=label("时间"))
    scope: Mapped[str] = mapped_column(String(64), info=label("园区范围"))
    communities: Mapped[list[int] | None] = mapped_column(JSON)
    until: Mapped[str] = mapped_column(String(10), info=label("截止日期"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON, info=label("内容"))
    made_at: Mapped[datetime] = mapped_column(Moment, info=label("统计时间"))
    took_ms: Mapped[int] = mapped_column(Integer, info=label("统计用时（毫秒）"))
    asked_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("最近查看"))


CADENCES = {"daily": "每天", "weekly": "每周一", "monthly": "每月 1 日"}
FORMATS = {"xlsx": "Excel 表格", "pdf": "PDF"}


class ReportSubscription(Record):
    """A report that a staff member wants to be handed again and again, as asked for on its screen."""

    __tablename__ = "report_subscription"
    __label__ = "报表订阅"
    __table_args__ = (UniqueConstraint("user_id", "report", "cadence"),)

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), info=label("订阅人"))
    report: Mapped[str] = mapped_column(String(64), info=label("报表"))
    cadence: Mapped[str] = choice_column(CADENCES, "周期")
    form: Mapped[str] = mapped_column(String(8), info=label("格式", choices=FORMATS))
    by: Mapped[str] = mapped_column(String(24), default="", info=label("分组"))
    community_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("community.id", ondelete="CASCADE"), info=label("园区")
    )


class DeliveredReport(Record):
    """A file in a staff member's inbox; at most one for each subscription and day up to which it tells."""

    __tablename__ = "delivered_report"
    __label__ = "送达的报表"
    __audited__ = False
    __table_args__ = (UniqueConstraint("subscription_id", "until"),)

    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    subscription_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("report_subscription.id", ondelete="SET NULL")
    )
    report: Mapped[str] = mapped_column(String(64), info=label("报表"))
    title: Mapped[str] = mapped_column(String(120), info=label("标题"))
    until: Mapped[date] = mapped_column(Date, info=label("截止日期"))
    filename: Mapped[str] = mapped_column(String(200), info=label("文件名"))
    mimetype: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    read_at: Mapped[datetime | None] = mapped_column(Moment, info=label("打开时间"))
