"""Export of work orders; import and export of categories and equipment."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.core.sheets import Amount, Choice, Flag, Integer, Lookup, Moment, Row, Sheet, Text
from app.modules.estate.models import Unit
from app.modules.estate.sheets import building_of, community_column
from app.modules.members.models import Customer, Technician
from app.modules.repairs.models import Equipment, RepairCategory, WorkOrder
from app.modules.repairs.operations.reporting import new_code

WORK_ORDERS = Sheet(
    WorkOrder,
    key=("number",),
    area="work_orders",
    columns=[
        Text("number"),
        community_column(),
        Choice("area"),
        Lookup("category_id", "报修类别", RepairCategory, by=("name",)),
        Choice("trade"),
        Choice("priority"),
        Choice("channel"),
        Text("building_name", "楼栋", extra=True, source=building_of(WorkOrder)),
        Lookup("unit_id", "房号", Unit, by=("number",)),
        Text("place"),
        Text("description"),
        Lookup("customer_id", "商家/租客", Customer, by=("name",)),
        Text("contact_name"),
        Text("contact_phone"),
        Choice("state"),
        Lookup("technician_id", "维修师傅", Technician, by=("name",)),
        Moment("created_at", "报修时间"),
        Moment("taken_at"),
        Moment("appointment_at"),
        Moment("started_at"),
        Moment("finished_at"),
        Moment("closed_at"),
        Moment("respond_due_at"),
        Moment("finish_due_at"),
        Integer("reopened"),
        Text("solution"),
        Choice("fee_state"),
        Amount("quote_fen"),
        Integer("speed"),
        Integer("attitude"),
        Integer("quality"),
        Text("rating_note"),
    ],
)


def _parent() -> Any:
    parent = aliased(RepairCategory)
    return select(parent.name).where(parent.id == RepairCategory.parent_id).correlate(RepairCategory).scalar_subquery()


CATEGORIES = Sheet(
    RepairCategory,
    key=("name",),
    area="repair_categories",
    columns=[
        Text("name", example="水龙头漏水", note="不能与其他类别同名"),
        Lookup("parent_id", "上级类别", RepairCategory, by=("name",), note="系统中已有的一级类别；一级类别留空"),
        Choice("trade"),
        Choice("priority"),
        *(Integer(f"{part}_{priority}", minimum=1, maximum=86400)
          for priority in ("urgent", "normal", "low") for part in ("respond", "finish")),
        Integer("position", minimum=0, maximum=9999),
        Flag("active"),
    ],
)  # fmt: skip


def give_codes(session: Session, rows: list[Row]) -> None:
    """New equipment gets its code."""
    for row in rows:
        if row.record_id is None:
            row.values["code"] = new_code()


EQUIPMENT = Sheet(
    Equipment,
    key=("community_id", "name", "place"),
    area="repair_categories",
    columns=[
        community_column(),
        Text("name", example="1号客梯"),
        Text("place", example="A座大堂东侧"),
        Lookup("category_id", "报修类别", RepairCategory, by=("name",), example="电梯困人/故障"),
        Flag("active"),
        Text("note"),
    ],
    prepare=give_codes,
)
