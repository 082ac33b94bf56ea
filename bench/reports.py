"""Reports over a year of bills: from the ledger's sums by day, and from its rows; the same figures, to the fen.

600,000 bills with their ledger; ``--full``: six million, a year of a large company.
"""

import argparse
from datetime import date
from statistics import median
from typing import Any
from unittest import mock

from sqlalchemy import func, select, text

from app.core.db import db, transaction
from app.core.reports import Asked
from app.modules.billing import reports
from app.modules.billing.models import LedgerDay, LedgerEntry
from app.modules.billing.operations import ledger_days
from bench.billing_ground import billing, fill
from bench.measure import keep
from bench.sheets_ground import timed

FEES, BILLS_OF_A_PAYMENT, NEVER_PAID = 6, 4, 20
MONTH = "CASE WHEN i % 12 < 9 THEN '2026-0' ELSE '2026-' END || CAST(1 + i % 12 AS VARCHAR(2))"
DAY = "'-' || CAST(10 + i / 72 % 19 AS VARCHAR(2))"
SERIES = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
BILLS = f"""
INSERT INTO bill (community_id, number, customer_id, unit_id, fee_item_id, tariff_id, tariff_version_id, assignment_id,
    period, starts_on, ends_on, issued_on, due_on, amount_fen, paid_fen, waived_fen, late_fee_fen, late_paid_fen,
    late_waived_fen, late_micro_fen, late_rate, grace_days, late_cap_percent, state, note, created_at, updated_at)
{SERIES}
SELECT 1, 'B' || CAST(i AS VARCHAR(12)), 1 + i % 2000, 1 + i % 1000, 1 + i / 12 % {FEES}, 1, 1, NULL,
    {MONTH}, :early, :early, DATE({MONTH} || '-01'), DATE({MONTH} || {DAY}), 1 + i * 7919 % 99983,
    CASE WHEN i % {NEVER_PAID} = 0 THEN 0 ELSE 1 + i * 7919 % 99983 END, 0, 0, 0, 0, 0, 500, 0, 100,
    CASE WHEN i % {NEVER_PAID} = 0 THEN 'unpaid' ELSE 'paid' END, '', :at, :at
FROM n"""
PAYMENTS = f"""
INSERT INTO payment (community_id, number, customer_id, channel, official, amount_fen, refunded_fen, state, note,
    created_at, updated_at)
{SERIES}
SELECT 1, 'P' || CAST(i AS VARCHAR(12)), 1, CASE i / 5 % 3 WHEN 0 THEN 'cash' ELSE 'wechat' END, :no, 1, 0, 'paid', '',
    :at, :at FROM n"""
ISSUED = """
INSERT INTO ledger_entry (community_id, customer_id, booked_on, kind, debit, credit, amount_fen, bill_id, fee_item_id,
    period, created_at, updated_at)
SELECT 1, customer_id, issued_on, 'issue', 'receivable', 'income', amount_fen, id, fee_item_id, period, :at, :at
FROM bill"""
RECEIVED = f"""
INSERT INTO ledger_entry (community_id, customer_id, booked_on, kind, debit, credit, amount_fen, bill_id, fee_item_id,
    period, payment_id, created_at, updated_at)
SELECT 1, customer_id, due_on, 'payment', 'cash', 'receivable', amount_fen, id, fee_item_id, period,
    1 + id / {BILLS_OF_A_PAYMENT}, :at, :at
FROM bill WHERE state = 'paid'"""
YEAR = Asked(date(2026, 1, 1), date(2026, 12, 31), None)
CASES = {
    "collection by period": (reports.collection, "period"),
    "collection by fee": (reports.collection, "fee"),
    "daily cash": (reports.daily_cash, ""),
    "ageing by customer": (reports.ageing, "customer"),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="six million bills instead of 600 000")
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    options.add_argument("--bills", type=int)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    bills = chosen.bills or (6_000_000 if chosen.full else 600_000)
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    with billing(1_000, postgresql=chosen.postgresql):
        for statement, count in (
            (BILLS, bills),
            (PAYMENTS, bills // BILLS_OF_A_PAYMENT + 1),
            (ISSUED, 0),
            (RECEIVED, 0),
        ):
            fill(statement, count)
            db.session.commit()
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        rows = db.session.scalar(select(func.count()).select_from(LedgerEntry))
        summing = timed(_sum_up)
        sums = db.session.scalar(select(func.count()).select_from(LedgerDay))
        print(f"\n{rows:,} rows of the ledger summed in {summing:.1f} s to {sums:,}; {database}")
        print(f"{'report over the year':<24}{'ours ms':>10}{'all rows ms':>13}{'ratio':>8}")
        results = [_compare(name, chosen.rounds) for name in CASES]
    print(keep(f"reports_{database.lower()}", {"bills": bills, "summing": summing, "rows": results}))


def _sum_up() -> None:
    """What the job and its parts do, each in a transaction of its own."""
    last = {"through_id": db.session.scalar(select(func.max(LedgerEntry.id)))}
    while ledger_days.summed_through(db.session()) < last["through_id"]:
        with transaction(), mock.patch.object(ledger_days.jobs, "put"):
            ledger_days.sum_part(db.session(), last)


def _compare(name: str, rounds: int) -> dict[str, Any]:
    report, by = CASES[name]
    asked = Asked(YEAR.start, YEAR.end, None, by)
    answers: dict[str, Any] = {}

    def read(key: str) -> None:
        answers[key] = report(db.session(), asked)
        db.session.rollback()

    ours = median(timed(lambda: read("ours")) for _round in range(rounds)) * 1000
    with mock.patch.object(reports, "movements", return_value=ledger_days._rows().subquery()):
        plain = timed(lambda: read("plain")) * 1000
    assert answers["ours"] == answers["plain"] != []
    print(f"{name:<24}{ours:>10.1f}{plain:>13.1f}{plain / ours:>8.1f}", flush=True)
    return {"case": name, "ms": ours, "rows_ms": plain}


if __name__ == "__main__":
    main()
