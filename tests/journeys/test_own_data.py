"""A member's own data, through every module: all of it in their copy, none of it left when they go (PIPL 45, 47)."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.messages import send
from app.core.own_data import Own
from app.modules.billing.models import InvoiceRequest, Payment
from app.modules.feedback.models import FeedbackReply
from app.modules.members.models import Member
from app.modules.notices import operations as notices
from app.modules.repairs.operations import care
from app.modules.repairs.operations.steps import Who
from app.modules.visits.operations import keys
from tests.conftest import PhoneOf, Store
from tests.modules.feedback.factories import make_feedback
from tests.modules.leasing.factories import make_application
from tests.modules.lost_found.factories import make_claim, make_item
from tests.modules.notices.factories import make_notice
from tests.modules.repairs.factories import bring_to, make_home, make_order, make_plumber
from tests.modules.visits.factories import make_batch, make_visit

NAME, PHONE, EMAIL = "慕容云裳", "13912348765", "yunshang@example.com"

IN_NO_COPY = {
    "member_token": "the sign-in itself, of which only a hash is kept",
    "subscription": "what WeChat has been allowed to send; deleted with the account",
    "technician": "stands in the copy under technicians",
    "certification": "stands in the copy under certifications",
    "customer_member": "stands in the copy under customers",
    "consent": "stands in the copy under consents",
    "message": "stands in the copy under messages",
}


def make_life(session: Any, member_id: int) -> None:
    """Leave a trace in each module."""
    home = make_home(session, member_id=member_id)
    home.member.contact_name, home.member.phone = NAME, PHONE
    order = make_order(session, home)
    bring_to(session, order, make_plumber(session), "confirmed")
    care.rate(session, order, Who.reporter(member_id), 5, 5, 5, "很满意")
    make_application(session, member_id, name=NAME, phone=PHONE, message=f"我是{NAME}")
    make_item(session, member_id=member_id, contact_name=NAME, contact_phone=PHONE)
    make_claim(session, make_item(session), member_id, name=NAME, phone=PHONE, proof=f"内有{NAME}的证件")
    complaint = make_feedback(session, member_id, anonymous=True, content="楼道灯坏了")
    session.add(FeedbackReply(feedback_id=complaint.id, content="还是没修"))
    notices.read(session, make_notice(session).id, member_id, "tenant")
    payment = Payment(
        community_id=home.unit.community_id, number="ZF1", customer_id=home.customer.id, member_id=member_id,
        channel="wechat", amount_fen=100, state="paid", paid_at=clock.now(),
    )  # fmt: skip
    session.add(payment)
    session.flush()
    session.add(InvoiceRequest(community_id=payment.community_id, payment_id=payment.id, member_id=member_id,
                               title="云裳服饰", email=EMAIL, amount_fen=100))  # fmt: skip
    keys.install(session)
    make_visit(session, home.unit, member_id=member_id, visitor_name=NAME, visitor_phone=PHONE)
    make_batch(session, home.unit, member_id, customer=home.customer, names=NAME)
    send(session, member_id, "notice", "提醒", f"{NAME}您好")


def test_the_copy_holds_what_each_module_keeps(phone: PhoneOf, store: Store) -> None:
    li, other = phone("dev-li"), phone("dev-other")
    with store() as session:
        make_life(session, int(li.member["id"]))
    copy = li.get("/me/export").json
    assert copy is not None
    records = copy["records"]
    assert set(records) == {
        "work_orders", "work_order_notes", "lease_applications", "lost_found_items", "lost_found_claims", "feedback",
        "feedback_replies", "notice_reads", "payments", "invoice_requests", "visits", "pass_batches",
    }  # fmt: skip
    assert [name for name, rows in records.items() if not rows] == []
    order = records["work_orders"][0]
    assert (order["contact_name"], order["contact_phone"], order["state"]) == (NAME, PHONE, "已完成")
    assert records["invoice_requests"][0]["email"] == EMAIL
    assert records["feedback"][0]["content"] == "楼道灯坏了", "an anonymous complaint is its author's to read"
    foreign = other.get("/me/export").json
    assert foreign is not None
    assert [name for name, rows in foreign["records"].items() if rows] == []
    assert not [secret for secret in (NAME, PHONE, EMAIL) if secret in json.dumps(foreign, ensure_ascii=False)]


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_nothing_that_names_a_member_outlives_the_account(app: Flask, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        make_life(session, int(li.member["id"]))
    assert li.delete("/me").status_code == 204
    with store() as session:
        for table in db.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                text = " ".join(str(value) for value in row.values())
                assert not [secret for secret in (NAME, PHONE, EMAIL) if secret in text], f"{table.name}: {text}"
        member = session.get_one(Member, int(li.member["id"]))
        assert [own.key for own in declared(app) if own.key != "payments" and names(own.copy(session, member.id))] == []


def names(rows: list[dict[str, Any]]) -> bool:
    """Whether rows still say who it was."""
    return any(secret in str(rows) for secret in (NAME, PHONE, EMAIL))


def declared(app: Flask) -> list[Own]:
    return [own for module in app.extensions["registry"] for own in module.own_data]


def test_each_record_about_a_member_is_in_the_copy_or_excused(app: Flask) -> None:
    about = {
        table.name
        for table in db.metadata.tables.values()
        for column in table.columns
        if any(key.target_fullname == "member.id" for key in column.foreign_keys)
    }
    copied = {own.model.__tablename__ for own in declared(app)}
    assert about - copied == IN_NO_COPY.keys(), "declare them in Module.own_data"
    keys = [own.key for own in declared(app)]
    assert len(keys) == len(set(keys))
