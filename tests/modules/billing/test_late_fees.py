"""Late fees: golden cases computed by hand, and any history against a sum day by day in exact fractions."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db
from app.modules.billing.models import Bill
from app.modules.billing.operations import late_fees, payments, refunds
from tests.conftest import Store
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household
from tests.postgresql import both_databases

DUE = date(2026, 11, 10)
FIVE_PER_MYRIAD = Decimal("0.0005")


def on(day: date) -> Any:
    """Let it be nine o'clock of a day."""
    return clock.travel(datetime(day.year, day.month, day.day, 9, tzinfo=clock.SHANGHAI))


def owing(session: Session, fen: int = 100_000, **values: Any) -> tuple[Bill, int]:
    """A bill due on 10 November, half a per mille a day unless ``values`` differ; and who may pay it."""
    customer, unit, member = make_household(session)
    bill = make_bill(session, customer, unit, fen, due_on=DUE)
    for name, value in {"late_rate": FIVE_PER_MYRIAD, **values}.items():
        setattr(bill, name, value)
    session.flush()
    return bill, member.id


def accrued(session: Session, bill: Bill, day: date) -> int:
    """The late fee after the daily job of a day."""
    with on(day):
        late_fees.accrue(session)
    session.refresh(bill)
    return bill.late_fee_fen


def pay(session: Session, bill: Bill, fen: int) -> payments.Payment:
    return payments.receive(
        session, community_id=bill.community_id, customer_id=bill.customer_id, bill_ids=[bill.id], amount_fen=fen,
        channel="cash", paid_on=clock.today(),
    )  # fmt: skip


@both_databases
@pytest.mark.req("B3")
def test_the_first_late_day_is_the_day_after_the_due_date_and_grace(store: Store) -> None:
    with store() as session:
        bill, _member = owing(session)
        patient, _member = owing(session, grace_days=5)
        assert accrued(session, bill, DUE) == 0
        # ¥1,000.00 × 0.05 % = ¥0.50 a day
        assert accrued(session, bill, DUE + timedelta(days=1)) == 50
        assert accrued(session, bill, DUE + timedelta(days=1)) == 50
        assert accrued(session, patient, DUE + timedelta(days=5)) == 0
        assert accrued(session, patient, DUE + timedelta(days=6)) == 50
        assert accrued(session, bill, DUE + timedelta(days=30)) == 1_500


@both_databases
def test_it_is_rounded_once_and_not_every_day(store: Store) -> None:
    with store() as session:
        bill, _member = owing(session, 24_220)
        # ¥242.20 × 0.05 % = ¥0.1211 a day: 7 days 0.8477 → 0.85, not 7 × 0.12 = 0.84
        for day in range(1, 8):
            fee = accrued(session, bill, DUE + timedelta(days=day))
        assert fee == 85


@both_databases
def test_what_is_paid_no_longer_grows_and_the_fee_bears_no_fee(store: Store) -> None:
    with store() as session:
        bill, _member = owing(session)
        with on(DUE + timedelta(days=10)):
            late_fees.accrue(session)  # 10 × 0.50 = 5.00
            pay(session, bill, 60_000)
        # 400.00 × 0.05 % = 0.20 a day, 10 days more
        assert accrued(session, bill, DUE + timedelta(days=20)) == 700
        with on(DUE + timedelta(days=20)):
            pay(session, bill, 40_000)
        assert bill.state == "part_paid"
        assert accrued(session, bill, DUE + timedelta(days=60)) == 700
        check_books(session, bill.community_id)


@both_databases
def test_the_cap_is_never_passed(store: Store) -> None:
    with store() as session:
        bill, _member = owing(session, late_rate=Decimal("0.003"), late_cap_percent=20)
        assert accrued(session, bill, DUE + timedelta(days=66)) == 19_800
        assert accrued(session, bill, DUE + timedelta(days=67)) == 20_000
        assert accrued(session, bill, DUE + timedelta(days=400)) == 20_000


@both_databases
def test_a_bill_that_is_being_paid_waits_and_then_catches_up(store: Store) -> None:
    with store() as session:
        bill, member_id = owing(session)
        shown = accrued(session, bill, DUE + timedelta(days=1))
        with on(DUE + timedelta(days=2)):
            opened = payments.open_payment(session, member_id, [bill.id]).payment
            assert late_fees.accrue(session) == 0
            assert opened.amount_fen == 100_000 + shown
        with on(DUE + timedelta(days=3)):
            assert late_fees.accrue(session) == 1
        session.refresh(bill)
        assert bill.late_fee_fen == 150


@both_databases
def test_days_on_which_the_principal_was_paid_do_not_count_after_a_refund(store: Store) -> None:
    with store() as session:
        bill, _member = owing(session)
        with on(DUE + timedelta(days=4)):
            late_fees.accrue(session)
            payment = pay(session, bill, 100_000 + 200)
        with on(DUE + timedelta(days=24)):
            refund = refunds.request(session, payment, payment.amount_fen, "重复缴费", None)
            refunds.approve(session, refund, None)
        assert accrued(session, bill, DUE + timedelta(days=24)) == 200
        assert accrued(session, bill, DUE + timedelta(days=25)) == 250


AMOUNT = st.integers(1, 5_000_000)


@pytest.fixture
def database(app: Flask) -> Flask:
    return app


@both_databases
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fen=AMOUNT,
    rate=st.integers(1, 10_000),
    grace=st.integers(0, 20),
    cap=st.integers(0, 100),
    runs=st.lists(st.tuples(st.integers(0, 90), st.one_of(st.none(), AMOUNT)), min_size=1, max_size=6),
)
def test_any_history_is_the_sum_day_by_day(
    database: Flask, fen: int, rate: int, grace: int, cap: int, runs: list[tuple[int, int | None]]
) -> None:
    """The job runs on some days, and after it something may be paid; missed days count at what is owed when it runs."""
    with database.app_context():
        session = db.session()
        bill, _member = owing(session, fen, late_rate=Decimal(rate).scaleb(-6), grace_days=grace, late_cap_percent=cap)
        limit, exact, counted, paid = fen * cap // 100, Fraction(0), grace, 0
        for day, payment in sorted(runs, key=lambda run: run[0]):
            fee = accrued(session, bill, DUE + timedelta(days=day))
            owed = fen - paid
            if int(exact + Fraction(1, 2)) < limit and owed:
                exact += Fraction(owed * rate * max(0, day - counted), 1_000_000)
                counted = max(counted, day)
            assert fee == min(limit, int(exact + Fraction(1, 2)))
            if payment is not None and (part := min(payment, owed - 1)) > 0:
                with on(DUE + timedelta(days=day)):
                    pay(session, bill, part)
                paid += part
        session.rollback()
