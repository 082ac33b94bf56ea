"""The channel's daily bill beside our books: each difference named, worked off, and left alone afterwards (B7)."""

import io
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.jobs import put, run_due
from app.modules.billing.models import Payment, Reconciliation, ReconciliationDifference, Refund
from app.modules.billing.operations import reconciliation, refunds
from tests.conftest import Browse, Store
from tests.integrations.wechatpay import order as an_order
from tests.integrations.wechatpay import send
from tests.modules.billing.factories import keep_to
from tests.modules.billing.paying import Home, move_in, state_of

RIGHTS = {("reconciliation", "view"), ("reconciliation", "edit")}


@pytest.fixture
def home(app: Flask, store: Store) -> Home:
    return move_in(app, store, 10_000, 20_000, 30_000)


def morning_after(minutes: int = 0) -> datetime:
    """11:00 of tomorrow, when yesterday's bill is there."""
    tomorrow = clock.today() + timedelta(days=1)
    return datetime.combine(tomorrow, time(11), clock.SHANGHAI) + timedelta(minutes=minutes)


def paid(app: Flask, home: Home, bill: int) -> str:
    number = str(home.pay(bill)["number"])
    home.fake.pay(number)
    assert send(app, home.fake.notice_of_payment(number)) == 204
    return number


def reconcile(app: Flask, minutes: int = 0) -> None:
    with clock.travel(morning_after(minutes)):
        run_due(app)


def standing(store: Store, day: date | None = None) -> tuple[str, set[tuple[str, str, str]]]:
    with store() as session:
        entry = session.scalars(select(Reconciliation).where(Reconciliation.day == (day or clock.today()))).one()
        rows = session.scalars(select(ReconciliationDifference))
        return entry.state, {(row.kind, row.reference, row.state) for row in rows}


@pytest.mark.req("B7")
def test_a_day_that_fits_is_equal(app: Flask, home: Home, store: Store) -> None:
    for bill in home.bills:
        paid(app, home, bill)
    reconcile(app)
    assert standing(store) == ("equal", set())
    with store() as session:
        entry = session.scalars(select(Reconciliation)).one()
        assert (entry.channel_count, entry.channel_fen, entry.our_count, entry.our_fen) == (3, 60_000, 3, 60_000)


def test_a_day_without_trades_is_equal_too(app: Flask, home: Home, store: Store) -> None:
    reconcile(app)
    assert standing(store) == ("equal", set())


@pytest.mark.req("B7")
def test_each_difference_has_its_name(app: Flask, home: Home, store: Store) -> None:
    missing, other, _fits = (paid(app, home, bill) for bill in home.bills)
    home.fake.books.change(missing, success_time="2026-01-01T00:00:00+08:00")
    home.fake.books.change(other, total=19_999)
    with app.app_context():
        channel = app.extensions["payment_channel"]()
        channel.prepay(an_order("P20261123777777", 500))
    home.fake.pay("P20261123777777")
    reconcile(app)
    state, differences = standing(store)
    assert state == "different"
    assert differences == {
        ("CHANNEL_MISSING", missing, "open"),
        ("AMOUNT_MISMATCH", other, "open"),
        ("LOCAL_MISSING", "P20261123777777", "open"),
    }


def test_what_the_channel_has_and_we_have_not_booked_is_booked_by_asking(app: Flask, home: Home, store: Store) -> None:
    with app.app_context():
        channel = app.extensions["payment_channel"]()
    number = str(home.pay(home.bills[0])["number"])
    home.phone.post(f"/payments/{home.pay(home.bills[0])['id']}/cancel")
    home.fake.books.change(number, state="NOTPAY")  # the channel took the money in spite of that
    home.fake.pay(number)
    assert channel.query(number).state == "paid"
    reconcile(app)
    assert state_of(app, number) == "paid"
    assert standing(store) == ("different", {("STATUS_MISMATCH", number, "open")})
    with clock.travel(morning_after(5)):
        fetch_again(app, store)
    assert standing(store)[1] == {("STATUS_MISMATCH", number, "resolved")}, "it has come right by itself"
    assert standing(store)[0] == "worked_off"


def fetch_again(app: Flask, store: Store) -> None:
    with store() as session:
        day = session.scalars(select(Reconciliation.day)).one()
        put(session, "billing.fetch_bill", {"day": day.isoformat()})
    run_due(app)


def test_another_trade_number_under_ours_is_a_difference_of_state(app: Flask, home: Home, store: Store) -> None:
    number = paid(app, home, home.bills[0])
    home.fake.books.change(number, transaction_id="4200000000")
    reconcile(app)
    assert standing(store)[1] == {("STATUS_MISMATCH", number, "open")}


@pytest.mark.req("B7")
def test_refunds_are_compared_too(app: Flask, home: Home, store: Store) -> None:
    numbers = [paid(app, home, bill) for bill in home.bills]
    back = []
    with store() as session:
        for number in numbers:
            payment = session.scalars(select(Payment).where(Payment.number == number)).one()
            back.append(refunds.approve(session, refunds.request(session, payment, 100, "退", None), None).number)
    run_due(app)
    for number in back:
        home.fake.end_refund(number)
    assert send(app, home.fake.notice_of_refund(back[0])) == 204  # of the others we have not heard
    with store() as session:
        session.execute(Refund.__table__.update().where(Refund.number == back[2]).values(amount_fen=101))
    with clock.travel(morning_after()):
        with app.app_context():
            rows = app.extensions["payment_channel"]().daily_bill(clock.today() - timedelta(days=1))
        with store() as session:
            reconciliation.compare(session, "wechat", clock.today() - timedelta(days=1), rows)
        run_due(app)
    _state, differences = standing(store)
    assert differences == {("REFUND_MISMATCH", back[1], "open"), ("REFUND_MISMATCH", back[2], "open")}
    with store() as session:
        assert session.scalars(select(Refund.state).where(Refund.number == back[1])).one() == "done", "asked about"


def test_a_bill_that_is_not_ready_is_fetched_later(app: Flask, home: Home, store: Store) -> None:
    paid(app, home, home.bills[0])
    home.fake.failing = "SYSTEM_ERROR"
    reconcile(app)
    assert standing(store)[0] == "fetching"
    home.fake.failing = ""
    reconcile(app, minutes=30)
    assert standing(store)[0] == "equal"


# ---- in the back office


def test_a_difference_is_worked_off_with_a_note_and_stays_so(
    app: Flask, home: Home, store: Store, browse: Browse
) -> None:
    number = paid(app, home, home.bills[0])
    home.fake.books.change(number, success_time="2026-01-01T00:00:00+08:00")
    reconcile(app)
    boss = browse("cashier", RIGHTS)
    page = boss.get("/billing/reconciliation_difference/").get_data(as_text=True)
    assert number in page
    assert "对账单中没有" in page
    with store() as session:
        pk = session.scalars(select(ReconciliationDifference.id)).one()
    move = f"/billing/reconciliation_difference/{pk}/move/resolve"
    assert boss.post(move, data={"resolution": " "}).status_code == 422
    assert boss.post(move, data={"resolution": "已与微信客服核实"}).status_code == 302
    assert standing(store) == ("worked_off", {("CHANNEL_MISSING", number, "resolved")})
    with clock.travel(morning_after(20)):
        fetch_again(app, store)
    assert standing(store) == ("worked_off", {("CHANNEL_MISSING", number, "resolved")})


def test_a_day_is_fetched_by_hand_or_read_from_a_file(app: Flask, home: Home, store: Store, browse: Browse) -> None:
    paid(app, home, home.bills[0])
    today = clock.today()
    content = home.fake.bill_of(today)
    with clock.travel(morning_after()):
        boss = browse("cashier", RIGHTS)
        place = "/billing/reconciliation-fetch"
        assert boss.get(f"{place}/").status_code == 200
        home.fake.failing = "SYSTEM_ERROR"
        answer = boss.post(f"{place}/fetch", data={"day": f"{today}"})
        assert answer.status_code == 503
        assert "暂时无法连接微信支付" in answer.get_data(as_text=True)
        wrong = {"day": f"{today}", "file": (io.BytesIO(b"a,b,c\n"), "x.csv")}
        answer = boss.post(f"{place}/upload", data=wrong)
        assert answer.status_code == 422
        assert "不是微信支付的交易账单" in answer.get_data(as_text=True)
        given = {"day": f"{today}", "file": (io.BytesIO(content or b""), "bill.csv")}
        assert boss.post(f"{place}/upload", data=given).status_code == 302
        assert standing(store, today)[0] == "equal"
        home.fake.failing = ""
        assert boss.post(f"{place}/fetch", data={"day": f"{today}"}).status_code == 302
        for day in ("", "2020-01-01", f"{today + timedelta(days=9)}"):
            assert boss.post(f"{place}/fetch", data={"day": day}).status_code == 422


def test_who_sees_single_communities_does_not_see_the_companys_account(
    app: Flask, home: Home, store: Store, browse: Browse
) -> None:
    paid(app, home, home.bills[0])
    reconcile(app)
    browse("local", RIGHTS)
    with store() as session:
        keep_to(session, "local", home.community_id)
        pk = session.scalars(select(Reconciliation.id)).one()
    local = browse("local")
    assert local.get(f"/billing/reconciliation/{pk}").status_code == 404
    assert local.post("/billing/reconciliation-fetch/fetch", data={"day": "2026-11-22"}).status_code == 403


def test_alerts_are_worked_off_with_a_note(app: Flask, home: Home, store: Store, browse: Browse) -> None:
    number = str(home.pay()["number"])
    home.fake.pay(number)
    assert send(app, home.fake.notice_of_payment(number, mchid="other")) == 400
    boss = browse("boss")
    assert "待处理收款异常" in boss.get("/").get_data(as_text=True)
    page = boss.get("/billing/payment_alert/").get_data(as_text=True)
    assert "商户不符" in page
    assert boss.post("/billing/payment_alert/1/move/resolve", data={"resolution": "已核实"}).status_code == 302
    assert boss.get("/billing/payment_alert/?state=open").status_code == 200
