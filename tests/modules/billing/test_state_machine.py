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
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import event, func, select, update

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import DomainError
from app.modules.billing.models import Bill, Deposit, LedgerEntry, Payment, PaymentAlert, Refund, Waiver
from app.modules.billing.models.bills import OPEN
from app.modules.billing.operations import charges, deposits, ledger_days, offset, payments, refunds, waivers
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household

STEPS = int(os.environ.get("BILLING_STEPS", "5000"))
STEPS_OF_A_LIFE = 50
UNBOOKED = ("created", "closed", "failed")
PERCENT = st.sampled_from([1, 30, 50, 99, 100, 100, 101])
AMOUNTS = st.integers(1, 60_000)
PICK = st.integers(0, 10_000)
KINDS = (
    "bill", "bill", "open", "open", "callback", "callback", "callback", "lie", "close", "take", "take", "ask_refund",
    "ask_refund", "decide_refund", "decide_refund", "pay_refund", "ask_waiver", "decide_waiver", "void", "set_off",
    "set_off", "deposit", "deduct", "return", "late_fee", "sum_up",
)  # fmt: skip


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

    @initialize()
    def begin(self) -> None:
        """A month in which something is owed, some of it overdue, some prepaid, and a deposit held."""
        for due in (-30, -3, 10, 12):
            self.bill(24_220, due)
        self.take(10_000, "cash", [])
        self.take_deposit(50_000)

    @rule(
        kind=st.sampled_from(KINDS), pick=PICK, other=PICK, fen=AMOUNTS, percent=PERCENT, way=st.integers(0, 3),
    )  # fmt: skip
    def step(self, kind: str, pick: int, other: int, fen: int, percent: int, way: int) -> None:
        """One of the things that can happen; one rule, so that none of them is left out of a whole life."""
        match kind:
            case "bill":
                self.bill(fen, way * 15 - 30)
            case "open":
                bills = [self.some(Bill, pick + n, Bill.state.in_(OPEN)) for n in range(way + 1)]
                if all(bills):
                    self.open_payment([bill.id for bill in bills])
            case "callback":
                if told := self.notice(pick, fresh=way > 0):
                    outcomes = [
                        self.attempt(payments.book, **told, paid_at=clock.now()).outcome for _ in range(way + 1)
                    ]
                    assert outcomes[1:] == ["already"] * way
            case "lie":
                self.lie(pick, ("amount_fen", "currency", "number", "channel_no")[way], 1 if percent > 50 else -1)
            case "close":
                if payment := self.some(Payment, pick, Payment.state == "created"):
                    self.attempt(payments.close, payment)
            case "take":
                chosen = [self.some(Bill, pick), self.some(Bill, other, Bill.state.in_(OPEN))][: way % 3]
                self.take(fen, ("cash", "pos", "transfer", "finance")[way], [bill.id for bill in chosen if bill])
            case "ask_refund":
                refundable = (Payment.refunded_fen < Payment.amount_fen, Payment.paid_on.is_not(None))
                if payment := self.some(Payment, pick, *refundable):
                    part = max(1, (payment.amount_fen - payment.refunded_fen) * percent // 100)
                    self.attempt(refunds.request, payment, part, "退", None)
            case "decide_refund":
                if refund := self.some(Refund, pick, Refund.state == "pending"):
                    self.attempt(refunds.approve if way else refunds.reject, refund, None)
            case "pay_refund":
                if refund := self.some(Refund, pick, Refund.state.in_(("approved", "failed", "done"))):
                    if way == 0:
                        self.attempt(refunds.fail, refund, "余额不足")
                    else:
                        self.attempt((refunds.retry, refunds.finish, refunds.finish)[way - 1], refund)
            case "ask_waiver":
                if bill := self.some(Bill, pick, Bill.state.in_(OPEN)):
                    part = "late_fee" if way == 0 else "principal"
                    due = bill.principal_due_fen if way else bill.late_due_fen
                    self.attempt(waivers.request, bill, part, max(1, due * percent // 100), "免", None)
            case "decide_waiver":
                if waiver := self.some(Waiver, pick, Waiver.state == "pending"):
                    self.attempt(waivers.approve if way else waivers.reject, waiver, None)
            case "void":
                if bill := self.some(Bill, pick):
                    self.attempt(charges.void, bill, "错")
            case "set_off":
                self.attempt(offset.apply, self.community_id, self.customer_id)
            case "deposit":
                self.take_deposit(fen)
            case "deduct":
                deposit = self.some(Deposit, pick, Deposit.state == "held")
                bill = self.some(Bill, other, Bill.state.in_(OPEN))
                if deposit and bill:
                    self.attempt(deposits.deduct, deposit, bill, min(fen, bill.outstanding_fen))
            case "return":
                if deposit := self.some(Deposit, pick, Deposit.state != "returned"):
                    if deposit.state == "held":
                        self.attempt(deposits.request_return, deposit, "搬离")
                    else:
                        self.attempt(deposits.give_back if way else deposits.refuse_return, deposit)
            case "late_fee":
                self.late_fee_grows(fen // 100 + 1)
            case "sum_up":
                self.attempt(ledger_days.sum_part, {"through_id": self.last_row()})

    def bill(self, fen: int, due: int) -> None:
        with transaction():
            make_bill(db.session(), self.customer, self.unit, fen, due_on=clock.today() + timedelta(days=due))

    def open_payment(self, bill_ids: list[int]) -> None:
        opened = self.attempt(payments.open_payment, self.member_id, bill_ids)
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

    def notice(self, pick: int, *, fresh: bool) -> dict[str, Any] | None:
        """What the channel says about one of the payments; ``fresh``: of one that is not booked, if there is any."""
        found = select(Payment.number).where(Payment.community_id == self.community_id, Payment.state.in_(UNBOOKED))
        unbooked = set(db.session.scalars(found))
        db.session.rollback()
        among = [told for told in self.told if told["number"] in unbooked] if fresh else []
        among = among or self.told
        return among[pick % len(among)] if among else None

    def lie(self, pick: int, change: str, more: int) -> None:
        told = self.notice(pick, fresh=True)
        if told is None:
            return
        known = db.session.scalar(select(Payment.state).where(Payment.number == told["number"]))
        db.session.rollback()
        if change == "channel_no" and known in UNBOOKED:
            return  # its first notice: the number is whatever the channel says
        other = {"amount_fen": told["amount_fen"] + more, "currency": "USD", "number": "P0", "channel_no": "other"}
        booked = self.attempt(payments.book, **{**told, change: other[change]}, paid_at=clock.now())
        assert booked.outcome in ("refused", "already")

    def take(self, fen: int, channel: str, bill_ids: list[int]) -> None:
        self.attempt(
            payments.receive,
            community_id=self.community_id,
            customer_id=self.customer_id,
            bill_ids=bill_ids,
            amount_fen=fen,
            channel=channel,
            paid_on=clock.today(),
        )

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

    def last_row(self) -> int:
        last = db.session.scalar(select(func.max(LedgerEntry.id)))
        db.session.rollback()
        return last or 0

    def late_fee_grows(self, fen: int) -> None:
        with transaction():
            db.session.execute(
                update(Bill)
                .where(Bill.community_id == self.community_id, Bill.state.in_(OPEN), Bill.due_on < clock.today())
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
