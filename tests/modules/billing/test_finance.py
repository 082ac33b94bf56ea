"""The finance system's two ways in (B5, B6): the signed interface, and the import; and matching by hand."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.db import db
from app.modules.billing.models import Account, Bill, FinanceEntry, FinanceKey, Payment, PaymentAlert
from app.modules.billing.operations import finance
from app.modules.estate.models import Community
from tests.conftest import Browse, Store
from tests.machines import SigningMachine
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household
from tests.modules.members.races import race
from tests.postgresql import both_databases
from tests.uploading import upload

PATH = "/api/v1/integrations/finance"


class FinanceSystem(SigningMachine):
    """Signs its calls as the interface wants them."""

    def tell(self, *entries: dict[str, Any]) -> list[tuple[str, str]]:
        answer = self.call("POST", f"{PATH}/receipts", {"entries": list(entries)})
        assert answer.status_code == 200, answer.text
        return [(result["result"], result["reason"]) for result in answer.json["results"]]


@pytest.fixture
def system(app: Flask, store: Store) -> FinanceSystem:
    with store() as session:
        key = finance.make_key(session, "金蝶", None)
        return FinanceSystem(app, key.key_id, key.secret)


def entry(bill_no: str, fen: int = 24_220, external_no: str = "F1") -> dict[str, Any]:
    return {
        "external_no": external_no, "bill_no": bill_no, "amount_fen": fen, "paid_at": clock.now().isoformat(),
        "payer": "王五", "note": "转账",
    }  # fmt: skip


@pytest.mark.req("B5")
def test_money_that_finance_reports_is_booked_once(store: Store, system: FinanceSystem) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        number, community = make_bill(session, customer, unit, 24_220).number, unit.community_id
    assert system.tell(entry(number, 30_000)) == [("booked", "")]
    assert system.tell(entry(number, 30_000)) == [("duplicate", "")]
    assert system.tell(entry(number, 1)) == [("rejected", "流水号已用于另一笔到账")]
    with store() as session:
        bill = session.scalars(select(Bill)).one()
        payment = session.scalars(select(Payment)).one()
        assert (bill.state, payment.channel, payment.channel_no) == ("paid", "finance", "F1")
        assert session.scalars(select(Account.prepaid_fen)).one() == 5_780
        check_books(session, community)


def test_each_entry_has_its_own_outcome(store: Store, system: FinanceSystem) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        open_bill, void = make_bill(session, customer, unit), make_bill(session, customer, unit)
        Bill.flow.apply(session, void, "void")
        numbers = open_bill.number, void.number
    told = system.tell(
        entry("B-none", external_no="F1"), entry(numbers[1], external_no="F2"), entry(numbers[0], 100, "F3")
    )
    assert told == [("rejected", "账单号不存在"), ("rejected", "账单已作废"), ("booked", "")]
    future = entry(numbers[0], 100, "F4") | {"paid_at": "2099-01-01T00:00:00+08:00"}
    assert system.tell(future) == [("rejected", "收款日期不能晚于今天")]
    past = entry(numbers[0], 100, "F5") | {"paid_at": "0001-01-01T00:00:00+14:00"}
    assert system.tell(past) == [("rejected", "到账时间无效")]
    assert system.tell(past | {"paid_at": "9999-12-31T23:59:59-12:00"}) == [("rejected", "到账时间无效")]
    assert system.call("GET", f"{PATH}/receivables?since=0001-01-01T00:00:00").status_code == 422
    with store() as session:
        assert session.scalars(select(FinanceEntry.external_no)).all() == ["F3"]


def test_money_that_finds_no_open_bill_is_shown_to_staff_once(store: Store, system: FinanceSystem) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        number, community = make_bill(session, customer, unit, 100).number, unit.community_id
    assert system.tell(entry(number, 100, "F1")) == [("booked", "")]
    for _time in range(2):
        told = system.tell(entry(number, 100, "F2"), entry("B-none", 100, "F3"))
        assert told == [("rejected", "账单已结清"), ("rejected", "账单号不存在")]
    with store() as session:
        alerts = session.scalars(select(PaymentAlert).order_by(PaymentAlert.id)).all()
        assert [(alert.kind, alert.channel_no, alert.community_id) for alert in alerts] == [
            ("double", "F2", community), ("unknown", "F3", None),
        ]  # fmt: skip
        assert "¥1.00" in alerts[0].detail


def test_what_is_booked_stays_booked_when_the_rest_of_the_batch_fails(
    store: Store, system: FinanceSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        numbers = [make_bill(session, customer, unit, 100).number for _ in range(2)]
        community = unit.community_id
    whole = finance.take

    def killed(session: Any, where: int | None, told: finance.Told) -> finance.Answer:
        if told.external_no == "F2":
            raise OperationalError("COMMIT", {}, Exception("the server went away"))
        return whole(session, where, told)

    body = {"entries": [entry(numbers[0], 100, "F1"), entry(numbers[1], 100, "F2")]}
    monkeypatch.setattr(finance, "take", killed)
    assert system.call("POST", f"{PATH}/receipts", body).status_code == 503
    monkeypatch.undo()
    assert system.tell(*body["entries"]) == [("duplicate", ""), ("booked", "")]
    with store() as session:
        check_books(session, community)


@both_databases
def test_batches_that_name_the_same_bills_in_other_orders_do_not_hinder_each_other(app: Flask, store: Store) -> None:
    with store() as session:
        key = finance.make_key(session, "金蝶", None)
        customer, unit, _member = make_household(session)
        numbers = [make_bill(session, customer, unit, 1_000).number for _ in range(4)]
        community, who = unit.community_id, (key.key_id, key.secret)

    def batch(n: int) -> list[tuple[str, str]]:
        mine = numbers if n % 2 else numbers[::-1]
        return FinanceSystem(app, *who, f"batch{n}").tell(*(entry(bill, 100, f"{n}-{bill}") for bill in mine))

    assert race(app, batch, 4) == [[("booked", "")] * 4] * 4
    with store() as session:
        assert session.scalars(select(Bill.paid_fen)).all() == [400] * 4
        check_books(session, community)


@both_databases
def test_of_many_who_report_the_same_money_one_books(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        number, community = make_bill(session, customer, unit, 24_220).number, unit.community_id
        told = finance.Told("F9", number, 24_220, clock.now(), "", "")
        other = replace(told, amount_fen=1)
    answers = race(app, lambda n: finance.take(db.session(), None, other if n == 5 else told), 6)
    booked = next(answer for answer in answers if answer.outcome == "booked")
    outcomes = sorted(answer.outcome for answer in answers)
    if answers[5] is booked:
        assert outcomes == ["booked"] + ["rejected"] * 5
    else:
        assert outcomes == ["booked"] + ["duplicate"] * 4 + ["rejected"]
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1
        check_books(session, community)


def test_what_is_not_signed_freshly_and_rightly_is_refused_alike(system: FinanceSystem, store: Store) -> None:
    body = {"entries": [entry("B1")]}
    path = f"{PATH}/receipts"
    late = str(int(time.time()) - 301)
    wrong = [
        system.call("POST", path, body, signature="0" * 64),
        system.call("POST", path, body, content=json.dumps(body).replace("24220", "1")),
        system.call("POST", path, body, timestamp=late),
        system.call("POST", path, body, timestamp="soon"),
        system.call("POST", path, body, nonce="short"),
    ]
    assert system.call("POST", path, body, nonce="once-only-1").status_code == 200
    wrong.append(system.call("POST", path, body, nonce="once-only-1"))
    system.key_id = "fk_unknown"
    wrong.append(system.call("POST", path, body))
    assert {(answer.status_code, answer.json["detail"]) for answer in wrong} == {(401, "签名无效或已过期")}


def test_a_key_that_is_switched_off_or_of_another_community_opens_nothing(store: Store, system: FinanceSystem) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        number = make_bill(session, customer, unit).number
        other = make_household(session)[1].community_id
        session.scalars(select(FinanceKey)).one().community_id = other
    assert system.tell(entry(number)) == [("rejected", "账单号不存在")]
    assert system.call("GET", f"{PATH}/receivables").json["items"] == []
    with store() as session:
        session.scalars(select(FinanceKey)).one().active = False
    assert system.call("GET", f"{PATH}/receivables").status_code == 401


@pytest.mark.req("S3")
def test_finance_pulls_what_is_receivable(store: Store, system: FinanceSystem) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        for fen in (100, 200, 300):
            make_bill(session, customer, unit, fen)
    first = system.call("GET", f"{PATH}/receivables?limit=2").json
    second = system.call("GET", f"{PATH}/receivables?limit=2&cursor={first['next']}").json
    assert sorted(bill["outstanding_fen"] for bill in first["items"] + second["items"]) == [100, 200, 300]
    assert system.call("GET", f"{PATH}/receivables?since=2099-01-01T00:00:00").json["items"] == []


HEADER = ["财务流水号", "园区", "账单号", "客户名称", "付款人", "到账金额", "到账日期", "备注"]


@pytest.mark.req("B6")
def test_imported_records_find_their_bills_and_the_rest_waits_for_a_person(
    app: Flask, browse: Browse, store: Store
) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="百味餐饮店")
        named, by_amount = make_bill(session, customer, unit, 24_220), make_bill(session, customer, unit, 13_155)
        twice = [make_bill(session, customer, unit, 5_000).id for _ in range(2)]
        community = session.get_one(Community, unit.community_id)
        number, place, ids, park = named.number, community.name, (named.id, by_amount.id), community.id
    day = f"{clock.today()}"
    rows = [
        ["F1", place, number, "", "", 242.2, day, ""],
        ["F2", place, "", "百味餐饮店", "", 131.55, day, ""],
        ["F3", place, "", "百味餐饮店", "", 50, day, ""],
        ["F4", place, "", "没有的客户", "", 1, day, ""],
    ]
    rights = {("reconciliation", action) for action in ("view", "edit", "import")}
    clerk = browse("clerk", rights)
    assert "已导入：新增 4 条" in upload(app, clerk, "finance_entry", HEADER, rows)
    assert "没有需要导入的变化" in upload(app, clerk, "finance_entry", HEADER, rows[:1], confirm=False)
    with store() as session:
        assert {session.get_one(Bill, number).state for number in ids} == {"paid"}
        waiting = session.scalars(
            select(FinanceEntry).where(FinanceEntry.state == "unmatched").order_by(FinanceEntry.id)
        )
        assert [(found.external_no, found.reason[:10]) for found in waiting] == [
            ("F3", "该客户有 2 张同样"), ("F4", "没有找到客户与金额（"),
        ]  # fmt: skip
        third = session.scalars(select(FinanceEntry.id).where(FinanceEntry.external_no == "F3")).one()
        check_books(session, park)
    page = clerk.get(f"/billing/finance_entry/{third}").get_data(as_text=True)
    assert page.count('name="bills"') == 2
    assert clerk.post(f"/billing/finance_entry/{third}/book", data={"bills": str(twice[1])}).status_code == 302
    with store() as session:
        assert session.get_one(Bill, twice[1]).state == "paid"
        assert session.get_one(FinanceEntry, third).state == "booked"
    report = clerk.get("/reports/finance_totals/").get_data(as_text=True)
    for words in ("¥424.75", "¥423.75", "¥1.00"):
        assert words in report


def test_two_imported_records_of_one_bill_do_not_pay_it_twice(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="百味餐饮店")
        number = make_bill(session, customer, unit, 24_220).number
        place, park = session.get_one(Community, unit.community_id).name, unit.community_id
    rows = [[no, place, number, "", "", 242.2, f"{clock.today()}", ""] for no in ("F1", "F2")]
    clerk = browse("clerk", {("reconciliation", action) for action in ("view", "edit", "import")})
    assert "已导入：新增 2 条" in upload(app, clerk, "finance_entry", HEADER, rows)
    with store() as session:
        found = session.execute(select(FinanceEntry.state, FinanceEntry.reason).order_by(FinanceEntry.external_no))
        assert [tuple(row) for row in found] == [("booked", ""), ("unmatched", "账单已结清")]
        second = session.scalars(select(FinanceEntry.id).where(FinanceEntry.external_no == "F2")).one()
        check_books(session, park)
    for move, shown in (("ignore", "已忽略"), ("restore", "待匹配")):
        assert clerk.post(f"/billing/finance_entry/{second}/move/{move}").status_code == 302
        assert shown in clerk.get(f"/billing/finance_entry/{second}").text


def test_one_receipt_of_money_is_put_towards_several_bills_by_hand(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="百味餐饮店")
        mine = [make_bill(session, customer, unit, fen).id for fen in (10_000, 20_000, 30_000)]
        stranger = make_bill(session, *make_household(session)[:2], 100)
        foreign, place, park = stranger.id, session.get_one(Community, unit.community_id).name, unit.community_id
    clerk = browse("clerk", {("reconciliation", action) for action in ("view", "edit", "import")})
    upload(app, clerk, "finance_entry", HEADER, [["F1", place, "", "百味餐饮", "王五", 250, f"{clock.today()}", ""]])
    with store() as session:
        page = f"/billing/finance_entry/{session.scalars(select(FinanceEntry.id)).one()}"
    assert clerk.get(f"{page}?q=百味").text.count('name="bills"') == 3
    for wrong in ([], [mine[0], foreign]):
        clerk.post(f"{page}/book", data={"bills": [str(number) for number in wrong]})
        assert "请选择同一客户的账单" in clerk.get(page).text
    clerk.post(f"{page}/book", data={"bills": [str(number) for number in mine[:2]]})
    with store() as session:
        assert [session.get_one(Bill, number).state for number in mine] == ["paid", "part_paid", "unpaid"]
        check_books(session, park)
    clerk.post(f"{page}/book", data={"bills": [str(mine[2])]})
    with store() as session:
        assert session.get_one(Bill, mine[2]).state == "unpaid"


def test_wrong_rows_stop_the_whole_file(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        place = session.get_one(Community, make_household(session)[1].community_id).name
    clerk = browse("clerk", {("reconciliation", "view"), ("reconciliation", "import")})
    rows = [["F1", place, "", "", "", 1, "2026-01-01", ""], ["F2", place, "B1", "", "", -5, "2099-01-01", ""]]
    page = upload(app, clerk, "finance_entry", HEADER, rows)
    for words in ("账单号和客户名称至少填写一项", "金额应大于 0", "到账日期不能晚于今天"):
        assert words in page
    with store() as session:
        assert session.scalar(select(func.count()).select_from(FinanceEntry)) == 0


def test_a_key_is_made_and_its_secret_shown_once(browse: Browse, store: Store) -> None:
    boss = browse("clerk", {("reconciliation", action) for action in ("view", "edit", "reveal")})
    made = boss.post("/billing/finance_key/new", data={"name": "用友"}).headers["Location"]
    page = boss.get(made).get_data(as_text=True)
    with store() as session:
        assert session.scalars(select(FinanceKey)).one().secret not in page
    shown = boss.post(f"{made}/secret").get_data(as_text=True)
    with store() as session:
        assert session.scalars(select(FinanceKey)).one().secret in shown
