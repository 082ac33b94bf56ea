"""Communities, their buildings, and the units in them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Record, choice_column, label

UNIT_KINDS = {"office": "写字间", "shop": "商铺", "flat": "公寓", "parking": "车位", "public": "公共区域"}
UNIT_STATUSES = {"vacant": "空置", "occupied": "已入住", "fitting_out": "装修中", "own_use": "自用"}


class Community(Record):
    """园区: one park or estate. All business records belong to one."""

    __tablename__ = "community"
    __label__ = "园区"

    code: Mapped[str] = mapped_column(String(32), unique=True, info=label("园区编码"))
    name: Mapped[str] = mapped_column(String(64), unique=True, info=label("园区名称"))
    address: Mapped[str] = mapped_column(String(200), default="", info=label("地址"))
    service_phone: Mapped[str] = mapped_column(String(32), default="", info=label("服务电话"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    @classmethod
    def in_communities(cls, ids: Iterable[int]) -> Any:
        return cls.id.in_(list(ids))

    def __str__(self) -> str:
        return self.name


class Building(Record):
    """楼栋."""

    __tablename__ = "building"
    __label__ = "楼栋"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    name: Mapped[str] = mapped_column(String(64), info=label("楼栋名称"))
    floors: Mapped[int] = mapped_column(Integer, default=1, info=label("层数"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class Unit(Record):
    """单元: an office, shop, flat, parking bay or public place; what fees, visits and repairs are about."""

    __tablename__ = "unit"
    __label__ = "房屋/单元"
    __table_args__ = (UniqueConstraint("building_id", "number"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    building_id: Mapped[int] = mapped_column(BigId, ForeignKey("building.id"), index=True, info=label("楼栋"))
    number: Mapped[str] = mapped_column(String(32), index=True, info=label("房号"))
    floor: Mapped[int] = mapped_column(Integer, default=1, info=label("楼层"))
    kind: Mapped[str] = choice_column(UNIT_KINDS, "类型", "office")
    area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0), info=label("面积（m²）"))
    status: Mapped[str] = choice_column(UNIT_STATUSES, "使用状态", "vacant")

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    building: Mapped[Building] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.number
