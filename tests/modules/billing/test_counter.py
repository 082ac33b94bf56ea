"""The cashier's counter, a customer's account and the reports, as staff see them (B3, B7)."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.core import clock
from app.modules.billing.models import Bill, Payment
from app.modules.billing.operations import charges, payments, waivers
from tests.bulk import work_off
from tests.conftest import Browse, Store
from tests.factories import make_community
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import keep_to, make_bill, make_household

CASHIER = {("billing", "view"), ("billing", "edit"), ("billing", "export")}


@pytest.mark.req("B3", "B7")
def test_a_cashier_takes_money_and_the_record_is_there_at_once(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="百味餐饮店")
        bill = make_bill(session, customer, unit, 24_220)
        where = {"customer": str(customer.id), "community": str(unit.community_id)}
        bill_id = bill.id
    cashier = browse("cashier", CASHIER)
    page = cashier.get(f"/billing/counter/?customer={where['customer']}").get_data(as_text=True)
    assert "百味餐饮店" in page
    assert "¥242.20" in page
    form = {**where, "bills": [str(bill_id)], "amount": "300", "channel": "pos", "paid_on": f"{clock.today()}"}
    answer = cashier.post("/billing/counter/receive", data=form)
    assert answer.status_code == 302
    shown = cashier.get(answer.headers["Location"]).get_data(as_text=True)
    assert "已收款并开具收据" in shown
    assert "预存款" in shown
    assert "POS 刷卡" in cashier.get("/billing/payment/").get_data(as_text=True)
    bill_page = cashier.get(f"/billing/bill/{bill_id}").get_data(as_text=True)
    assert "已结清" in bill_page
    assert "面积 86.50 m²" in bill_page


def test_what_is_wrong_is_said_and_what_was_typed_stays(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        make_bill(session, customer, unit)
        where = {"customer": str(customer.id), "community": str(unit.community_id)}
    cashier = browse("cashier", CASHIER)
    form = {**where, "amount": "12.345", "channel": "gold", "paid_on": "昨天", "note": "王先生代缴"}
    answer = cashier.post("/billing/counter/receive", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for words in (
        "请填写正确的收款金额",
        "请选择收款方式",
        "请填写收款日期",
        "请勾选要缴的账单",
        "12.345",
        "王先生代缴",
    ):
        assert words in page
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0


@pytest.mark.req("G8")
def test_money_is_taken_in_ones_own_communities_only(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit)
        here = make_community(session)
        form = {
            "customer": str(customer.id), "community": str(unit.community_id), "bills": [str(bill.id)],
            "amount": "242.20", "channel": "cash", "paid_on": f"{clock.today()}",
        }  # fmt: skip
        own = here.id
    cashier = browse("cashier", CASHIER)
    with store() as session:
        keep_to(session, "cashier", own)
    assert cashier.post("/billing/counter/receive", data=form).status_code in (404, 422)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0


def test_a_statement_runs_through_everything_that_happened(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        first = make_bill(session, customer, unit, 10_000)
        make_bill(session, customer, unit, 5_000)
        waivers.approve(session, waivers.request(session, first, "principal", 1_000, "免", None), None)
        payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[], amount_fen=16_000,
            channel="cash", paid_on=clock.today(),
        )  # fmt: skip
        number = customer.id
    cashier = browse("cashier", CASHIER)
    page = cashier.get(f"/billing/statement/?customer={number}").get_data(as_text=True)
    assert "-¥20.00" in page  # 100 + 50 − 10 − 160: twenty yuan are theirs
    answer = cashier.post(f"/billing/statement/export?customer={number}")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert [row[4] for row in rows[1:]] == [0, 100, 150, 140, 50, 0, -20]


@pytest.mark.req("B3", "S1")
def test_collection_is_what_came_in_of_what_was_due(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        paid, waived, void, open_bill = (make_bill(session, customer, unit, fen) for fen in (10_000, 8_000, 900, 4_000))
        charges.void(session, void, "错")
        waivers.approve(session, waivers.request(session, waived, "principal", 2_000, "免", None), None)
        payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[paid.id, open_bill.id],
            amount_fen=11_000, channel="cash", paid_on=clock.today(),
        )  # fmt: skip
    page = browse("cashier", CASHIER).get("/reports/collection/").get_data(as_text=True)
    for words in ("¥220.00", "¥20.00", "¥200.00", "¥110.00", "¥90.00", "55.0%"):
        assert words in page  # issued 220, waived 20, due 200, received 110, left 90


@pytest.mark.req("B3", "S1")
def test_arrears_stand_in_the_column_of_their_age(browse: Browse, store: Store) -> None:
    ages = {-3: 1, 0: 2, 1: 4, 30: 8, 31: 16, 90: 32, 91: 64, 180: 128, 181: 256, 365: 512, 366: 1024}
    with store() as session:
        customer, unit, _member = make_household(session, name="欠费客户")
        for days, yuan in ages.items():
            make_bill(session, customer, unit, yuan * 100, due_on=clock.today() - timedelta(days=days))
    answer = browse("cashier", CASHIER).post("/reports/ageing/export")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[1] == ("欠费客户", 3, 12, 48, 192, 768, 1024, 2047, 11)
    assert rows[2][0] == "合计"


@pytest.mark.req("B3")
def test_bills_are_filtered_by_a_span_of_months_and_what_is_no_month_is_said(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        numbers = []
        for month in ("2026-01", "2026-02", "2026-03", "2026-10"):
            bill = make_bill(session, customer, unit)
            bill.period = month
            numbers.append(bill.number)
    cashier = browse("cashier", CASHIER)

    def listed(asked: str) -> list[bool]:
        page = cashier.get(f"/billing/bill/?{asked}").get_data(as_text=True)
        return [f"{number}<" in page for number in numbers]

    assert listed("period_from=2026-02&period_to=2026-03") == [False, True, True, False]
    assert listed("period_from=2026-03") == [False, False, True, True]
    assert listed("period_to=2026-01") == [True, False, False, False]
    for wrong in ("2026-13", "2026", "２０２６-01", "x"):
        page = cashier.get(f"/billing/bill/?period_from={wrong}")
        assert page.status_code == 200
        assert "筛选值无效" in page.get_data(as_text=True)


@pytest.mark.req("B3")
def test_the_days_cash_stands_by_channel(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        for channel, fen in (("cash", 100), ("cash", 250), ("transfer", 4_000)):
            payments.receive(
                session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[], amount_fen=fen,
                channel=channel, paid_on=clock.today(),
            )  # fmt: skip
    page = browse("cashier", CASHIER).get("/reports/daily_cash/").get_data(as_text=True)
    for words in ("¥3.50", "¥40.00", "¥43.50"):
        assert words in page


def test_reports_are_seen_with_the_right_of_their_area_alone(browse: Browse) -> None:
    assert browse("certifier", {("certification", "view")}).get("/reports/ageing/").status_code == 404
    viewer = browse("viewer", {("billing", "view")})
    assert viewer.get("/reports/ageing/").status_code == 200
    assert viewer.post("/reports/ageing/export").status_code == 404
    for address in ("?from=昨天", "?from=2026-02-01&to=2026-01-01", "?community=x&by=nothing"):
        assert viewer.get(f"/reports/collection/{address}").status_code == 200


def test_a_waiver_is_asked_for_by_one_and_granted_by_another(browse: Browse, store: Store) -> None:
    with store() as session:
        bill = make_bill(session, *make_household(session)[:2], 10_000)
        number = bill.id
    cashier = browse("cashier", CASHIER)
    form = {"bill": str(number), "part": "principal", "amount_fen": "20.00", "reason": "电梯停运补偿"}
    answer = cashier.post("/billing/waiver/new", data=form)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    waiver = answer.headers["Location"]
    assert cashier.post(f"{waiver}/move/approve").status_code == 404
    manager = browse("manager", CASHIER | {("billing", "approve")})
    assert manager.post(f"{waiver}/move/approve").status_code == 302
    with store() as session:
        assert session.get_one(Bill, number).outstanding_fen == 8_000
    too_much = cashier.post("/billing/waiver/new", data=form | {"amount_fen": "80.01"})
    assert too_much.status_code == 422
    assert "不超过尚欠的 ¥80.00" in too_much.get_data(as_text=True)


@pytest.mark.req("B1")
def test_ticked_bills_are_voided_one_by_one_and_a_paid_one_stays(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        wrong, paid, late = (make_bill(session, customer, unit) for _ in range(3))
        payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[paid.id],
            amount_fen=paid.amount_fen, channel="cash", paid_on=clock.today(),
        )  # fmt: skip
        ids = [wrong.id, paid.id, late.id]
    approver = browse("approver", {("billing", "view"), ("billing", "approve")})
    answer = approver.post("/billing/bill/bulk/void_ticked", data={"ids": [str(n) for n in ids], "confirmed": "1"})
    work_off(app)
    told = approver.get(answer.headers["Location"]).get_data(as_text=True)
    assert "成功 2 条，失败 1 条" in told
    assert "账单已有缴费，不能作废" in told
    with store() as session:
        assert [session.get_one(Bill, number).state for number in ids] == ["void", "paid", "void"]
        check_books(session, session.get_one(Bill, ids[0]).community_id)
