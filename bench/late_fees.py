"""A day's late fees of many overdue bills: our one statement, a loop over the ORM, and the bare writing."""

import argparse
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import db
from app.modules.billing.models import Bill, BillRun, Payment, PaymentItem
from app.modules.billing.operations import late_fees, runs
from bench.billing_ground import billing, undone
from bench.measure import keep
from bench.sheets_ground import in_turns, show

OURS = "ours"


def ours() -> None:
    """What the daily job calls."""
    late_fees.accrue(db.session())


def orm_loop() -> None:
    """One bill after the other, amounts with ``Decimal``."""
    session = db.session()
    today = clock.today()
    for number in session.scalars(select(Bill.id).where(Bill.state.in_(("unpaid", "part_paid")))).all():
        bill = session.get_one(Bill, number)
        opened = session.scalar(
            select(Payment.id)
            .join(PaymentItem, PaymentItem.payment_id == Payment.id)
            .where(PaymentItem.bill_id == number, Payment.state == "created", Payment.expires_at > clock.now())
        )
        days = (today - bill.due_on).days - bill.grace_days
        if opened is not None or days <= 0 or bill.late_rate == 0:
            continue
        exact = Decimal(bill.amount_fen - bill.paid_fen - bill.waived_fen) * bill.late_rate * days
        cap = bill.amount_fen * bill.late_cap_percent // 100
        bill.late_micro_fen = int(exact * 1_000_000)
        bill.late_fee_fen = min(cap, int(exact.quantize(Decimal(1), ROUND_HALF_UP)))
        bill.late_until = today
        session.flush()


def bare() -> None:
    """The same columns of the same rows, with nothing computed."""
    db.session.execute(
        text("UPDATE bill SET late_micro_fen = 1, late_fee_fen = 1, late_until = due_on, updated_at = created_at")
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="100 000 bills instead of 20 000")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--bills", type=int)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    count = chosen.bills or (100_000 if chosen.full else 20_000)
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    sums: dict[str, tuple[int, int]] = {}

    def same(name: str) -> None:
        row = db.session.execute(select(func.sum(Bill.late_fee_fen), func.sum(Bill.late_micro_fen))).one()
        sums[name] = (int(row[0]), int(row[1]))

    with billing(count, postgresql=chosen.postgresql):
        session = db.session()
        run = BillRun(community_id=1, period="2026-11", steps=1)
        session.add(run)
        session.flush()
        runs.issue(session, run)
        due = date(clock.today().year - 1, 12, 31)
        session.execute(text("UPDATE bill SET due_on = :due"), {"due": str(due) if database == "SQLite" else due})
        session.execute(text("ANALYZE"))
        session.commit()
        Bill.__audited__ = False  # the loop is not to pay for our audit trail
        work = {OURS: ours, "ORM loop": orm_loop, "bare writing": bare}
        contenders = {name: undone(call, lambda name=name: same(name)) for name, call in work.items()}
        seconds = in_turns(contenders, chosen.rounds)
    if sums[OURS] != sums["ORM loop"]:
        raise SystemExit(f"not the same cents: {sums}")
    show(f"Late fees of {count:,} bills, {database}, up to the commit", seconds, OURS)
    print(keep(f"late_fees_{database.lower()}", {"bills": count, "seconds": seconds}))


if __name__ == "__main__":
    main()
