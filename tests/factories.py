"""Records for tests: each function adds one valid record with sensible values, and takes what matters by keyword."""

from decimal import Decimal
from itertools import count
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.core import clock
from app.core.rights import SUPERADMIN
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import (
    Certification,
    CertificationUnit,
    Customer,
    CustomerMember,
    Member,
    Occupancy,
    Technician,
)
from app.modules.system import staff

PASSWORD = "Test-Pass-2026!"
_numbers = count(1)


def _add(session: Session, record: Any) -> Any:
    session.add(record)
    session.flush()
    return record


def make_community(session: Session, **values: Any) -> Community:
    n = next(_numbers)
    return _add(session, Community(**{"code": f"C{n}", "name": f"园区{n}", **values}))


def make_building(session: Session, **values: Any) -> Building:
    community = values.pop("community", None) or make_community(session)
    n = next(_numbers)
    return _add(session, Building(**{"community_id": community.id, "name": f"{n}号楼", "floors": 10, **values}))


def make_unit(session: Session, **values: Any) -> Unit:
    building = values.pop("building", None) or make_building(session)
    number = f"{next(_numbers):04d}"
    return _add(
        session,
        Unit(
            **{
                "community_id": building.community_id,
                "building_id": building.id,
                "number": number,
                "area_m2": Decimal("86.50"),
                **values,
            }
        ),
    )


def make_customer(session: Session, **values: Any) -> Customer:
    n = next(_numbers)
    return _add(session, Customer(**{"kind": "merchant", "name": f"客户{n}", "phone": phone_number(n), **values}))


def make_occupancy(session: Session, customer: Customer, unit: Unit, **values: Any) -> Occupancy:
    return _add(
        session,
        Occupancy(
            **{
                "community_id": unit.community_id,
                "unit_id": unit.id,
                "customer_id": customer.id,
                "starts_on": clock.today(),
                **values,
            }
        ),
    )


def make_member(session: Session, customer: Customer | None = None, **values: Any) -> Member:
    n = next(_numbers)
    member = _add(session, Member(**{"openid": f"openid-{n}", "nickname": f"昵称{n}", **values}))
    if customer is not None:
        _add(session, CustomerMember(customer_id=customer.id, member_id=member.id))
    return member


def make_technician(session: Session, **values: Any) -> Technician:
    n = next(_numbers)
    return _add(session, Technician(**{"name": f"师傅{n}", "phone": phone_number(n), "trades": ["general"], **values}))


def make_certification(session: Session, member_id: int, unit: Unit, **values: Any) -> Certification:
    """A pending application for ``unit``; a tenant's unless ``kind`` says otherwise."""
    application = Certification(
        **{
            "member_id": member_id,
            "community_id": unit.community_id,
            "kind": "tenant",
            "name": "李明",
            "phone": "13800138000",
            "id_number": None if "credit_code" in values else "11010519491231002X",
            **values,
        }
    )
    _add(session, application)
    _add(session, CertificationUnit(certification_id=application.id, unit_id=unit.id))
    return application


def make_staff(session: Session, username: str, rights: set[tuple[str, str]] | None = None, **values: Any) -> User:
    """A staff member who may sign in with ``PASSWORD``: superadmin when ``rights`` is None, else with just these."""
    person = User(
        **{
            "username": username,
            "first_name": username,
            "last_name": "",
            "email": f"{username}@example.com",
            "active": True,
            "password": generate_password_hash(PASSWORD, method="pbkdf2:sha256:1"),
            "roles": [],
            **values,
        }
    )
    _add(session, person)
    if rights is None:
        person.roles = list(session.scalars(select(Role).where(Role.name == SUPERADMIN)))
    elif rights:
        person.roles = [staff.save_role(session, None, f"{username} 的角色", rights)]
    session.flush()
    return person


def phone_number(n: int) -> str:
    """A valid mainland mobile number, different for each ``n``."""
    return f"138{n:08d}"
