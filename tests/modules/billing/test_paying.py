"""Paying on the phone: whoever says first that the money has come books it, once (B3, invariant 3)."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.jobs import run_due
from app.core.jobs.models import OutboxEntry
from app.modules.billing import connections
from app.modules.billing.models import Bill, LedgerEntry, Payment, PaymentAlert, Receipt
from app.modules.billing.operations import payments
from tests.conftest import Store
from tests.integrations.wechatpay import CALLBACK, send
from tests.modules.billing.books import check_books
from tests.modules.billing.paying import Home, alerts, move_in, relative, state_of
from tests.modules.members.races import race
from tests.postgresql import both_databases


@pytest.fixture
def home(app: Flask, store: Store) -> Home:
    return move_in(app, store, 10_000, 24_220)


@pytest.mark.req("B3")
def test_several_bills_are_paid_at_once_and_the_callback_books_them(app: Flask, home: Home, store: Store) -> None:
    order = home.pay()
    assert (order["state"], order["amount_fen"]) == ("created", 34_220)
    assert order["pay_params"]["package"].startswith("prepay_id=wx")
    home.fake.pay(order["number"])
    assert send(app, home.fake.notice_of_payment(order["number"])) == 204
    assert state_of(app, order["number"]) == "paid"
    with store() as session:
        assert set(session.scalars(select(Bill.state).where(Bill.id.in_(home.bills)))) == {"paid"}
        check_books(session, home.community_id)
        assert alerts(session) == []
    shown = home.phone.get(f"/payments/{order['id']}").json
    assert shown is not None
    assert len(shown["bills"]) == 2
    assert shown["receipt_number"].startswith("SJ-")


def test_a_second_tap_is_the_same_order(home: Home) -> None:
    first, second = home.pay(), home.pay()
    assert (first["id"], first["pay_params"]["package"]) == (second["id"], second["pay_params"]["package"])


def test_a_tap_after_the_money_has_come_says_so(app: Flask, home: Home) -> None:
    order = home.pay()
    home.fake.pay(order["number"])
    again = home.pay()
    assert (again["id"], again["state"], again["pay_params"]) == (order["id"], "paid", None)


@pytest.mark.req("B3")
def test_on_return_the_channel_is_asked(app: Flask, home: Home) -> None:
    order = home.pay()
    assert home.look(order["id"]) == "created"
    home.fake.pay(order["number"])
    assert home.look(order["id"]) == "paid"


def test_a_silent_channel_leaves_the_payment_pending_and_the_page_open(app: Flask, home: Home) -> None:
    order = home.pay()
    home.fake.pay(order["number"])
    home.fake.failing = "SYSTEM_ERROR"
    assert home.look(order["id"]) == "created"
    answer = home.phone.post("/payments", {"bill_ids": [str(home.bills[0])]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    home.fake.failing = ""
    assert home.look(order["id"]) == "paid"


def test_the_sweep_books_what_nobody_told_and_closes_what_is_over(app: Flask, home: Home, store: Store) -> None:
    paid = home.pay(home.bills[0])
    left = home.pay(home.bills[1])
    home.fake.pay(paid["number"])
    with clock.travel(timedelta(minutes=5)):
        run_due(app)
    assert state_of(app, paid["number"]) == "paid"
    assert state_of(app, left["number"]) == "created"
    with clock.travel(timedelta(minutes=32)):
        run_due(app)
    assert state_of(app, left["number"]) == "closed"
    with store() as session:
        check_books(session, home.community_id)


def test_an_order_that_never_reached_the_channel_is_closed_in_time(app: Flask, home: Home, store: Store) -> None:
    with store() as session:
        number = payments.open_payment(session, int(home.phone.member["id"]), home.bills).payment.number
    with clock.travel(timedelta(minutes=32)):
        run_due(app)
    assert state_of(app, number) == "closed"


def test_cancelling_closes_at_the_channel_too_unless_the_money_has_come(app: Flask, home: Home) -> None:
    order = home.pay(home.bills[0])
    answer = home.phone.post(f"/payments/{order['id']}/cancel").json
    assert answer is not None
    assert answer["state"] == "closed"
    assert not home.fake.pay(order["number"])
    order = home.pay(home.bills[1])
    home.fake.pay(order["number"])
    answer = home.phone.post(f"/payments/{order['id']}/cancel").json
    assert answer is not None
    assert answer["state"] == "paid"


@pytest.mark.req("B3")
def test_two_of_a_family_cannot_both_pay_one_bill(app: Flask, home: Home, store: Store) -> None:
    wife = relative(app, store, home)
    his = home.pay(home.bills[0])
    hers = home.pay(*home.bills, phone=wife)
    assert not home.fake.pay(his["number"]), "his order was closed first"
    assert state_of(app, his["number"]) == "closed"
    home.fake.pay(hers["number"])
    assert home.look(hers["id"]) == "paid"


def test_who_pays_after_the_other_is_told_and_the_money_stands(app: Flask, home: Home, store: Store) -> None:
    wife = relative(app, store, home)
    his = home.pay(home.bills[0])
    home.fake.pay(his["number"])  # the callback is late
    answer = wife.post("/payments", {"bill_ids": [str(home.bills[0])]})
    assert answer.status_code == 409
    assert "已结清" in answer.json["detail"]
    assert state_of(app, his["number"]) == "paid"
    rest = home.pay(home.bills[1], phone=wife)
    assert rest["amount_fen"] == 24_220
    with store() as session:
        assert session.scalar(select(func.count()).where(Payment.state == "created")) == 1
        check_books(session, home.community_id)


def test_money_for_a_closed_order_is_money_all_the_same(app: Flask, home: Home, store: Store) -> None:
    order = home.pay(home.bills[0])
    with store() as session:
        payment = session.scalars(select(Payment).where(Payment.number == order["number"])).one()
        payments.close(session, payment)
        payments.receive(
            session, community_id=home.community_id, customer_id=home.customer_id, bill_ids=home.bills[:1],
            amount_fen=10_000, channel="cash", paid_on=clock.today(),
        )  # fmt: skip
    home.fake.pay(order["number"])
    assert send(app, home.fake.notice_of_payment(order["number"])) == 204
    with store() as session:
        assert alerts(session) == ["double"]
        check_books(session, home.community_id)


# ---- callbacks that do not hold


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"amount": {"total": 1, "currency": "CNY"}}, "amount"),
        ({"amount": {"total": 34_220, "currency": "USD"}}, "currency"),
        ({"mchid": "1900000999"}, "merchant"),
        ({"appid": "wx-other"}, "merchant"),
        ({"out_trade_no": "P20261123999999999999"}, "unknown"),
    ],
)
def test_a_genuine_callback_that_does_not_fit_books_nothing_and_is_raised(
    app: Flask, home: Home, store: Store, changes: dict[str, object], kind: str
) -> None:
    order = home.pay()
    home.fake.pay(order["number"])
    for _time in range(3):
        assert send(app, home.fake.notice_of_payment(order["number"], **changes)) == 400
    assert state_of(app, order["number"]) == "created"
    with store() as session:
        assert alerts(session) == [kind], "told once, however often it comes"
        assert session.scalar(select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "payment")) == 0


def test_a_forged_or_old_callback_books_nothing_and_is_raised(app: Flask, home: Home, store: Store) -> None:
    order = home.pay()
    home.fake.pay(order["number"])
    notice = home.fake.notice_of_payment(order["number"])
    fresh = str(int(clock.now().timestamp()))
    with clock.travel(timedelta(days=1)):
        assert send(app, notice) == 400, "a day old"
        now = str(int(clock.now().timestamp()))
        assert send(app, notice, Wechatpay_Timestamp=now) == 400, "replayed under another time"
    assert send(app, notice, Wechatpay_Serial="PUB_KEY_ID_999") == 400
    assert send(app, notice, Wechatpay_Nonce="changed") == 400
    assert send(app, notice, Wechatpay_Timestamp=fresh, Wechatpay_Signature="!!") == 400
    for missing in ("Serial", "Signature", "Timestamp", "Nonce"):
        assert send(app, notice, **{f"Wechatpay_{missing}": ""}) == 400
    assert send(app, notice, Wechatpay_Signature="WECHATPAY/SIGNTEST/abc=") == 400
    assert app.test_client().post(CALLBACK).status_code == 400
    assert app.test_client().post(CALLBACK, data=b"x" * 70_000, headers=notice.headers).status_code == 400
    assert state_of(app, order["number"]) == "created"
    with store() as session:
        assert sorted(session.scalars(select(PaymentAlert.detail)))[0].startswith("收到未通过验证的支付回调")
        assert set(alerts(session)) == {"signature"}
        assert len(alerts(session)) == 4, "stale and signature on two days, serial: once a day and reason"
    assert send(app, notice) == 204, "and the true one still books"


def test_a_second_trade_under_a_paid_number_is_raised(app: Flask, home: Home, store: Store) -> None:
    order = home.pay()
    home.fake.pay(order["number"])
    assert send(app, home.fake.notice_of_payment(order["number"])) == 204
    assert send(app, home.fake.notice_of_payment(order["number"], transaction_id="4200099999")) == 400
    with store() as session:
        assert alerts(session) == ["double"]
        check_books(session, home.community_id)


# ---- any order, any number, all at once


@both_databases
@pytest.mark.parametrize("order_of", list(itertools.permutations(["callback", "query", "sweep"])), ids="-".join)
def test_callback_query_and_sweep_book_once_in_any_order(app: Flask, store: Store, order_of: tuple[str, ...]) -> None:
    home = move_in(app, store, 10_000)
    order = home.pay()
    home.fake.pay(order["number"])
    for step in (*order_of, *order_of):
        with clock.travel(timedelta(minutes=3)):
            if step == "callback":
                assert send(app, home.fake.notice_of_payment(order["number"])) == 204
            elif step == "query":
                assert home.look(order["id"]) == "paid"
            else:
                run_due(app)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
        check_books(session, home.community_id)
        assert session.scalar(select(func.count()).where(OutboxEntry.state == "dead")) == 0


@both_databases
@pytest.mark.req("B3")
def test_of_800_duplicates_of_a_callback_from_16_workers_one_books(app: Flask, store: Store) -> None:
    home = move_in(app, store, 10_000, 24_220)
    order = home.pay()
    home.fake.pay(order["number"])
    notice = home.fake.notice_of_payment(order["number"])
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _n: send(app, notice), range(16 * 50)))
    assert set(statuses) == {204}
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Receipt)) == 1
        booked = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == "payment")
        assert session.scalar(booked) == 2, "one entry for each bill"
        check_books(session, home.community_id)
        assert alerts(session) == []


@both_databases
def test_a_whole_family_that_taps_at_once_has_one_order_that_can_be_paid(app: Flask, store: Store) -> None:
    home = move_in(app, store, 10_000)
    phones = [home.phone, *(relative(app, store, home, f"dev-relative-{n}") for n in range(3))]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda phone: phone.post("/payments", {"bill_ids": [str(home.bills[0])]}), phones))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    with store() as session:
        numbers = list(session.scalars(select(Payment.number)))
    paid = [number for number in numbers if home.fake.pay(number)]
    assert len(paid) <= 1, "the channel takes the money of one"
    for number in paid:
        assert send(app, home.fake.notice_of_payment(number)) == 204
    with store() as session:
        check_books(session, home.community_id)
        assert "double" not in alerts(session)


@both_databases
def test_asking_from_many_sides_at_once_books_once(app: Flask, store: Store) -> None:
    home = move_in(app, store, 10_000)
    order = home.pay()
    home.fake.pay(order["number"])
    with app.app_context():
        trade = connections.channel().query(order["number"])

    def book(_n: int) -> str:
        assert trade.paid_at is not None
        return payments.book(
            db.session(), trade.number, channel_no=trade.channel_no, amount_fen=trade.amount_fen, currency="CNY",
            paid_at=trade.paid_at,
        ).outcome  # fmt: skip

    assert sorted(race(app, book)) == ["already"] * 5 + ["booked"]


@pytest.mark.req("B2")
def test_somebody_elses_bills_cannot_be_paid_nor_their_payments_seen(app: Flask, home: Home, store: Store) -> None:
    order = home.pay()
    wang = move_in(app, store, 5_000, code="dev-wang").phone
    for answer in (
        wang.post("/payments", {"bill_ids": [str(home.bills[0])]}),
        wang.get(f"/payments/{order['id']}"),
        wang.post(f"/payments/{order['id']}/cancel"),
    ):
        assert answer.status_code == 404
