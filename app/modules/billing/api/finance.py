"""The interface for finance systems (B5): money that has arrived, and what is receivable. Every call is signed."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.api import Endpoints, Page, PageQuery, Schema, paginate
from app.core.api.machines import Machine
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.modules.billing.models import Bill, FinanceKey
from app.modules.billing.models.bills import OPEN
from app.modules.billing.operations import finance

api = Endpoints("finance", "财务系统接口")

Amount = Annotated[int, msgspec.Meta(ge=1, le=10**11)]


class EntryIn(Schema):
    """一笔到账；external_no 为财务系统的流水号，重复提交不会重复入账"""

    external_no: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
    bill_no: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    amount_fen: Amount
    paid_at: datetime
    payer: Annotated[str, msgspec.Meta(max_length=128)] = ""
    note: Annotated[str, msgspec.Meta(max_length=200)] = ""


class EntriesIn(Schema):
    """一批到账"""

    entries: Annotated[list[EntryIn], msgspec.Meta(min_length=1, max_length=200)]


class ResultOut(Schema):
    """一笔到账的处理结果"""

    external_no: str
    result: Literal["booked", "duplicate", "rejected"]
    reason: str


class ResultsOut(Schema):
    """按提交的顺序"""

    results: list[ResultOut]


class SinceQuery(PageQuery):
    """since 之后有变化的账单；留空则从头开始"""

    since: datetime | None = None


class ReceivableOut(Schema):
    """一张账单的应收与已收"""

    bill_no: str
    customer: str
    unit: str
    fee: str
    period: str
    due_on: str
    amount_fen: int
    paid_fen: int
    waived_fen: int
    late_fee_fen: int
    outstanding_fen: int
    state: str
    updated_at: datetime


@api.post("/integrations/finance/receipts", machine=finance.find_machine, body=EntriesIn, returns=ResultsOut)
def take_receipts(machine: Machine, body: EntriesIn) -> ResultsOut:
    """登记到账：逐笔处理、逐笔入账，一笔有误不影响其他各笔"""
    session = db.session()
    community = _community(session, machine)
    results = []
    for entry in body.entries:
        told = finance.Told(
            entry.external_no, entry.bill_no, entry.amount_fen, clock.aware(entry.paid_at), entry.payer, entry.note
        )
        with transaction():  # of its own: two batches that name the same bills never wait for each other in a circle
            answer = finance.take(session, community, told)
        results.append(ResultOut(external_no=entry.external_no, result=answer.outcome, reason=answer.reason))
    return ResultsOut(results=results)


@api.get(
    "/integrations/finance/receivables", machine=finance.find_machine, query=SinceQuery, returns=Page[ReceivableOut]
)
def list_receivables(machine: Machine, query: SinceQuery) -> Page[ReceivableOut]:
    """应收账单，最近有变化的在前"""
    session = db.session()
    community = _community(session, machine)
    found = select(Bill).options(selectinload(Bill.customer), selectinload(Bill.unit), selectinload(Bill.fee_item))
    if community is not None:
        found = found.where(Bill.community_id == community)
    if query.since is not None:
        if query.since.year not in finance.SENSIBLE:
            raise Invalid.field("since", _("时间无效"))
        found = found.where(Bill.updated_at >= clock.aware(query.since))
    bills, following = paginate(session, found, query, [Bill.updated_at, Bill.id])
    return Page(items=[_receivable(bill) for bill in bills], next=following)


def _community(session: Session, machine: Machine) -> int | None:
    """The community that the key speaks for; None: all."""
    return session.get_one(FinanceKey, machine.id).community_id


def _receivable(bill: Bill) -> ReceivableOut:
    return ReceivableOut(
        bill_no=bill.number,
        customer=bill.customer.name,
        unit=bill.unit.number if bill.unit else "",
        fee=bill.fee_item.key,
        period=bill.period,
        due_on=f"{bill.due_on}",
        amount_fen=bill.amount_fen,
        paid_fen=bill.paid_fen,
        waived_fen=bill.waived_fen,
        late_fee_fen=bill.late_fee_fen - bill.late_waived_fen,
        outstanding_fen=bill.outstanding_fen if bill.state in OPEN else 0,
        state=bill.state,
        updated_at=clock.local(bill.updated_at),
    )
