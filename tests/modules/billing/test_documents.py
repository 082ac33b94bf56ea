"""Receipts, demand letters and invoices, as they are printed and asked for."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock, settings
from app.core.db import db
from app.modules.billing.documents.capitals import capitals
from app.modules.billing.models import DunningHold, DunningStage, InvoiceRequest, Payment, Receipt
from app.modules.billing.operations import invoices, payments, receipts, refunds
from app.modules.members.models import CustomerMember
from tests.conftest import Browse, PhoneOf, Store
from tests.modules.billing.factories import make_bill, make_household
from tests.modules.billing.printing import words_of
from tests.modules.members.races import race
from tests.postgresql import both_databases

FIRM = "91110000600037341L"


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"), (5, "伍分"), (50, "伍角整"), (24_220, "贰佰肆拾贰元贰角整"), (100_805, "壹仟零捌元零伍分"),
        (1_000_000, "壹万元整"), (10_100_000_00, "壹仟零壹拾万元整"), (1_0000_0001_00, "壹亿零壹元整"),
        (30_0200_1000_07, "叁拾亿零贰佰万壹仟元零柒分"), (107, "壹元零柒分"), (1_680_00, "壹仟陆佰捌拾元整"),
    ],
)  # fmt: skip
def test_amounts_in_capitals(fen: int, words: str) -> None:
    assert capitals(fen) == words


@given(st.integers(0, 10**14 - 1))
def test_capitals_say_the_amount_that_was_meant(fen: int) -> None:
    assert _back(capitals(fen)) == fen


def _back(words: str) -> int:
    digits = {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    total = group = digit = 0
    for c in words.removesuffix("整"):
        if c in digits:
            digit = digits[c]
        elif c in "拾佰仟":
            group, digit = group + digit * {"拾": 10, "佰": 100, "仟": 1000}[c], 0
        elif c == "万":
            group, digit = (group + digit) * 10_000, 0
            total, group = total + group, 0
        elif c == "亿":
            total, group, digit = (total + group + digit) * 10**8, 0, 0
        elif c == "元":
            total, group, digit = (total + group + digit) * 100, 0, 0
        else:
            total, digit = total + digit * {"角": 10, "分": 1}[c], 0
    return total


@pytest.fixture
def paid(store: Store, phone: PhoneOf) -> tuple[Any, int]:
    """Somebody's phone, and the payment of one of their bills."""
    li = phone("dev-li")
    with store() as session:
        customer, unit, _member = make_household(session, name="广州百味餐饮有限公司")
        session.add(CustomerMember(customer_id=customer.id, member_id=int(li.member["id"])))
        make_bill(session, customer, unit, 24_220, due_on=clock.today() - timedelta(days=3))
        payment = payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[], amount_fen=30_000,
            channel="pos", paid_on=clock.today(),
        )  # fmt: skip
        return li, payment.id


def test_the_receipt_says_who_paid_what_in_words_and_figures(paid: tuple[Any, int], browse: Browse) -> None:
    li, number = paid
    answer = li.get(f"/payments/{number}/receipt.pdf")
    assert answer.content_type == "application/pdf"
    text = words_of(answer.data)
    for words in ("广州百味餐饮有限公司", "人民币叁佰元整", "¥300.00", "¥242.20", "预存款", "POS 刷卡",
                  "-000001", "电子收据",
                  "面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20", "（盖章处）"):  # fmt: skip
        assert words in text, text
    staff = browse("cashier", {("billing", "view")})
    assert words_of(staff.get(f"/billing/receipt/{number}.pdf").data) == text
    assert staff.get("/billing/receipt/999999.pdf").status_code == 404


def test_only_the_first_print_of_a_receipt_passes_for_the_original(
    paid: tuple[Any, int], browse: Browse, store: Store
) -> None:
    _li, number = paid
    with store() as session:
        settings.put(session, "billing.company_seal", "粤海物业财务专用章")
    cashier = browse("cashier", {("billing", "view"), ("billing", "edit")})
    assert "尚未打印，首次打印为正本" in cashier.get(f"/billing/payment/{number}").text
    original, again = (words_of(cashier.post(f"/billing/receipt/{number}/print").data) for _time in range(2))
    assert "补打" not in original
    assert "电子收据" not in original
    assert "补打（第 2 次打印）" in again
    assert "财务专用章" in original
    assert "已打印 2 次" in cashier.get(f"/billing/payment/{number}").text
    viewer = browse("viewer", {("billing", "view")})
    assert viewer.post(f"/billing/receipt/{number}/print").status_code == 404
    assert "电子收据" in words_of(viewer.get(f"/billing/receipt/{number}.pdf").data)


@both_databases
def test_of_two_who_print_at_once_one_has_the_original(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[], amount_fen=100,
            channel="cash", paid_on=clock.today(), prepay=True,
        )  # fmt: skip

    def printed(_n: int) -> int:
        return receipts.note_print(db.session(), db.session.scalars(select(Receipt)).one(), None)

    assert sorted(race(app, printed, 4)) == [1, 2, 3, 4]


def test_a_long_receipt_goes_over_several_pages_and_names_each_bill(store: Store, browse: Browse) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bills = [make_bill(session, customer, unit, 24_220, due_on=clock.today()).id for _ in range(30)]
        payment = payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=bills,
            amount_fen=29 * 24_220 + 10_000, channel="cash", paid_on=clock.today(),
        )  # fmt: skip
        number = payment.id
    content = browse("cashier", {("billing", "view")}).get(f"/billing/receipt/{number}.pdf").data
    text = words_of(content)
    assert text.count("面积 86.50 m²") == 30
    assert text.count("账单 ¥242.20，本次收取其中一部分") == 1
    assert "第 4 页" in text


def test_the_demand_letter_lists_what_is_owed_and_threatens_nothing(store: Store, browse: Browse) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="欠费客户")
        make_bill(session, customer, unit, 24_220, due_on=clock.today() - timedelta(days=40))
        disputed = make_bill(session, customer, unit, 7_700, due_on=clock.today() - timedelta(days=40))
        make_bill(session, customer, unit, 99_900)
        hold = DunningHold(community_id=unit.community_id, customer_id=customer.id, bill_id=disputed.id,
                           reason="dispute")  # fmt: skip
        session.add(hold)
        for key, value in (("bank", "建设银行科学城支行"), ("account", "4405 0001"), ("phone", "020-1234")):
            settings.put(session, f"billing.company_{key}", value)
        path = f"/billing/arrears/letters.pdf?payers={unit.community_id}-{customer.id}"
        nobody = f"{unit.community_id}-{make_household(session)[0].id}"
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    text = words_of(boss.get(path).data)
    for words in (
        "催 告 函",
        "致：欠费客户",
        "1 张账单已过缴费截止日期",
        "建设银行科学城支行",
        "020-1234",
    ):
        assert words in text, text
    for threat in ("停水", "停电", "断水", "断电", "¥77.00", "¥999.00"):
        assert threat not in text
    assert "没有需要催告的客户" in words_of(boss.get(f"/billing/arrears/letters.pdf?payers={nobody}").data)


def test_the_letter_says_what_the_stage_for_letters_says(store: Store, browse: Browse) -> None:
    with store() as session:
        customer, unit, _member = make_household(session, name="欠费客户")
        make_bill(session, customer, unit, 24_220, due_on=clock.today() - timedelta(days=40))
        session.add(
            DunningStage(name="函", days=20, channel="letter", title="函", body="{客户}请于月底前缴清{金额}。")
        )  # fmt: skip
        path = f"/billing/arrears/letters.pdf?payers={unit.community_id}-{customer.id}"
    assert "欠费客户请于月底前缴清¥242.20。" in words_of(browse("boss", {("dunning", "view")}).get(path).data)


def test_an_invoice_is_asked_for_issued_and_told(paid: tuple[Any, int], browse: Browse, store: Store) -> None:
    li, number = paid
    path = f"/payments/{number}/invoice-request"
    assert li.get(path).json == {"request": None}
    wrong = li.post(path, {"title": " ", "tax_number": "123", "email": "x"})
    assert {error["field"] for error in wrong.json["errors"]} == {"title", "tax_number", "email"}
    asked = li.post(path, {"title": "广州百味餐饮有限公司", "tax_number": FIRM, "email": "a@example.com"})
    assert asked.status_code == 201, asked.text
    assert asked.json["tax_number"] == "911***********341L"
    assert li.post(path, {"title": "又一张"}).status_code == 409
    with store() as session:
        invoice = session.query(InvoiceRequest).one().id
    staff = browse("cashier", {("billing", "view"), ("billing", "edit")})
    page = f"/billing/invoice_request/{invoice}"
    assert staff.post(f"{page}/move/reject", data={"reason": "抬头有误"}).status_code == 302
    assert li.get(path).json["request"]["reason"] == "抬头有误"
    assert li.post(path, {"title": "广州百味餐饮有限公司", "tax_number": FIRM}).status_code == 201
    assert staff.post(f"{page}/move/issue", data={"invoice_no": "0123456789"}).status_code == 302
    assert li.get(path).json["request"]["invoice_no"] == "0123456789"
    assert staff.post("/billing/invoice_request/export").status_code == 404
    assert FIRM not in staff.get(page).text
    titles = {message["title"] for message in li.get("/messages").json["items"]}
    assert {"发票已开具", "开票申请未通过"} <= titles


def test_who_issues_invoices_exports_them_and_sees_the_tax_number_with_the_right_to(
    paid: tuple[Any, int], browse: Browse
) -> None:
    li, number = paid
    li.post(f"/payments/{number}/invoice-request", {"title": "广州百味餐饮有限公司", "tax_number": FIRM})
    clerk = browse("clerk", {("billing", "view"), ("billing", "export")})
    masked = _cells(clerk.post("/billing/invoice_request/export").data)
    assert "广州百味餐饮有限公司" in masked
    assert FIRM not in masked
    accountant = browse("accountant", {("billing", action) for action in ("view", "export", "reveal")})
    assert FIRM in _cells(accountant.post("/billing/invoice_request/export").data)


def test_an_invoice_is_of_what_was_not_paid_back_by_then(paid: tuple[Any, int], browse: Browse, store: Store) -> None:
    li, number = paid
    path = f"/payments/{number}/invoice-request"
    assert li.post(path, {"title": "王永燕"}).json["amount_fen"] == 30_000
    with store() as session:
        payment = session.get_one(Payment, number)
        refunds.approve(session, refunds.request(session, payment, 5_000, "多收", None), None)
        invoices.issue(session, session.scalars(select(InvoiceRequest)).one(), "01")
    assert li.get(path).json["request"]["amount_fen"] == 25_000


def _cells(content: bytes) -> list[Any]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [cell for row in sheet.iter_rows(values_only=True) for cell in row]  # type: ignore[union-attr]
