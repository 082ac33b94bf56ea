"""Import and export of communities, buildings and units."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.core.sheets import Choice, Decimal, Flag, Integer, Lookup, Sheet, Text
from app.modules.estate.models import Building, Community, Unit


def community_column(**options: Any) -> Lookup:
    """The column in which a row names its community."""
    return Lookup(
        "community_id", "园区", Community, by=("name", "code"),
        example="示例科技园", note="系统中已有的园区名称或园区编码", **options,
    )  # fmt: skip


def building_column(**options: Any) -> Lookup:
    """The column in which a row names a building of its community."""
    return Lookup(
        "building_id", "楼栋", Building, by=("name",), within={"community_id": "community_id"},
        example="1号楼", note="该园区已有的楼栋名称", **options,
    )  # fmt: skip


def building_of(model: Any) -> Callable[[], Any]:
    """The name of the building of a record's unit, for the column ``building_column(extra=True, …)``."""
    return lambda: (
        select(Building.name)
        .join(Unit, Unit.building_id == Building.id)
        .where(Unit.id == model.unit_id)
        .correlate(model)
        .scalar_subquery()
    )


def unit_column(**options: Any) -> Lookup:
    """The column in which a row names a unit of its building."""
    return Lookup(
        "unit_id", "房号", Unit, by=("number",), within={"building_id": "building_id"},
        **{"example": "1201", "note": "该楼栋已有的房号", **options},
    )  # fmt: skip


COMMUNITIES = Sheet(
    Community,
    key=("code",),
    area="estate",
    columns=[
        Text("code", example="P01", note="园区的唯一编码"),
        Text("name", example="示例科技园"),
        Text("address", example="示例市示例路 1 号"),
        Text("service_phone", example="020-88886666"),
        Flag("active", example="是"),
    ],
)

BUILDINGS = Sheet(
    Building,
    key=("community_id", "name"),
    area="estate",
    columns=[
        community_column(),
        Text("name", example="1号楼"),
        Integer("floors", minimum=1, maximum=300, example="18"),
    ],
)

UNITS = Sheet(
    Unit,
    key=("building_id", "number"),
    area="estate",
    columns=[
        community_column(),
        building_column(),
        Text("number", example="1201", note="同一楼栋内不重复"),
        Integer("floor", minimum=-20, maximum=300, example="12"),
        Choice("kind"),
        Decimal("area_m2", minimum=0, example="86.50", note="建筑面积，平方米，最多 2 位小数"),
        Choice("status"),
    ],
)
