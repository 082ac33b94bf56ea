"""Prepayment set off against bills, by itself when there are any, and taken back when a refund needs it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core import jobs, settings
from app.modules.billing.models import Account, Bill, LedgerEntry
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.ledger import LATE, OFFSET, PREPAID, RECEIVABLE, REFUND
from app.modules.billing.operations import ledger

AT_ONCE = 500


def apply(session: Session, community_id: int, customer_id: int) -> int:
    """Put a customer's prepayment towards open bills, oldest due first; returns the fen that were set off."""
    account = session.scalar(
        select(Account)
        .where(Account.customer_id == customer_id, Account.community_id == community_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rest = total = account.prepaid_fen if account else 0
    if not rest:
        return 0
    bills = session.scalars(
        select(Bill)
        .where(Bill.customer_id == customer_id, Bill.community_id == community_id, Bill.state.in_(OPEN))
        .order_by(Bill.due_on, Bill.id)
        .limit(AT_ONCE)
    )
    for bill in bills.all():
        taken = ledger.settle(session, bill, OFFSET, PREPAID, rest)
        if taken and not ledger.take_prepaid(session, community_id, customer_id, taken):
            raise RuntimeError("the locked account has changed")
        rest -= taken
        if not rest:
            break
    session.flush()
    return total - rest


def undo(session: Session, community_id: int, customer_id: int, fen: int, refund_id: int) -> int:
    """Take back up to ``fen`` of what was set off, newest first, because a refund needs it; returns how much."""
    rows = session.scalars(
        select(LedgerEntry)
        .where(
            LedgerEntry.customer_id == customer_id,
            LedgerEntry.community_id == community_id,
            (LedgerEntry.debit == PREPAID) | (LedgerEntry.credit == PREPAID),
            LedgerEntry.bill_id.is_not(None),
        )
        .order_by(LedgerEntry.id)
    )
    net: dict[int, dict[str, int]] = {}
    for row in rows:
        assert row.bill_id is not None
        parts = net.setdefault(row.bill_id, {RECEIVABLE: 0, LATE: 0})
        account, sign = (row.credit, 1) if row.debit == PREPAID else (row.debit, -1)
        parts[account] += sign * row.amount_fen
    left = fen
    for bill_id, parts in reversed(net.items()):
        late = min(left, parts[LATE])
        principal = min(left - late, parts[RECEIVABLE])
        if late + principal:
            bill = session.get_one(Bill, bill_id)
            ledger.take_back(session, bill, REFUND, PREPAID, principal, late, refund_id=refund_id)
            ledger.add_prepaid(session, community_id, customer_id, principal + late)
            left -= principal + late
    return fen - left


def apply_everywhere(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: set off all prepayments for which there are open bills, some hundred accounts at a time."""
    if not settings.get("billing.auto_offset"):
        return
    waiting = (
        select(Account.community_id, Account.customer_id)
        .where(
            Account.prepaid_fen > 0,
            exists().where(
                Bill.customer_id == Account.customer_id,
                Bill.community_id == Account.community_id,
                Bill.state.in_(OPEN),
            ),
        )
        .order_by(Account.id)
        .limit(AT_ONCE)
    )
    found = session.execute(waiting).all()
    for community_id, customer_id in found:
        apply(session, community_id, customer_id)
    if len(found) == AT_ONCE:
        jobs.put(session, "billing.offset", {})
