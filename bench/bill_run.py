"""A month's bills of many units: our bill run, a loop over the ORM, and the bare writing of the same rows."""

import argparse
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict
from app.modules.billing.models import (
    Bill,
    BillLine,
    BillRun,
    LedgerEntry,
    TariffAssignment,
    TariffVersion,
)
from app.modules.billing.operations import runs
from app.modules.estate.models import Unit
from app.modules.members.models import Occupancy
from bench.billing_ground import billing, undone
from bench.measure import keep
from bench.sheets_ground import in_turns, show

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
OURS = "ours"


def ours(period: str = "2026-11") -> None:
    """What the back office calls."""
    session = db.session()
    run = BillRun(community_id=1, period=period, steps=1)
    session.add(run)
    session.flush()
    runs.issue(session, run)
    session.flush()


def orm_loop() -> None:
    """One assignment after the other, each record through the ORM, amounts with ``Decimal``."""
    session = db.session()
    run = BillRun(community_id=1, period="2026-11", steps=1)
    session.add(run)
    session.flush()
    version = session.scalars(select(TariffVersion)).one()
    numbers = session.scalars(select(TariffAssignment.id).order_by(TariffAssignment.id)).all()
    for number in numbers:
        _one(session, run, version, number)


def _one(session: Session, run: BillRun, version: TariffVersion, number: int) -> None:
    assignment = session.get_one(TariffAssignment, number)
    unit = session.get_one(Unit, assignment.unit_id)
    held = session.scalars(
        select(Occupancy).where(
            Occupancy.unit_id == unit.id, Occupancy.starts_on <= LAST,
            (Occupancy.ends_on.is_(None)) | (Occupancy.ends_on >= FIRST),
        )
    ).all()  # fmt: skip
    for occupancy in held:
        starts, ends = max(FIRST, occupancy.starts_on), min(LAST, occupancy.ends_on or LAST)
        there = select(Bill.id).where(
            Bill.assignment_id == number, Bill.customer_id == occupancy.customer_id, Bill.period == "2026-11",
            Bill.state != literal_column("'void'"),  # as the index has it, or each look reads a customer's every bill
        )  # fmt: skip
        if session.scalar(there) is not None:
            continue
        days = (ends - starts).days + 1
        exact = unit.area_m2 * version.unit_price * days / 30
        fen = int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
        bill = Bill(
            community_id=1, number=f"N{number}", customer_id=occupancy.customer_id, unit_id=unit.id, fee_item_id=3,
            tariff_id=1, tariff_version_id=1, assignment_id=number, run_id=run.id, period="2026-11", starts_on=starts,
            ends_on=ends, issued_on=clock.today(), due_on=clock.today(), amount_fen=fen, late_rate=version.late_rate,
        )  # fmt: skip
        session.add(bill)
        session.flush()
        session.add(
            BillLine(
                bill_id=bill.id, title="物业费", method="area", quantity=unit.area_m2, unit_price=version.unit_price,
                days=days, period_days=30, snapshot={"first": str(starts), "last": str(ends), "vacant": 0},
                amount_fen=fen,
            )
        )  # fmt: skip
        session.add(
            LedgerEntry(
                community_id=1, customer_id=bill.customer_id, booked_on=clock.today(), kind="issue",
                debit="receivable", credit="income", amount_fen=fen, bill_id=bill.id, fee_item_id=3, period="2026-11",
            )
        )  # fmt: skip
        session.flush()


BARE = (
    """INSERT INTO bill (community_id, number, customer_id, unit_id, fee_item_id, tariff_id, tariff_version_id,
    assignment_id, period, starts_on, ends_on, issued_on, due_on, amount_fen, paid_fen, waived_fen, late_fee_fen,
    late_paid_fen, late_waived_fen, late_micro_fen, late_rate, grace_days, late_cap_percent, state, note, created_at,
    updated_at) SELECT 1, 'L' || CAST(o.id AS VARCHAR(12)), o.customer_id, o.unit_id, 3, 1, 1, o.unit_id, '2026-11',
    o.starts_on, o.starts_on, o.starts_on, o.starts_on, 24220, 0, 0, 0, 0, 0, 0, 500, 0, 100, 'unpaid', '',
    o.created_at, o.created_at FROM occupancy o""",
    """INSERT INTO bill_line (bill_id, position, title, method, quantity, unit_price, months, days, period_days,
    percent, snapshot, amount_fen, created_at, updated_at) SELECT id, 1, '物业费', 'area', 865000, 28135, 1, 30, 30,
    100,
    '{"first": "2026-11-01", "last": "2026-11-30", "vacant": 0}', 24220, created_at, created_at FROM bill
    WHERE period = '2026-11'""",
    """INSERT INTO ledger_entry (community_id, customer_id, booked_on, kind, debit, credit, amount_fen, bill_id,
    fee_item_id, period, created_at, updated_at) SELECT 1, customer_id, issued_on, 'issue', 'receivable', 'income',
    amount_fen, id, 3, period, created_at, created_at FROM bill WHERE period = '2026-11'""",
)


def bare() -> None:
    """The same number of rows in the same tables, with nothing computed."""
    for statement in BARE:
        db.session.execute(text(statement))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="100 000 units instead of 20 000")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--units", type=int)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    units = chosen.units or (100_000 if chosen.full else 20_000)
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    sums: dict[str, list[int]] = {}

    def same(name: str) -> None:
        now = Bill.period == "2026-11"
        told = func.count(), func.sum(Bill.amount_fen), func.sum(Bill.amount_fen * (Bill.assignment_id % 997))
        sums[name] = [int(value) for value in db.session.execute(select(*told).where(now)).one()]
        entries = select(func.sum(LedgerEntry.amount_fen)).where(LedgerEntry.period == "2026-11")
        lines = select(func.sum(BillLine.amount_fen)).join(Bill, Bill.id == BillLine.bill_id).where(now)
        parts = {int(db.session.scalar(query) or 0) for query in (entries, lines)}
        if sums[name][0] != units or parts != {sums[name][1]}:
            raise SystemExit(f"{name}: {sums[name]}, ledger and lines {parts}")

    with billing(units, postgresql=chosen.postgresql):
        Bill.__audited__ = BillLine.__audited__ = False  # the loop is not to pay for our audit trail
        ours("2026-10")  # nobody's tables are empty: a database plans for what it has seen
        db.session.commit()
        work = {OURS: ours, "ORM loop": orm_loop, "bare writing": bare}
        contenders = {name: undone(call, lambda name=name: same(name)) for name, call in work.items()}
        seconds = in_turns(contenders, chosen.rounds)
        if sums[OURS] != sums["ORM loop"]:
            raise SystemExit(f"not the same cents: {sums}")
        ours()
        db.session.commit()
        try:
            ours()
        except Conflict:
            db.session.rollback()
        else:
            raise SystemExit("a second run added bills")
        print("a second run added none; the cents equal those of the loop's Decimal")
    show(f"{units:,} bills with lines and ledger rows, {database}, up to the commit", seconds, OURS)
    print(keep(f"bill_run_{database.lower()}", {"units": units, "seconds": seconds}))


if __name__ == "__main__":
    main()
