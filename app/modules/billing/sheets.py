"""Export of bills, payments and invoice requests; import of the arrears that another system leaves behind."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.sheets import Amount, Choice, Date, Draft, Lookup, Month, Row, Sheet, Text
from app.modules.billing.models import Bill, BillLine, FeeItem, InvoiceRequest, LedgerEntry, Payment
from app.modules.billing.models.ledger import INCOME, ISSUE, RECEIVABLE
from app.modules.estate.models import Unit
from app.modules.estate.sheets import building_column, building_of, community_column
from app.modules.members.models import Customer

BILLS = Sheet(
    Bill,
    key=("number",),
    area="billing",
    columns=[
        Text("number"),
        community_column(),
        Text("building_name", "楼栋", extra=True, source=building_of(Bill)),
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
        Amount("outstanding_fen", "尚欠金额", extra=True, source=lambda: Bill.outstanding_fen),
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

INVOICES = Sheet(
    InvoiceRequest,
    key=("payment_id",),
    area="billing",
    columns=[
        Lookup("payment_id", "缴费单号", Payment, by=("number",)),
        community_column(),
        Text("title"),
        Text("tax_number"),
        Text("email"),
        Amount("amount_fen"),
        Choice("state"),
        Text("invoice_no"),
        Text("reason"),
    ],
)


def book_arrears(session: Session, rows: list[Row]) -> None:
    """A row becomes a bill with its line and its ledger entry; a bill that is there is never changed."""
    there = {row.record_id for row in rows if row.record_id is not None}
    known = {bill.id: bill for bill in session.scalars(select(Bill).where(Bill.id.in_(there)))}
    for row in rows:
        if row.record_id is not None:
            bill = known[row.record_id]
            if any(getattr(bill, name) != value for name, value in row.values.items() if name in ARREARS.attributes):
                row.refuse(ARREARS.by_name["number"], _("该账单号已存在且内容不同；账单不能通过导入修改"))
            continue
        values = row.values
        if values["amount_fen"] <= 0:
            row.refuse(ARREARS.by_name["amount_fen"], _("金额应大于 0"))
            continue
        year, month = map(int, values["period"].split("-"))
        note = values.setdefault("note", "")
        values |= {
            "starts_on": date(year, month, 1),
            "ends_on": date(year, month, monthrange(year, month)[1]),
            "issued_on": clock.today(),
        }
        row.bring(Draft(BillLine, _line(note, values["amount_fen"]), "bill_id"))
        row.bring(Draft(LedgerEntry, _entry(values), "bill_id"))


def _line(note: str, fen: int) -> dict[str, Any]:
    explanation = _("期初欠费 %(note)s", note=note).strip()
    return {
        "title": _("期初欠费"),
        "unit_price": Decimal(fen).scaleb(-2),
        "snapshot": {"explanation": explanation},
        "amount_fen": fen,
    }


def _entry(values: Mapping[str, Any]) -> dict[str, Any]:
    same = ("community_id", "customer_id", "fee_item_id", "period", "amount_fen")
    booked = {"kind": ISSUE, "debit": RECEIVABLE, "credit": INCOME, "booked_on": clock.today()}
    return booked | {name: values[name] for name in same}


def _name_of_customer() -> Any:
    return select(Customer.name).where(Customer.id == Bill.customer_id).correlate(Bill).scalar_subquery()


ARREARS = Sheet(
    Bill,
    key=("number",),
    area="billing",
    name="arrears",
    title="期初欠费",
    columns=[
        Text("number", example="QC202610-0001", note="原系统的账单号，不重复；再次导入同一文件不会重复入账"),
        community_column(),
        building_column(extra=True, required=True, source=building_of(Bill)),
        Lookup("unit_id", "房号", Unit, by=("number",), within={"building_id": "building_id"}, example="1201",
               required=True),
        Text("customer_name", "客户名称", extra=True, required=True, example="示例餐饮店", source=_name_of_customer),
        Lookup("customer_id", "客户手机号", Customer, by=("phone",), within={"name": "customer_name"},
               example="13800000000", note="与客户名称一起确定是哪一位客户"),
        Lookup("fee_item_id", "费用项", FeeItem, by=("name",), example="物业管理费"),
        Month("period", example="2026-10"),
        Date("due_on", example="2026-10-15"),
        Amount("amount_fen", example="242.20"),
        Text("note"),
    ],
    prepare=book_arrears,
    undoable=False,
)  # fmt: skip
