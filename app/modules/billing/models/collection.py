"""Dunning (催缴): the ladder of reminders, what was sent, and what holds them back."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Moment, Record, choice_column, label
from app.modules.billing.models.bills import Bill
from app.modules.estate.models import Community
from app.modules.members.models import Customer

MESSAGE, LETTER, PHONE = "message", "letter", "phone"
CHANNELS = {MESSAGE: "小程序消息", LETTER: "催告函", PHONE: "电话"}
HOLDS = {"dispute": "有争议", "instalment": "分期承诺", "other": "其他"}
SENT, UNREACHED, PRINTED, CALLED = "sent", "unreached", "printed", "called"
OUTCOMES = {SENT: "已发送", UNREACHED: "未绑定小程序", PRINTED: "已打印", CALLED: "已电话告知"}


class DunningStage(Record):
    """催缴阶段: so many days after the due date (before it: negative) this text goes out. Without community: in all."""

    __tablename__ = "dunning_stage"
    __label__ = "催缴阶段"

    community_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    name: Mapped[str] = mapped_column(String(32), info=label("阶段名称"))
    days: Mapped[int] = mapped_column(Integer, info=label("到期后天数"))
    channel: Mapped[str] = choice_column(CHANNELS, "方式", MESSAGE)
    title: Mapped[str] = mapped_column(String(64), info=label("标题"))
    body: Mapped[str] = mapped_column(Text, info=label("内容"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class DunningNotice(Record):
    """催缴记录: one reminder of one bill; at most one per stage and bill (``stage_id`` None: by hand)."""

    __tablename__ = "dunning_notice"
    __label__ = "催缴记录"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("bill_id", "stage_id"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    bill_id: Mapped[int] = mapped_column(BigId, ForeignKey("bill.id"), index=True, info=label("账单"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("客户"))
    stage_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("dunning_stage.id"), info=label("催缴阶段"))
    channel: Mapped[str] = choice_column(CHANNELS, "方式")
    outcome: Mapped[str] = choice_column(OUTCOMES, "结果")
    amount_fen: Mapped[Fen] = mapped_column(info=label("催缴金额"))
    title: Mapped[str] = mapped_column(String(64), info=label("标题"))
    body: Mapped[str] = mapped_column(Text, info=label("内容"))
    sent_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("时间"))
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("经办人"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    stage: Mapped[DunningStage | None] = relationship(lazy="raise_on_sql")


class DunningHold(Record):
    """暂缓催缴: no reminder of this bill (or of all the customer's) until a day: a dispute, or a promise of parts."""

    __tablename__ = "dunning_hold"
    __label__ = "暂缓催缴"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("客户"))
    bill_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("bill.id"), index=True, info=label("账单"))
    reason: Mapped[str] = choice_column(HOLDS, "原因", "dispute")
    until: Mapped[date | None] = mapped_column(Date, info=label("暂缓至"))
    note: Mapped[str] = mapped_column(String(200), default="", info=label("说明"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("有效"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill | None] = relationship(lazy="raise_on_sql")
