"""Notices, and who has read them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, UniqueConstraint, and_, exists
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.api.roles import ROLES
from app.core.db import BigId, Moment, Record, label
from app.core.publishing import Publishable, publication
from app.core.richtext import RichText
from app.modules.estate.models import Building, Community


class NoticeCategory(Record):
    """公告分类: what staff file notices under, in their order."""

    __tablename__ = "notice_category"
    __label__ = "公告分类"

    name: Mapped[str] = mapped_column(String(16), unique=True, info=label("分类名称"))
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("排序", help="小的在前"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))

    def __str__(self) -> str:
        return self.name


class NoticePlace(Record):
    """One place that a notice is for: a whole community, or one of its buildings."""

    __tablename__ = "notice_place"
    __label__ = "公告范围"
    __audited__ = False
    __table_args__ = (UniqueConstraint("notice_id", "community_id", "building_id"),)

    notice_id: Mapped[int] = mapped_column(BigId, ForeignKey("notice.id", ondelete="CASCADE"))
    community_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("community.id"), index=True, info=label("园区", help="可选多个；园区和楼栋都不选表示所有人")
    )
    building_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("building.id"), index=True,
        info=label("楼栋", help="可选多个；所选楼栋的住户和商家看得到，与所选园区并列"),
    )  # fmt: skip


class Notice(Publishable, Record):
    """公告: for everybody, or for those of some communities and buildings, or of some roles."""

    __tablename__ = "notice"
    __label__ = "公告"

    flow = publication()

    title: Mapped[str] = mapped_column(String(60), index=True, info=label("标题"))
    category_id: Mapped[int] = mapped_column(BigId, ForeignKey("notice_category.id"), index=True, info=label("分类"))
    body: Mapped[str] = mapped_column(RichText, info=label("正文", rich=True))
    roles: Mapped[list[str]] = mapped_column(
        JSON, default=list, info=label("可见角色", choices=ROLES, several=True, help="不勾选表示所有人")
    )
    pinned: Mapped[bool] = mapped_column(Boolean, default=False, index=True, info=label("置顶"))
    push: Mapped[bool] = mapped_column(
        Boolean, default=False, info=label("发送消息", help="显示时给可见范围内的用户发一条消息")
    )
    pushed_at: Mapped[datetime | None] = mapped_column(Moment, info=label("消息发送时间"))
    read_count: Mapped[int] = mapped_column(Integer, default=0, info=label("已读人数"))

    category: Mapped[NoticeCategory] = relationship(lazy="raise_on_sql")
    communities: Mapped[list[Community]] = relationship(
        secondary="notice_place",
        viewonly=True,
        lazy="raise_on_sql",
        order_by="Community.id",
        primaryjoin="and_(Notice.id == NoticePlace.notice_id, NoticePlace.building_id.is_(None))",
        info=label("园区"),
    )
    buildings: Mapped[list[Building]] = relationship(
        secondary="notice_place",
        viewonly=True,
        lazy="raise_on_sql",
        order_by="Building.id",
        info=label("楼栋"),
    )

    @classmethod
    def in_communities(cls, ids: Iterable[int]) -> Any:
        """Those for some of these communities and for no other."""
        place = exists().where(NoticePlace.notice_id == cls.id)
        return and_(place, ~place.where(NoticePlace.community_id.not_in(list(ids))))

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
