"""A resident who pays on the phone, for tests."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import db
from app.integrations.wechatpay.fake import FakeWeChatPay
from app.modules.billing.models import Payment, PaymentAlert
from app.modules.members.models import CustomerMember
from tests.conftest import Store
from tests.integrations.wechatpay import fake_of
from tests.modules.billing.factories import make_bill, make_household
from tests.phones import Phone


@dataclass
class Home:
    """A household with open bills, and the phone of somebody of it."""

    phone: Phone
    customer_id: int
    community_id: int
    bills: list[int]
    fake: FakeWeChatPay

    def pay(self, *bills: int, phone: Phone | None = None) -> dict[str, Any]:
        """Tap 缴费 for these bills (all)."""
        answer = (phone or self.phone).post("/payments", {"bill_ids": [str(number) for number in bills or self.bills]})
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        return answer.json

    def look(self, payment_id: str) -> str:
        """Come back from the cashier: the state that the server tells."""
        answer = self.phone.get(f"/payments/{payment_id}")
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return str(answer.json["payment"]["state"])


def move_in(app: Flask, store: Store, *fen: int, code: str = "dev-li") -> Home:
    """A household that owes these amounts."""
    phone = Phone(app, code)
    with store() as session:
        customer, unit, _member = make_household(session)
        session.add(CustomerMember(customer_id=customer.id, member_id=int(phone.member["id"])))
        bills = [make_bill(session, customer, unit, one).id for one in fen]
        return Home(phone, customer.id, unit.community_id, bills, fake_of(app))


def relative(app: Flask, store: Store, home: Home, code: str = "dev-wife") -> Phone:
    """Another phone of the same household."""
    phone = Phone(app, code)
    with store() as session:
        session.add(CustomerMember(customer_id=home.customer_id, member_id=int(phone.member["id"])))
    return phone


def alerts(session: Session) -> list[str]:
    """The kinds of what staff are shown."""
    return list(session.scalars(select(PaymentAlert.kind).order_by(PaymentAlert.id)))


def state_of(app: Flask, number: str) -> str:
    """What our books say of a payment."""
    with app.app_context():
        return db.session.scalars(select(Payment.state).where(Payment.number == number)).one()
