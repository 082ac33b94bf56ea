"""Notices, and who has read them."""

from datetime import datetime

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.api.roles import ROLES
from app.core.db import BigId, Moment, Record, choice_column, label
from app.core.publishing import Publishable, publication
from app.core.richtext import RichText
from app.modules.estate.models import Building, Community

CATEGORIES = {
    "notice": "物业通知",
    "outage": "停水停电",
    "safety": "安全提示",
    "activity": "社区活动",
    "policy": "政策法规",
}


class Notice(Publishable, Record):
    """公告: for everybody, or for those of a community, a building, or some roles."""

    __tablename__ = "notice"
    __label__ = "公告"

    flow = publication()

    title: Mapped[str] = mapped_column(String(60), index=True, info=label("标题"))
    category: Mapped[str] = choice_column(CATEGORIES, "分类", "notice")
    body: Mapped[str] = mapped_column(RichText, info=label("正文", rich=True))
    community_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("community.id"), index=True, info=label("园区", help="留空表示所有园区")
    )
    building_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("building.id"), index=True, info=label("楼栋", help="选择后只有该楼栋的住户和商家看得到")
    )
    roles: Mapped[list[str]] = mapped_column(
        JSON, default=list, info=label("可见角色", choices=ROLES, several=True, help="不勾选表示所有人")
    )
    pinned: Mapped[bool] = mapped_column(Boolean, default=False, index=True, info=label("置顶"))
    push: Mapped[bool] = mapped_column(
        Boolean, default=False, info=label("发送消息", help="显示时给可见范围内的用户发一条消息")
    )
    pushed_at: Mapped[datetime | None] = mapped_column(Moment, info=label("消息发送时间"))
    read_count: Mapped[int] = mapped_column(Integer, default=0, info=label("已读人数"))

    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")
    building: Mapped[Building | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.title


class NoticeRead(Record):
    """A member has opened a notice: the first time counts."""

    __tablename__ = "notice_read"
    __label__ = "公告阅读记录"
    __audited__ = False
    __table_args__ = (UniqueConstraint("notice_id", "member_id"),)

    notice_id: Mapped[int] = mapped_column(BigId, ForeignKey("notice.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True)
    read_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
