"""Refunds that the channel pays out: under one number, tried again, told back by callback or asked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.jobs import run_due
from app.modules.billing.models import Payment, Refund
from app.modules.billing.operations import refunds
from tests.conftest import Store
from tests.integrations.wechatpay import send
from tests.modules.billing.books import check_books
from tests.modules.billing.paying import Home, alerts, move_in

Approve = Callable[[int], str]


@pytest.fixture
def home(app: Flask, store: Store) -> Home:
    home = move_in(app, store, 10_000)
    order = home.pay()
    home.fake.pay(order["number"])
    assert home.look(order["id"]) == "paid"
    return home


@pytest.fixture
def approve(home: Home, store: Store) -> Approve:
    """Ask for this much back and approve it; the refund's number."""

    def approved(fen: int) -> str:
        with store() as session:
            payment = session.scalars(select(Payment)).one()
            refund = refunds.request(session, payment, fen, "多缴退回", None)
            return refunds.approve(session, refund, None).number

    return approved


def state(store: Store, number: str) -> str:
    with store() as session:
        return session.scalars(select(Refund.state).where(Refund.number == number)).one()


@pytest.mark.req("B3")
def test_an_approved_refund_is_paid_out_and_the_callback_ends_it(
    app: Flask, home: Home, approve: Approve, store: Store
) -> None:
    number = approve(4_000)
    run_due(app)
    assert state(store, number) == "approved", "the bank is at work"
    home.fake.end_refund(number)
    for _time in range(3):
        assert send(app, home.fake.notice_of_refund(number)) == 204
    assert state(store, number) == "done"
    with store() as session:
        assert session.scalars(select(Payment.state)).one() == "part_refunded"
        check_books(session, home.community_id)


def test_without_a_callback_the_sweep_hears_of_it(app: Flask, home: Home, approve: Approve, store: Store) -> None:
    number = approve(10_000)
    run_due(app)
    home.fake.end_refund(number)
    with clock.travel(timedelta(hours=1)):
        run_due(app)
    assert state(store, number) == "done"
    with store() as session:
        assert session.scalars(select(Payment.state)).one() == "refunded"


def test_a_refund_is_tried_again_under_its_number_and_paid_once(
    app: Flask, home: Home, approve: Approve, store: Store
) -> None:
    home.fake.failing = "SYSTEM_ERROR"
    number = approve(4_000)
    run_due(app)
    home.fake.failing = ""
    for minutes in (1, 40, 80):
        with clock.travel(timedelta(minutes=minutes)):
            run_due(app)
    assert home.fake.books.refunded(home_order(store)) == 4_000
    home.fake.end_refund(number)
    assert send(app, home.fake.notice_of_refund(number)) == 204
    with store() as session:
        check_books(session, home.community_id)


def home_order(store: Store) -> str:
    with store() as session:
        return session.scalars(select(Payment.number)).one()


def test_what_the_channel_will_not_pay_is_shown_and_can_be_tried_again(
    app: Flask, home: Home, approve: Approve, store: Store
) -> None:
    home.fake.refusing_refunds = "NOT_ENOUGH"
    number = approve(4_000)
    run_due(app)
    assert state(store, number) == "failed"
    with store() as session:
        assert alerts(session) == ["refund"]
        check_books(session, home.community_id)
        home.fake.refusing_refunds = ""
        refunds.retry(session, session.scalars(select(Refund)).one())
    run_due(app)
    home.fake.end_refund(number)
    assert send(app, home.fake.notice_of_refund(number)) == 204
    assert state(store, number) == "done"


def test_a_refund_that_the_bank_returns_is_shown(app: Flask, home: Home, approve: Approve, store: Store) -> None:
    number = approve(4_000)
    run_due(app)
    home.fake.end_refund(number, "ABNORMAL")
    assert send(app, home.fake.notice_of_refund(number)) == 204
    assert state(store, number) == "failed"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": {"refund": 9_999}}, "amount"),
        ({"mchid": "1900000999"}, "merchant"),
        ({"out_refund_no": "R0"}, "unknown"),
    ],
)
def test_a_refund_notice_that_does_not_fit_ends_nothing(
    app: Flask, home: Home, approve: Approve, store: Store, changes: dict[str, object], kind: str
) -> None:
    number = approve(4_000)
    run_due(app)
    home.fake.end_refund(number)
    assert send(app, home.fake.notice_of_refund(number, **changes)) == 400
    assert state(store, number) == "approved"
    with store() as session:
        assert alerts(session) == [kind]
