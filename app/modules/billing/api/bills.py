"""Mobile endpoints: what is owed and what was paid, per unit and per fee (B1, B2)."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from flask_babel import gettext as _
from sqlalchemy import case, func, select
from sqlalchemy.orm import selectinload

from app.core import clock
from app.core.api import Caller, Endpoints, Page, PageQuery, Schema, as_id, paginate
from app.core.db import db
from app.modules.billing import queries
from app.modules.billing.explanation import explain
from app.modules.billing.models import Bill, FeeItem, Payment
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.money import CHANNELS
from app.modules.estate.models import Building, Unit

api = Endpoints("billing", "账单与缴费")
RESIDENTS = ("merchant", "tenant")


class BillsQuery(PageQuery):
    """筛选账单：state 为 unpaid（未结清）、paid（已结清）或 all；fee 为费用项代码"""

    state: Literal["unpaid", "paid", "all"] = "unpaid"
    unit_id: Annotated[str, msgspec.Meta(max_length=20)] = ""
    fee: Annotated[str, msgspec.Meta(max_length=24)] = ""


class BillOut(Schema):
    """账单；金额单位为分"""

    id: str
    number: str
    fee: str
    fee_name: str
    title: str
    unit_id: str | None
    unit: str
    period: str
    starts_on: str
    ends_on: str
    due_on: str
    overdue: bool
    amount_fen: int
    paid_fen: int
    waived_fen: int
    late_fee_fen: int
    late_paid_fen: int
    outstanding_fen: int
    state: str
    state_text: str


class LineOut(Schema):
    """账单明细及其计算依据"""

    title: str
    amount_fen: int
    explanation: str


class PaidOut(Schema):
    """用于本账单的一笔缴费"""

    payment_id: str
    number: str
    channel_text: str
    paid_at: datetime | None
    amount_fen: int


class BillDetailOut(Schema):
    """账单详情"""

    bill: BillOut
    lines: list[LineOut]
    payments: list[PaidOut]
    note: str


class UnitSumOut(Schema):
    """一处房号的欠费"""

    unit_id: str | None
    unit: str
    bills: int
    outstanding_fen: int
    overdue_fen: int


class FeeSumOut(Schema):
    """一项费用的欠费"""

    fee: str
    fee_name: str
    bills: int
    outstanding_fen: int
    overdue_fen: int


class SummaryOut(Schema):
    """欠费与本年已缴汇总"""

    bills: int
    outstanding_fen: int
    overdue_fen: int
    paid_this_year_fen: int
    prepaid_fen: int
    units: list[UnitSumOut]
    fees: list[FeeSumOut]


class PaymentRowOut(Schema):
    """缴费记录"""

    id: str
    number: str
    channel: str
    channel_text: str
    amount_fen: int
    refunded_fen: int
    state: str
    state_text: str
    created_at: datetime
    paid_at: datetime | None


@api.get("/bills", roles=RESIDENTS, query=BillsQuery, returns=Page[BillOut], menu="billing")
def list_bills(caller: Caller, query: BillsQuery) -> Page[BillOut]:
    """我的账单，最近到期的在前"""
    session = db.session()
    found = queries.bills_of(caller.member_id)
    if query.state != "all":
        found = found.where(Bill.state.in_(OPEN) if query.state == "unpaid" else Bill.state == "paid")
    if query.unit_id:
        found = found.where(Bill.unit_id == as_id(query.unit_id))
    if query.fee:
        found = found.where(Bill.fee_item_id.in_(select(FeeItem.id).where(FeeItem.key == query.fee)))
    found = found.options(selectinload(Bill.fee_item), selectinload(Bill.unit).selectinload(Unit.building))
    rows, following = paginate(session, found, query, [Bill.due_on, Bill.id])
    return Page(items=[_bill_out(bill) for bill in rows], next=following)


@api.get("/bills/summary", roles=RESIDENTS, returns=SummaryOut, menu="billing")
def summary(caller: Caller) -> SummaryOut:
    """欠费汇总，按房号和费用"""
    session = db.session()
    mine = queries.bills_of(caller.member_id).subquery()
    late = case((Bill.due_on < clock.today(), Bill.outstanding_fen), else_=0)
    rows = session.execute(
        select(
            Bill.unit_id,
            Building.name,
            Unit.number,
            FeeItem.key,
            FeeItem.name,
            func.count(Bill.id),
            func.sum(Bill.outstanding_fen),
            func.sum(late),
        )
        .select_from(Bill)
        .join(mine, mine.c.id == Bill.id)
        .join(FeeItem, FeeItem.id == Bill.fee_item_id)
        .outerjoin(Unit, Unit.id == Bill.unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(Bill.state.in_(OPEN))
        .group_by(Bill.unit_id, Building.name, Unit.number, FeeItem.key, FeeItem.name, FeeItem.position)
        .order_by(Building.name, Unit.number, FeeItem.position)
    ).all()
    units: dict[int | None, UnitSumOut] = {}
    fees: dict[str, FeeSumOut] = {}
    for unit_id, building, number, fee, fee_name, count, owed, overdue in rows:
        place = units.setdefault(
            unit_id, UnitSumOut(str(unit_id) if unit_id else None, _place(building, number), 0, 0, 0)
        )
        item = fees.setdefault(fee, FeeSumOut(fee, fee_name, 0, 0, 0))
        for one in (place, item):
            one.bills += count
            one.outstanding_fen += int(owed)
            one.overdue_fen += int(overdue)
    this_year = clock.today().replace(month=1, day=1)
    paid = session.scalar(
        select(func.sum(Payment.amount_fen - Payment.refunded_fen)).where(
            Payment.customer_id.in_(queries.customers_of(caller.member_id)), Payment.paid_on >= this_year
        )
    )
    return SummaryOut(
        bills=sum(unit.bills for unit in units.values()),
        outstanding_fen=sum(unit.outstanding_fen for unit in units.values()),
        overdue_fen=sum(unit.overdue_fen for unit in units.values()),
        paid_this_year_fen=int(paid or 0),
        prepaid_fen=queries.prepaid_of(session, caller.member_id),
        units=list(units.values()),
        fees=list(fees.values()),
    )


@api.get("/bills/<bill_id>", roles=RESIDENTS, returns=BillDetailOut, menu="billing")
def show_bill(caller: Caller, bill_id: str) -> BillDetailOut:
    """账单详情：每一项金额的计算依据，以及已缴的款项"""
    session = db.session()
    bill = queries.my_bill(session, caller.member_id, as_id(bill_id))
    return BillDetailOut(
        bill=_bill_out(bill),
        lines=[LineOut(line.title, line.amount_fen, explain(line)) for line in bill.lines],
        payments=[
            PaidOut(
                str(payment.id),
                payment.number,
                CHANNELS[payment.channel],
                payment.paid_at and clock.local(payment.paid_at),
                fen,
            )
            for payment, fen in queries.payments_of_bill(session, bill.id)
        ],
        note=bill.note,
    )


@api.get("/payments", roles=RESIDENTS, query=PageQuery, returns=Page[PaymentRowOut], menu="billing")
def list_payments(caller: Caller, query: PageQuery) -> Page[PaymentRowOut]:
    """我的缴费记录，最新的在前"""
    found = select(Payment).where(Payment.customer_id.in_(queries.customers_of(caller.member_id)))
    rows, following = paginate(db.session(), found, query, [Payment.id])
    return Page(items=[payment_row(payment) for payment in rows], next=following)


def payment_row(payment: Payment) -> PaymentRowOut:
    """A payment as lists show it."""
    return PaymentRowOut(
        id=str(payment.id),
        number=payment.number,
        channel=payment.channel,
        channel_text=CHANNELS[payment.channel],
        amount_fen=payment.amount_fen,
        refunded_fen=payment.refunded_fen,
        state=payment.state,
        state_text=Payment.flow.title(payment.state),
        created_at=clock.local(payment.created_at),
        paid_at=payment.paid_at and clock.local(payment.paid_at),
    )


def _bill_out(bill: Bill) -> BillOut:
    unit = bill.unit
    return BillOut(
        id=str(bill.id),
        number=bill.number,
        fee=bill.fee_item.key,
        fee_name=bill.fee_item.name,
        title=bill.note or bill.fee_item.name,
        unit_id=str(unit.id) if unit else None,
        unit=_place(unit.building.name, unit.number) if unit else _("未关联房号"),
        period=bill.period,
        starts_on=f"{bill.starts_on}",
        ends_on=f"{bill.ends_on}",
        due_on=f"{bill.due_on}",
        overdue=bill.state in OPEN and bill.due_on < clock.today(),
        amount_fen=bill.amount_fen,
        paid_fen=bill.paid_fen,
        waived_fen=bill.waived_fen,
        late_fee_fen=bill.late_fee_fen - bill.late_waived_fen,
        late_paid_fen=bill.late_paid_fen,
        outstanding_fen=bill.outstanding_fen if bill.state in OPEN else 0,
        state=bill.state,
        state_text=Bill.flow.title(bill.state),
    )


def _place(building: str | None, number: str | None) -> str:
    return f"{building} {number}" if number else _("未关联房号")
