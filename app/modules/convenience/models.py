"""Convenience information and its categories."""

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Record, choice_column, label
from app.core.publishing import Publishable, publication
from app.core.richtext import RichText
from app.modules.estate.models import Community

ICONS = {"bus": "公交", "phone": "电话", "plus": "医疗", "shield": "警务", "water": "水务", "bolt": "电力",
         "gift": "快递", "pin": "地点", "file": "办事"}  # fmt: skip


class ConvenienceCategory(Record):
    """便民信息分类."""

    __tablename__ = "convenience_category"
    __label__ = "便民分类"

    title: Mapped[str] = mapped_column(String(16), unique=True, info=label("分类"))
    icon: Mapped[str] = choice_column(ICONS, "图标", "pin")
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("排序", help="小的在前"))

    def __str__(self) -> str:
        return self.title


class ConvenienceInfo(Publishable, Record):
    """便民信息: one line, hospital, office or number."""

    __tablename__ = "convenience_info"
    __label__ = "便民信息"

    flow = publication()

    category_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("convenience_category.id"), index=True, info=label("分类")
    )
    community_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("community.id"), index=True, info=label("园区", help="留空表示所有园区")
    )
    title: Mapped[str] = mapped_column(String(60), index=True, info=label("标题"))
    hotlines: Mapped[str] = mapped_column(
        String(120), default="", info=label("电话", help="可直接拨打；多个号码用顿号分隔，如：120、020-66668888")
    )
    place: Mapped[str] = mapped_column(String(120), default="", info=label("地点"))
    hours: Mapped[str] = mapped_column(String(120), default="", info=label("服务时间", help="如：工作日 8:00–17:30"))
    body: Mapped[str] = mapped_column(RichText, default="", info=label("详细说明", rich=True))
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("排序", help="小的在前"))

    category: Mapped[ConvenienceCategory] = relationship(lazy="raise_on_sql")
    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.title
