"""The plan for years of bills, tried: the table of bills as it is, and partitioned by month, on PostgreSQL.

3,000,000 bills over ten years; ``--full``: sixty million (tens of gigabytes and an hour).
"""

import argparse
from collections.abc import Callable
from statistics import median
from typing import Any

from sqlalchemy import text

from app.core.db import db
from bench.billing_ground import billing, fill
from bench.measure import keep
from bench.sheets_ground import timed

MONTHS, OLDEST, NEWEST, NEXT = 120, "2017-01", "2026-12", "2027-01"
MONTH_BILLS = 50_000
MONTH = f"to_char(DATE '{OLDEST}-01' + (i % {MONTHS})::int * INTERVAL '1 month', 'YYYY-MM')"
COLUMNS = """community_id, number, customer_id, unit_id, fee_item_id, tariff_id, tariff_version_id, period, starts_on,
    ends_on, issued_on, due_on, amount_fen, paid_fen, waived_fen, late_fee_fen, late_paid_fen, late_waived_fen,
    late_micro_fen, late_rate, grace_days, late_cap_percent, state, note, created_at, updated_at"""
BILLS = f"""
INSERT INTO bill ({COLUMNS})
SELECT 1, 'B' || i, 1 + i % 2000, 1 + i % 1000, 1 + i / {MONTHS} % 6, 1, 1, {MONTH}, ({MONTH} || '-01')::date,
    ({MONTH} || '-28')::date, ({MONTH} || '-01')::date, ({MONTH} || '-15')::date, 1 + i * 7919 % 99983,
    CASE WHEN i % 20 = 0 THEN 0 ELSE 1 + i * 7919 % 99983 END, 0, 0, 0, 0, 0, 500, 0, 100,
    CASE WHEN i % 20 = 0 THEN 'unpaid' ELSE 'paid' END, '', :at, :at
FROM generate_series(1::bigint, :count) AS n(i)"""
ANOTHER_MONTH = f"""
INSERT INTO {{table}} (id, {COLUMNS})
SELECT 1000000000 + i, 1, 'N' || i, 1 + i % 2000, 1 + i % 1000, 1, 1, 1, '{NEXT}', DATE '{NEXT}-01', DATE '{NEXT}-28',
    DATE '{NEXT}-01', DATE '{NEXT}-15', 100, 0, 0, 0, 0, 0, 0, 500, 0, 100, 'unpaid', '', now(), now()
FROM generate_series(1, {MONTH_BILLS}) AS n(i)"""
READS = {
    "first page of a month": f"SELECT * FROM {{table}} WHERE community_id = 1 AND period = '{NEWEST}' "
    "ORDER BY id DESC LIMIT 50",
    "what a customer owes": "SELECT * FROM {table} WHERE customer_id = 7 AND state IN ('unpaid', 'part_paid')",
    "a bill by its number": "SELECT * FROM {table} WHERE number = 'B4711'",
}


def partition() -> None:
    """Make ``bill_by_month`` from ``bill``, with its indexes; the unique ones take the period in."""
    session = db.session()
    session.execute(text("CREATE TABLE bill_by_month (LIKE bill INCLUDING DEFAULTS) PARTITION BY RANGE (period)"))
    year, month = map(int, OLDEST.split("-"))
    for number in range(MONTHS + 1):
        first, following = (f"{year + n // 12}-{month + n % 12:02d}" for n in (number, number + 1))
        session.execute(
            text(
                f"CREATE TABLE bill_{number:03d} PARTITION OF bill_by_month "
                f"FOR VALUES FROM ('{first}') TO ('{following}')"
            )
        )
    session.execute(text("INSERT INTO bill_by_month SELECT * FROM bill"))
    indexes = session.scalars(text("SELECT indexdef FROM pg_indexes WHERE tablename = 'bill'")).all()
    for number, made in enumerate(indexes):
        name = made.split(" INDEX ")[1].split(" ON ")[0]
        there = made.replace(f" {name} ", f" part_{number} ").replace("public.bill ", "bill_by_month ")
        if there.startswith("CREATE UNIQUE") and "period" not in there:
            there = there.replace(")", ", period)", 1)
        session.execute(text(there))
    session.commit()
    for table in ("bill", "bill_by_month"):
        session.execute(text(f"ANALYZE {table}"))
    session.commit()


def milliseconds(statement: str, rounds: int) -> float:
    """The median time of a query that is read to its end."""
    session = db.session()

    def ask() -> None:
        session.execute(text(statement)).all()

    ask()
    return median(timed(ask) for _ in range(rounds)) * 1000


def once(*statements: str) -> Callable[[], Any]:
    """Statements in one transaction."""

    def run() -> None:
        for statement in statements:
            db.session.execute(text(statement))
        db.session.commit()

    return run


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="sixty million bills instead of three")
    options.add_argument("--bills", type=int)
    options.add_argument("--rounds", type=int, default=15)
    chosen = options.parse_args()
    bills = chosen.bills or (60_000_000 if chosen.full else 3_000_000)
    with billing(1_000, postgresql=True):
        fill(BILLS, bills)
        db.session.commit()
        moved = timed(partition)
        readings: dict[str, Any] = {"bills": bills, "months": MONTHS, "seconds to move": round(moved, 1)}
        for name, query in READS.items():
            readings[name] = {
                table: round(milliseconds(query.format(table=table), chosen.rounds), 2)
                for table in ("bill", "bill_by_month")
            }
        readings[f"seconds to add {MONTH_BILLS} bills"] = {
            table: round(timed(once(ANOTHER_MONTH.format(table=table))), 2) for table in ("bill", "bill_by_month")
        }
        readings["seconds to be rid of the oldest month"] = {
            "bill": round(timed(once(f"DELETE FROM bill WHERE period = '{OLDEST}'")), 2),
            "bill_by_month": round(timed(once("DROP TABLE bill_000")), 3),
        }
        sizes = "SELECT pg_indexes_size('{}') / 1048576"
        readings["MB of indexes"] = {
            "bill": db.session.scalar(text(sizes.format("bill"))),
            "the newest month alone": db.session.scalar(text(sizes.format(f"bill_{MONTHS - 1:03d}"))),
        }
        for name, reading in readings.items():
            print(f"{name}: {reading}")
        keep("partitions", readings)


if __name__ == "__main__":
    main()
