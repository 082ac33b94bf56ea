"""Records of billing for tests."""

from datetime import timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.rights import StaffScope
from app.modules.billing.models import Bill
from app.modules.billing.operations import charges
from app.modules.estate.models import Unit
from app.modules.members.models import Customer, Member
from tests.factories import make_customer, make_member, make_occupancy, make_unit


def make_household(session: Session, **values: Any) -> tuple[Customer, Unit, Member]:
    """A customer who occupies a unit, and the member who acts for it."""
    charges.install(session)
    customer, unit = make_customer(session, **values), make_unit(session)
    make_occupancy(session, customer, unit, starts_on=clock.today() - timedelta(days=400))
    return customer, unit, make_member(session, customer)


def make_bill(session: Session, customer: Customer, unit: Unit, fen: int = 24220, **values: Any) -> Bill:
    """An unpaid bill, due in a fortnight unless ``due_on`` says otherwise."""
    return charges.charge(
        session,
        **{
            "customer_id": customer.id,
            "community_id": unit.community_id,
            "unit_id": unit.id,
            "fee_key": "management",
            "amount_fen": fen,
            "title": "物业管理费",
            "explanation": "面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20",
            "due_on": clock.today() + timedelta(days=14),
            **values,
        },
    )


def keep_to(session: Session, username: str, community_id: int) -> None:
    """Narrow a staff member's data scope to one community."""
    person = session.scalars(select(User).where(User.username == username)).one()
    session.add(StaffScope(user_id=person.id, community_id=community_id))
