"""Bills that no run makes: a single charge, and taking back what is unpaid."""

from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import conflict_insert, execute
from app.core.errors import Conflict, Invalid
from app.modules.billing.models import Bill, BillLine, FeeItem
from app.modules.billing.models.catalogue import FEES
from app.modules.billing.models.ledger import INCOME, ISSUE, RECEIVABLE, VOIDING
from app.modules.billing.operations import ledger, numbering
from app.modules.billing.signals import bill_voided

MOST_FEN = 10**11
"""One billion yuan: more than any bill."""


def install(session: Session) -> None:
    """Add the fee items that ship."""
    insert = conflict_insert(session, FeeItem)
    rows = [{"key": key, "name": name, "position": n, "active": True} for n, (key, name) in enumerate(FEES.items(), 1)]
    execute(session, insert.values(rows).on_conflict_do_nothing())


def charge(
    session: Session,
    *,
    customer_id: int,
    community_id: int,
    unit_id: int | None,
    fee_key: str,
    amount_fen: int,
    title: str,
    explanation: str,
    due_on: date,
    origin: str | None = None,
) -> Bill:
    """Make a bill of one amount (R8: a repair's fee); with an ``origin`` that has one already, return that.

    ``explanation`` stands in the snapshot word for word. When the bill is paid in full ``signals.bill_settled`` tells
    with ``origin`` as sender. Raises Invalid for an amount that is none, LookupError for an unknown ``fee_key``.
    """
    if not 0 < amount_fen <= MOST_FEN:
        raise Invalid.field("amount_fen", _("金额应大于 0"))
    if origin is not None:
        there = session.scalar(select(Bill).where(Bill.origin == origin))
        if there is not None:
            return there
    fee_item_id = session.scalar(select(FeeItem.id).where(FeeItem.key == fee_key))
    if fee_item_id is None:
        raise LookupError(f"no fee item {fee_key!r}")
    today = clock.today()
    period = f"{today:%Y-%m}"
    bill = Bill(
        community_id=community_id, number=numbering.one_off_bill(session, period), customer_id=customer_id,
        unit_id=unit_id, fee_item_id=fee_item_id, period=period, starts_on=today, ends_on=today, issued_on=today,
        due_on=due_on, amount_fen=amount_fen, origin=origin, note=title[:200],
    )  # fmt: skip
    session.add(bill)
    session.flush()
    session.add(
        BillLine(
            bill_id=bill.id, title=title[:64], method="fixed", unit_price=Decimal(amount_fen).scaleb(-2),
            snapshot={"explanation": explanation}, amount_fen=amount_fen,
        )
    )  # fmt: skip
    ledger.enter(session, ISSUE, RECEIVABLE, INCOME, amount_fen, **ledger.of_bill(bill))
    session.flush()
    return bill


def void(session: Session, bill: Bill, reason: str) -> Bill:
    """Take back a bill of which nothing is paid. Raises Invalid without a reason, Conflict when something is paid."""
    if not reason.strip():
        raise Invalid.field("note", _("请填写作废原因"))
    session.refresh(bill, with_for_update=True)
    if bill.paid_fen or bill.late_paid_fen:
        raise Conflict(_("账单已有缴费，不能作废；请先退款"))
    due = bill.principal_due_fen
    Bill.flow.apply(session, bill, "void", Bill.paid_fen == 0, Bill.late_paid_fen == 0, note=reason.strip()[:200])
    if due:  # a waiver of all but its late fee has taken it out of the books already
        ledger.enter(session, VOIDING, INCOME, RECEIVABLE, due, **ledger.of_bill(bill))
    session.flush()
    if bill.origin:
        bill_voided.send(bill.origin, session=session, bill_id=bill.id, reason=bill.note)
    return bill
