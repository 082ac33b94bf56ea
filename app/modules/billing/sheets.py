"""Export of bills and payments."""

from typing import Any

from sqlalchemy import select

from app.core.sheets import Amount, Choice, Date, Lookup, Month, Sheet, Text
from app.modules.billing import queries
from app.modules.billing.models import Bill, FeeItem, Payment
from app.modules.estate.models import Building, Unit
from app.modules.estate.sheets import community_column
from app.modules.members.models import Customer


def _building_of_bill() -> Any:
    return (
        select(Building.name)
        .join(Unit, Unit.building_id == Building.id)
        .where(Unit.id == Bill.unit_id)
        .correlate(Bill)
        .scalar_subquery()
    )


BILLS = Sheet(
    Bill,
    key=("number",),
    area="billing",
    columns=[
        Text("number"),
        community_column(),
        Text("building_name", "楼栋", extra=True, source=_building_of_bill),
        Lookup("unit_id", "房号", Unit, by=("number",)),
        Lookup("customer_id", "客户", Customer, by=("name",)),
        Lookup("fee_item_id", "费用项", FeeItem, by=("name",)),
        Month("period"),
        Date("starts_on"),
        Date("ends_on"),
        Date("due_on"),
        Amount("amount_fen"),
        Amount("paid_fen"),
        Amount("waived_fen"),
        Amount("late_fee_fen"),
        Amount("late_paid_fen"),
        Amount("outstanding_fen", "尚欠金额", extra=True, source=queries.outstanding),
        Choice("state"),
        Text("note"),
    ],
)

PAYMENTS = Sheet(
    Payment,
    key=("number",),
    area="billing",
    columns=[
        Text("number"),
        community_column(),
        Lookup("customer_id", "客户", Customer, by=("name",)),
        Choice("channel"),
        Text("channel_no"),
        Amount("amount_fen"),
        Amount("refunded_fen"),
        Choice("state"),
        Date("paid_on"),
        Text("note"),
    ],
)
