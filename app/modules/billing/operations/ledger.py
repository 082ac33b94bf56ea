"""Writing the ledger: one row per movement, in step with the sums that bills and accounts keep.

Every function here changes a kept sum by a guarded UPDATE and adds the row that explains it, so the two cannot part.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, func, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import conflict_insert, execute
from app.core.errors import Conflict
from app.modules.billing.models import Account, Bill, LedgerEntry
from app.modules.billing.models.bills import OPEN, PRINCIPAL
from app.modules.billing.models.ledger import LATE, RECEIVABLE
from app.modules.billing.operations import late_fees
from app.modules.billing.signals import bill_reopened, bill_settled


def enter(session: Session, kind: str, debit: str, credit: str, amount_fen: int, **references: Any) -> LedgerEntry:
    """Add one row of ``amount_fen`` (> 0) from ``credit`` to ``debit``, booked today."""
    entry = LedgerEntry(
        kind=kind, debit=debit, credit=credit, amount_fen=amount_fen, booked_on=clock.today(), **references
    )
    session.add(entry)
    return entry


def of_bill(bill: Bill) -> dict[str, Any]:
    """The references by which reports find a bill's rows."""
    return {
        "community_id": bill.community_id,
        "customer_id": bill.customer_id,
        "bill_id": bill.id,
        "fee_item_id": bill.fee_item_id,
        "period": bill.period,
    }


def settle(session: Session, bill: Bill, kind: str, debit: str, fen: int, **references: Any) -> int:
    """Put up to ``fen`` towards a bill, principal first (so that the late fee stops growing), late fee after.

    ``debit`` says where the money comes from. Returns what the bill took; the rest stays with the caller.
    """
    session.refresh(bill, with_for_update=True)
    if bill.state not in OPEN:
        return 0
    principal = min(fen, bill.principal_due_fen)
    late = min(fen - principal, bill.late_due_fen)
    if principal + late == 0:
        return 0
    full = principal + late == bill.outstanding_fen
    Bill.flow.apply(
        session,
        bill,
        "settle" if full else "part_pay",
        Bill.principal_due_fen >= principal,
        Bill.late_due_fen >= late,
        paid_fen=Bill.paid_fen + principal,
        late_paid_fen=Bill.late_paid_fen + late,
    )
    for amount, credit in ((principal, RECEIVABLE), (late, LATE)):
        if amount:
            enter(session, kind, debit, credit, amount, **of_bill(bill), **references)
    if full:
        _tell_settled(session, bill)
    return principal + late


def take_back(
    session: Session, bill: Bill, kind: str, credit: str, principal: int, late: int, **references: Any
) -> None:
    """Undo part of what was put towards a bill: it is owed again (the reverse rows of ``settle``)."""
    session.refresh(bill, with_for_update=True)
    was_settled = bill.state == "paid"
    left = bill.paid_fen - principal + bill.late_paid_fen - late
    Bill.flow.apply(
        session,
        bill,
        "reopen_part" if left else "reopen",
        Bill.paid_fen >= principal,
        Bill.late_paid_fen >= late,
        paid_fen=Bill.paid_fen - principal,
        late_paid_fen=Bill.late_paid_fen - late,
        late_until=late_fees.counted_until(bill),
    )
    for amount, debit in ((principal, RECEIVABLE), (late, LATE)):
        if amount:
            enter(session, kind, debit, credit, amount, **of_bill(bill), **references)
    if was_settled and bill.origin:
        bill_reopened.send(bill.origin, session=session, bill_id=bill.id)


def waive(session: Session, bill: Bill, part: str, fen: int) -> None:
    """Ask ``fen`` less of a bill. Raises Conflict when less than that is still owed of the part."""
    session.refresh(bill, with_for_update=True)
    due = bill.principal_due_fen if part == PRINCIPAL else bill.late_due_fen
    if bill.state not in OPEN or fen > due:
        raise Conflict(_("账单尚欠金额已少于减免金额，请重新申请"))
    full = fen == bill.outstanding_fen
    move = "settle" if full else "waive" if bill.state == "unpaid" else "waive_part"
    if part == PRINCIPAL:
        Bill.flow.apply(session, bill, move, Bill.principal_due_fen >= fen, waived_fen=Bill.waived_fen + fen)
    else:
        Bill.flow.apply(session, bill, move, Bill.late_due_fen >= fen, late_waived_fen=Bill.late_waived_fen + fen)
    if full:
        _tell_settled(session, bill)


def add_prepaid(session: Session, community_id: int, customer_id: int, fen: int) -> None:
    """Raise what a customer has prepaid in a community."""
    insert = conflict_insert(session, Account).values(
        community_id=community_id, customer_id=customer_id, prepaid_fen=fen
    )
    execute(
        session,
        insert.on_conflict_do_update(
            index_elements=["customer_id", "community_id"],
            set_={"prepaid_fen": Account.prepaid_fen + fen, "updated_at": clock.now()},
        ),
    )


def take_prepaid(session: Session, community_id: int, customer_id: int, fen: int) -> bool:
    """Lower what is prepaid; False, and nothing done, when there is less than that."""
    done = execute(
        session,
        update(Account)
        .where(Account.customer_id == customer_id, Account.community_id == community_id, Account.prepaid_fen >= fen)
        .values(prepaid_fen=Account.prepaid_fen - fen, updated_at=clock.now()),
    )
    return done == 1


def balance(account: str) -> ColumnElement[int]:
    """Debits less credits of an account over the rows that a query selects; in fen."""
    sign = case((LedgerEntry.debit == account, 1), (LedgerEntry.credit == account, -1), else_=0)
    return func.coalesce(func.sum(LedgerEntry.amount_fen * sign), 0)


def _tell_settled(session: Session, bill: Bill) -> None:
    if bill.origin:
        bill_settled.send(bill.origin, session=session, bill_id=bill.id)
