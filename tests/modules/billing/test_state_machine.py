"""Whatever happens to money, in whatever order: after every step the books hold (invariants 1–3, 5).

``BILLING_STEPS`` sets how many steps each shard takes (a million on demand).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import event, func, select, update

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.modules.billing.models import Bill, Deposit, Payment, PaymentAlert, Refund, Waiver
from app.modules.billing.operations import charges, deposits, offset, payments, refunds, waivers
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household

STEPS = int(os.environ.get("BILLING_STEPS", "5000"))
STEPS_OF_A_LIFE = 50
AMOUNTS = st.integers(1, 60_000)
PICK = st.integers(0, 10_000)
BOUGHT = st.sampled_from(["cash", "pos", "transfer", "finance"])


class Money(RuleBasedStateMachine):
    """One household's bills and money in a community of its own."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        with transaction():
            customer, unit, member = make_household(db.session())
            self.customer, self.unit, self.member_id = customer, unit, member.id
            self.community_id, self.customer_id = unit.community_id, customer.id
        self.told: list[dict[str, Any]] = []

    def teardown(self) -> None:
        db.session.remove()
        self.context.pop()

    def attempt(self, operation: Any, *args: Any, **values: Any) -> Any:
        """A refusal is an answer too: it must leave nothing behind."""
        try:
            with transaction():
                return operation(db.session(), *args, **values)
        except DomainError:
            return None

    def some(self, model: Any, pick: int, *conditions: Any) -> Any:
        query = select(model).where(model.community_id == self.community_id, *conditions).order_by(model.id)
        found = db.session.scalars(query).all()
        db.session.rollback()
        return found[pick % len(found)] if found else None

    @rule(fen=AMOUNTS, due=st.integers(-40, 20))
    def bill(self, fen: int, due: int) -> None:
        with transaction():
            make_bill(db.session(), self.customer, self.unit, fen, due_on=clock.today() + timedelta(days=due))

    @rule(pick=PICK, many=st.integers(1, 4))
    def open_payment(self, pick: int, many: int) -> None:
        bills = [self.some(Bill, pick + n) for n in range(many)]
        if all(bills):
            opened = self.attempt(payments.open_payment, self.member_id, [bill.id for bill in bills])
            if opened is not None:
                payment = opened.payment
                self.told.append(
                    {
                        "number": payment.number,
                        "channel_no": f"T{payment.number}",
                        "amount_fen": payment.amount_fen,
                        "currency": "CNY",
                    }
                )

    @precondition(lambda self: self.told)
    @rule(pick=PICK, times=st.integers(1, 3))
    def callback(self, pick: int, times: int) -> None:
        told = self.told[pick % len(self.told)]
        outcomes = [self.attempt(payments.book, **told, paid_at=clock.now()).outcome for _ in range(times)]
        assert outcomes[1:] == ["already"] * (times - 1)

    @precondition(lambda self: self.told)
    @rule(pick=PICK, change=st.sampled_from(["amount_fen", "currency", "number", "channel_no"]))
    def lying_callback(self, pick: int, change: str) -> None:
        told = dict(self.told[pick % len(self.told)])
        other = {"amount_fen": told["amount_fen"] + 1, "currency": "USD", "number": "P0", "channel_no": "other"}
        known = db.session.scalar(select(Payment.state).where(Payment.number == told["number"]))
        db.session.rollback()
        if change == "channel_no" and known not in ("paid", "part_refunded", "refunded"):
            return  # its first notice: the number is whatever the channel says
        told[change] = other[change]
        booked = self.attempt(payments.book, **told, paid_at=clock.now())
        assert booked.outcome in ("refused", "already")

    @rule(pick=PICK)
    def close(self, pick: int) -> None:
        payment = self.some(Payment, pick, Payment.state == "created")
        if payment:
            self.attempt(payments.close, payment)

    @rule(fen=AMOUNTS, channel=BOUGHT, pick=PICK, chosen=st.integers(0, 2))
    def counter(self, fen: int, channel: str, pick: int, chosen: int) -> None:
        bills = [bill for n in range(chosen) if (bill := self.some(Bill, pick + n)) is not None]
        self.attempt(
            payments.receive,
            community_id=self.community_id,
            customer_id=self.customer_id,
            bill_ids=[bill.id for bill in bills],
            amount_fen=fen,
            channel=channel,
            paid_on=clock.today(),
        )

    @rule(pick=PICK, percent=st.integers(1, 110))
    def ask_refund(self, pick: int, percent: int) -> None:
        payment = self.some(Payment, pick, Payment.state.in_(("paid", "part_refunded")))
        if payment:
            self.attempt(refunds.request, payment, max(1, payment.amount_fen * percent // 100), "退", None)

    @rule(pick=PICK, move=st.sampled_from(["approve", "approve", "reject"]))
    def decide_refund(self, pick: int, move: str) -> None:
        refund = self.some(Refund, pick, Refund.state == "pending")
        if refund:
            self.attempt(getattr(refunds, move), refund, None)

    @rule(pick=PICK, move=st.sampled_from(["finish", "finish", "fail", "retry"]))
    def pay_refund(self, pick: int, move: str) -> None:
        refund = self.some(Refund, pick, Refund.state.in_(("approved", "failed", "done")))
        if refund:
            self.attempt(getattr(refunds, move), refund, *(["余额不足"] if move == "fail" else []))

    @rule(pick=PICK, percent=st.integers(1, 110), part=st.sampled_from(["principal", "late_fee"]))
    def ask_waiver(self, pick: int, percent: int, part: str) -> None:
        bill = self.some(Bill, pick)
        if bill:
            due = bill.principal_due_fen if part == "principal" else bill.late_due_fen
            self.attempt(waivers.request, bill, part, max(1, due * percent // 100), "免", None)

    @rule(pick=PICK, move=st.sampled_from(["approve", "approve", "reject"]))
    def decide_waiver(self, pick: int, move: str) -> None:
        waiver = self.some(Waiver, pick, Waiver.state == "pending")
        if waiver:
            self.attempt(getattr(waivers, move), waiver, None)

    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        bill = self.some(Bill, pick)
        if bill:
            self.attempt(charges.void, bill, "错")

    @rule()
    def set_off(self) -> None:
        self.attempt(offset.apply, self.community_id, self.customer_id)

    @rule(fen=AMOUNTS)
    def take_deposit(self, fen: int) -> None:
        self.attempt(
            deposits.receive,
            community_id=self.community_id,
            customer_id=self.customer_id,
            unit_id=None,
            title="装修押金",
            amount_fen=fen,
            channel="cash",
            received_on=clock.today(),
        )

    @rule(pick=PICK, other=PICK, fen=AMOUNTS)
    def deduct_deposit(self, pick: int, other: int, fen: int) -> None:
        deposit, bill = self.some(Deposit, pick), self.some(Bill, other)
        if deposit and bill:
            self.attempt(deposits.deduct, deposit, bill, fen)

    @rule(pick=PICK, move=st.sampled_from(["request_return", "refuse_return", "give_back"]))
    def return_deposit(self, pick: int, move: str) -> None:
        deposit = self.some(Deposit, pick)
        if deposit:
            self.attempt(getattr(deposits, move), deposit, *(["搬离"] if move == "request_return" else []))

    @rule(fen=st.integers(1, 500))
    def late_fee_grows(self, fen: int) -> None:
        with transaction():
            db.session.execute(
                update(Bill)
                .where(
                    Bill.community_id == self.community_id,
                    Bill.state.in_(("unpaid", "part_paid")),
                    Bill.due_on < clock.today(),
                )
                .values(late_fee_fen=Bill.late_fee_fen + fen)
            )

    @invariant()
    def the_books_hold(self) -> None:
        check_books(db.session(), self.community_id)
        refused = select(func.count()).where(PaymentAlert.community_id == self.community_id)
        assert (db.session.scalar(refused) or 0) <= 4 * len(self.told) + 50
        db.session.rollback()


def live(app: Flask, steps: int) -> None:
    machine = type("MoneyHere", (Money,), {"app": app})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, steps // STEPS_OF_A_LIFE),
            stateful_step_count=STEPS_OF_A_LIFE,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@contextmanager
def without_power_failures(app: Flask) -> Iterator[None]:
    """Commits on SQLite that do not wait for the disk: thousands follow, and no power failure is under test."""

    def hasten(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=off")

    with app.app_context():
        engine = db.engine
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        engine.dispose()
        event.listen(engine, "connect", hasten)
    try:
        yield
    finally:
        if sqlite:
            event.remove(engine, "connect", hasten)
            engine.dispose()


@pytest.mark.req("B1", "B5", "B6")
@pytest.mark.parametrize("shard", range(4))
def test_the_books_hold_after_every_step(app: Flask, shard: int) -> None:
    with without_power_failures(app):
        live(app, STEPS)


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_the_books_hold_after_every_step_on_postgresql(app: Flask) -> None:
    live(app, STEPS // 5)
