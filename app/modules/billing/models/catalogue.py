"""What is charged, to whom, at which price: fee items, tariffs and their versions, assignments, meters."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Exact, Record, choice_column, label
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer

FEES = {
    "water": "水费",
    "electricity": "电费",
    "management": "物业管理费",
    "parking": "停车费",
    "repair": "维修费",
    "other": "其他费用",
}
METHODS = {"area": "按面积", "metered": "按表计量", "fixed": "固定金额", "parking": "按车位"}
CYCLES = {"1": "每月", "3": "每季度", "6": "每半年", "12": "每年"}
PAYERS = {"occupant": "入住客户", "customer": "指定客户"}
METER_KINDS = {"water": "水表", "electricity": "电表"}
READING_SOURCES = {"entry": "录入", "import": "导入", "photo": "现场拍照"}
FLAGS = {"": "正常", "backwards": "读数倒退", "doubled": "用量异常", "confirmed": "已核实"}


class FeeItem(Record):
    """费用项. ``key`` is one of ``FEES`` for those that ship; staff may add others."""

    __tablename__ = "fee_item"
    __label__ = "费用项"

    key: Mapped[str] = mapped_column(String(24), unique=True, info=label("代码"))
    name: Mapped[str] = mapped_column(String(32), unique=True, info=label("费用名称"))
    position: Mapped[int] = mapped_column(Integer, default=0, info=label("排序"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    def __str__(self) -> str:
        return self.name


class Tariff(Record):
    """收费标准: how a fee is computed in a community; its prices stand in dated versions."""

    __tablename__ = "tariff"
    __label__ = "收费标准"
    __table_args__ = (UniqueConstraint("community_id", "name"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    fee_item_id: Mapped[int] = mapped_column(BigId, ForeignKey("fee_item.id"), index=True, info=label("费用项"))
    name: Mapped[str] = mapped_column(String(64), info=label("标准名称"))
    method: Mapped[str] = choice_column(METHODS, "计费方式")
    cycle: Mapped[str] = choice_column(CYCLES, "出账周期", "1")
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    fee_item: Mapped[FeeItem] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class TariffVersion(Record):
    """A tariff's prices from a day on. A version that a bill was made of is never changed: a new one follows it.

    ``steps`` (metered only) is a list of ``{"upto": "180", "price": "0.5"}``, the last without ``upto``; amounts per
    cycle month. ``late_rate`` is the part of the outstanding principal per day (0.0005: 万分之五).
    """

    __tablename__ = "tariff_version"
    __label__ = "收费标准版本"
    __table_args__ = (UniqueConstraint("tariff_id", "valid_from"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"), index=True, info=label("收费标准"))
    valid_from: Mapped[date] = mapped_column(Date, info=label("生效日期"))
    valid_to: Mapped[date | None] = mapped_column(Date, info=label("失效日期"))
    unit_price: Mapped[Decimal] = mapped_column(Exact(4), default=Decimal(0), info=label("单价（元）"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, info=label("阶梯价格"))
    due_days: Mapped[int] = mapped_column(Integer, default=15, info=label("出账后几天到期"))
    late_rate: Mapped[Decimal] = mapped_column(Exact(6), default=Decimal(0), info=label("滞纳金日比例"))
    grace_days: Mapped[int] = mapped_column(Integer, default=0, info=label("滞纳金宽限天数"))
    late_cap_percent: Mapped[int] = mapped_column(Integer, default=100, info=label("滞纳金上限（占本金%）"))
    vacant_percent: Mapped[int] = mapped_column(Integer, default=100, info=label("空置计费比例（%）"))

    tariff: Mapped[Tariff] = relationship(lazy="raise_on_sql")
    community: Mapped[Community] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.valid_from} 起"


class Meter(Record):
    """表计: one meter of a unit. ``multiplier`` (倍率) turns its steps into m³ or kWh."""

    __tablename__ = "meter"
    __label__ = "表计"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    kind: Mapped[str] = choice_column(METER_KINDS, "类型", "electricity")
    number: Mapped[str] = mapped_column(String(48), unique=True, info=label("表号"))
    multiplier: Mapped[Decimal] = mapped_column(Exact(4), default=Decimal(1), info=label("倍率"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.number


class MeterReading(Record):
    """抄表: what a meter showed on a day. A flagged one is billed only once somebody has confirmed it."""

    __tablename__ = "meter_reading"
    __label__ = "抄表记录"
    __table_args__ = (UniqueConstraint("meter_id", "read_on"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    meter_id: Mapped[int] = mapped_column(BigId, ForeignKey("meter.id"), index=True, info=label("表计"))
    read_on: Mapped[date] = mapped_column(Date, index=True, info=label("抄表日期"))
    value: Mapped[Decimal] = mapped_column(Exact(3), info=label("读数"))
    source: Mapped[str] = choice_column(READING_SOURCES, "来源", "entry")
    flag: Mapped[str] = choice_column(FLAGS, "核查", "")
    note: Mapped[str] = mapped_column(String(200), default="", info=label("备注"))

    meter: Mapped[Meter] = relationship(lazy="raise_on_sql")
    community: Mapped[Community] = relationship(lazy="raise_on_sql")


class TariffAssignment(Record):
    """收费对象: a unit is charged by a tariff from a day on.

    ``payer`` ``occupant``: whoever occupies the unit, each for their days; for vacant days ``customer`` (the owner),
    when there is one. ``customer``: always that customer. ``count`` is the number of bays or pieces.
    """

    __tablename__ = "tariff_assignment"
    __label__ = "收费对象"
    __table_args__ = (UniqueConstraint("tariff_id", "unit_id", "starts_on"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    tariff_id: Mapped[int] = mapped_column(BigId, ForeignKey("tariff.id"), index=True, info=label("收费标准"))
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    payer: Mapped[str] = choice_column(PAYERS, "缴费人", "occupant")
    customer_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("customer.id"), index=True, info=label("业主或指定客户")
    )
    meter_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("meter.id"), index=True, info=label("表计"))
    count: Mapped[int] = mapped_column(Integer, default=1, info=label("数量"))
    starts_on: Mapped[date] = mapped_column(Date, info=label("开始日期"))
    ends_on: Mapped[date | None] = mapped_column(Date, info=label("结束日期"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    tariff: Mapped[Tariff] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer | None] = relationship(lazy="raise_on_sql")
    meter: Mapped[Meter | None] = relationship(lazy="raise_on_sql")
