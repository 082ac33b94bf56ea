"""Late fees (滞纳金): by day on the principal that is owed, after the grace days, up to the cap (invariant 5).

They do not compound: the base is principal alone. The sum is kept in millionths of a fen and rounded from there, half
up, so that what a bill owes does not depend on how often this ran.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import and_, func, literal, or_, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import execute, units
from app.modules.billing.models import Bill, Payment, PaymentItem
from app.modules.billing.models.bills import PART_PAID, UNPAID
from app.modules.billing.models.money import CREATED
from app.modules.billing.operations.expressions import day_number, larger, smaller

MICRO = 1_000_000


def accrue_daily(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: see ``accrue``."""
    accrue(session)


def accrue(session: Session) -> int:
    """Bring every open bill's late fee up to today, in one statement; returns how many bills that changed.

    A bill with an open payment that has not run out is left for later: what the resident was shown is what settles it.
    A second run on the same day changes nothing; days on which this did not run are caught up.
    """
    today = clock.today()
    this_day = day_number(literal(today))
    not_late_until = day_number(Bill.due_on) + Bill.grace_days
    since = larger(func.coalesce(day_number(Bill.late_until), not_late_until), not_late_until)
    principal = Bill.amount_fen - Bill.paid_fen - Bill.waived_fen
    grown = Bill.late_micro_fen + principal * units(Bill.late_rate) * (this_day - since)
    cap = Bill.amount_fen * Bill.late_cap_percent // 100
    due = and_(
        Bill.state.in_((UNPAID, PART_PAID)),
        Bill.due_on < today,
        units(Bill.late_rate) > 0,
        this_day > since,
        principal > 0,
        Bill.late_fee_fen < cap,
    )
    return execute(
        session,
        update(Bill)
        .where(due, ~_being_paid())
        .values(
            late_micro_fen=grown,
            late_fee_fen=smaller((grown + MICRO // 2) // MICRO, cap),
            late_until=today,
            updated_at=clock.now(),
        ),
    )


def counted_until(bill: Bill) -> date | None:
    """The ``late_until`` of a bill of which principal is about to be owed again: days that were paid do not count."""
    today = clock.today()
    late = (today - bill.due_on).days > bill.grace_days
    return today if late and bill.principal_due_fen == 0 else bill.late_until


def _being_paid() -> Any:
    return (
        select(1)
        .select_from(PaymentItem)
        .join(Payment, Payment.id == PaymentItem.payment_id)
        .where(
            PaymentItem.bill_id == Bill.id,
            Payment.state == CREATED,
            or_(Payment.expires_at.is_(None), Payment.expires_at > clock.now()),
        )
        .correlate(Bill)
        .exists()
    )
