"""Whatever the dates, areas, prices and readings: bills equal a reference that goes day by day with ``Decimal``."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import Conflict
from app.modules.billing.explanation import explain, recompute
from app.modules.billing.models import Bill, BillLine, LedgerEntry
from app.modules.billing.operations import runs
from app.modules.billing.operations.plan import Scope
from tests.factories import make_customer, make_occupancy, make_unit
from tests.modules.billing.tariffs import assign, make_meter, make_reading, make_tariff, make_version
from tests.postgresql import both_databases

Charged = tuple[int, int]
"""(customer, fen)"""
FIRST = date(2026, 10, 1)
DAY = st.integers(-40, 130)
SPAN = st.tuples(DAY, st.one_of(st.none(), st.integers(0, 90)))
PRICE = st.integers(0, 500_000).map(lambda n: Decimal(n).scaleb(-4))
AREA = st.integers(0, 3_000_000).map(lambda n: Decimal(n).scaleb(-2))
EASY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def days(start: int, length: int | None) -> tuple[date, date | None]:
    first = FIRST + timedelta(days=start)
    return first, None if length is None else first + timedelta(days=length)


def in_fen(*factors: Decimal | int, by: int) -> int:
    with localcontext(prec=60):
        product = Decimal(100)
        for factor in factors:
            product *= factor
        return int((product / by).quantize(Decimal(1), ROUND_HALF_UP))


def covers(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day <= last)


@pytest.fixture
def database(app: Flask) -> Flask:
    """Made once for all examples, each of which is rolled back."""
    return app


def charged(session: Session) -> list[Charged]:
    """What the bills say, each checked against its own lines, snapshots and ledger row."""
    for bill in session.scalars(select(Bill)):
        lines = session.scalars(select(BillLine).where(BillLine.bill_id == bill.id)).all()
        assert sum(line.amount_fen for line in lines) == bill.amount_fen
        assert [recompute(line) for line in lines] == [line.amount_fen for line in lines]
        assert all(explain(line).count("=") == 1 for line in lines)
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.bill_id == bill.id)).one()
        assert (entry.amount_fen, entry.customer_id, entry.period) == (bill.amount_fen, bill.customer_id, bill.period)
    rows = session.execute(
        select(Bill.customer_id, BillLine.amount_fen)
        .join(Bill, Bill.id == BillLine.bill_id)
        .order_by(Bill.starts_on, BillLine.position)
    )
    return [tuple(row) for row in rows]


def issue(session: Session, community_id: int, period: str) -> None:
    try:
        runs.start(session, Scope(community_id, period), None)
    except Conflict:
        return
    with pytest.raises(Conflict):
        runs.start(session, Scope(community_id, period), None)


@both_databases
@EASY
@given(
    area=AREA, prices=st.tuples(PRICE, PRICE), change=st.integers(-10, 100), vacant=st.integers(0, 100),
    held=st.lists(SPAN, max_size=4), assigned=SPAN, owned=st.booleans(), cycle=st.sampled_from(["1", "3", "6"]),
    method=st.sampled_from(["area", "fixed"]),
)  # fmt: skip
def test_days(
    database: Flask, area: Decimal, prices: tuple[Decimal, Decimal], change: int, vacant: int,
    held: list[tuple[int, int | None]], assigned: tuple[int, int | None], owned: bool, cycle: str, method: str,
) -> None:  # fmt: skip
    with database.app_context():
        session = db.session()
        unit, owner = make_unit(session, area_m2=area), make_customer(session)
        occupancies = [
            make_occupancy(session, make_customer(session), unit, starts_on=first, ends_on=last)
            for first, last in (days(*span) for span in held)
        ]
        changes_on = FIRST + timedelta(days=change)
        old = {"unit_price": prices[0], "vacant_percent": vacant, "valid_to": changes_on - timedelta(days=1)}
        tariff = make_tariff(session, unit.community_id, method=method, cycle=cycle, version=old)
        make_version(session, tariff, unit_price=prices[1], vacant_percent=vacant, valid_from=changes_on)
        starts_on, ends_on = days(*assigned)
        assign(session, tariff, unit, starts_on=starts_on, ends_on=ends_on, count=3,
               customer_id=owner.id if owned else None)  # fmt: skip
        period = "2026-07" if cycle == "6" else "2026-10"
        first = date(2026, int(period[-2:]), 1)
        last = {"1": date(2026, 10, 31), "3": date(2026, 12, 31), "6": date(2026, 12, 31)}[cycle]

        def payers() -> Iterator[Any]:
            day = first
            while day <= last:
                inside = [o for o in occupancies if covers(o.starts_on, o.ends_on, day)]
                who = min(inside, key=lambda o: (o.starts_on, o.id), default=None)
                if covers(starts_on, ends_on, day) and (who or owned):
                    price = prices[day >= changes_on]
                    yield (day - first).days, who, price, day >= changes_on
                day += timedelta(days=1)

        expected = []
        length = (last - first).days + 1
        runs_of_days = groupby(enumerate(payers()), key=lambda item: (item[1][0] - item[0], item[1][1], item[1][3]))
        for (_run, who, _new), group in runs_of_days:
            part = list(group)
            fen = in_fen(
                area if method == "area" else 3, part[0][1][2], int(cycle), len(part), 100 if who else vacant,
                by=length * 100,
            )  # fmt: skip
            if fen:
                expected.append((who.customer_id if who else owner.id, fen))
        issue(session, unit.community_id, period)
        assert charged(session) == expected
        session.rollback()


LIMITS = st.lists(st.tuples(st.integers(1, 300_000), PRICE), max_size=3, unique_by=lambda step: step[0]).map(sorted)


@both_databases
@EASY
@given(
    limits=LIMITS, last_price=PRICE, multiplier=st.integers(1, 600).map(lambda n: Decimal(n).scaleb(-1)),
    usages=st.lists(st.integers(0, 900_000).map(lambda n: Decimal(n).scaleb(-3)), min_size=1, max_size=4),
    moved=st.integers(0, 4),
)  # fmt: skip
def test_meters(
    database: Flask, limits: list[tuple[int, Decimal]], last_price: Decimal, multiplier: Decimal, usages: list[Decimal],
    moved: int,
) -> None:  # fmt: skip
    """Readings every six days of October; the tenant changes after one of them."""
    with database.app_context():
        session = db.session()
        unit, former, new = make_unit(session), make_customer(session), make_customer(session)
        left = FIRST + timedelta(days=6 * moved)
        make_occupancy(session, former, unit, starts_on=date(2026, 1, 1), ends_on=left)
        make_occupancy(session, new, unit, starts_on=left + timedelta(days=1))
        meter = make_meter(session, unit, multiplier=multiplier)
        value = Decimal("17.5")
        make_reading(session, meter, FIRST, str(value))
        for number, usage in enumerate(usages, start=1):
            value += usage
            make_reading(session, meter, FIRST + timedelta(days=6 * number), str(value))
        steps = [{"upto": str(Decimal(upto).scaleb(-2)), "price": str(price)} for upto, price in limits]
        tariff = make_tariff(session, unit.community_id, "electricity", method="metered", version={
            "steps": [*steps, {"price": str(last_price)}] if steps else [], "unit_price": last_price,
        })  # fmt: skip
        assign(session, tariff, unit, meter_id=meter.id, starts_on=FIRST)
        expected = []
        for payer, part in ((former, usages[:moved]), (new, usages[moved:])):
            total, low = sum(part, Decimal(0)) * multiplier, Decimal(0)
            for upto, price in [(Decimal(n).scaleb(-2), price) for n, price in limits] + [(None, last_price)]:
                reached = total if upto is None else min(total, upto)
                if reached > low and (fen := in_fen(reached - low, price, by=1)):
                    expected.append((payer.id, fen))
                low = upto if upto is not None else low
        issue(session, unit.community_id, "2026-10")
        assert charged(session) == expected
        session.rollback()
