"""Reads of members and customers that more than one face needs."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, SQLColumnExpression, and_, bindparam, case, exists, func, or_, select, true
from sqlalchemy.orm import Session

from app.core import clock, rights
from app.core.api.caller import Caller
from app.core.db import column_label
from app.modules.estate.models import Community, Unit
from app.modules.members.models import (
    MERCHANT,
    TECHNICIAN,
    TENANT,
    VISITOR,
    Certification,
    Customer,
    CustomerMember,
    Member,
    MemberToken,
    Occupancy,
    Technician,
)


def _acts_for(kind: str):  # type: ignore[no-untyped-def]
    return exists().where(
        CustomerMember.member_id == Member.id,
        Customer.id == CustomerMember.customer_id,
        Customer.kind == kind,
        Customer.active.is_(True),
    )


ROLE_FLAGS = (
    exists().where(Technician.member_id == Member.id, Technician.active.is_(True)).label(TECHNICIAN),
    _acts_for(MERCHANT).label(MERCHANT),
    _acts_for(TENANT).label(TENANT),
)
"""What a member is, in the order in which it counts: each a column of a query over Member (G1)."""


TOKEN_HOLDER = (
    select(Member.id, *ROLE_FLAGS)
    .join(MemberToken, MemberToken.member_id == Member.id)
    .where(
        MemberToken.digest == bindparam("digest"),
        MemberToken.expires_at > bindparam("now"),
        Member.active.is_(True),
    )
)
"""Built once: every call of the API begins with it."""


def first_role(*flags: bool) -> str:
    """The role that ``ROLE_FLAGS`` amount to."""
    return next((role for role, held in zip((TECHNICIAN, MERCHANT, TENANT), flags, strict=True) if held), VISITOR)


def role_of(session: Session, member_id: int) -> str:
    """What a member is at this moment."""
    return first_role(*session.execute(select(*ROLE_FLAGS).where(Member.id == member_id)).one())


def authenticate(session: Session, digest: str) -> Caller | None:
    """Who holds the token with this digest; None when it is dead, expired, or its member disabled. One query."""
    row = session.execute(TOKEN_HOLDER, {"digest": digest, "now": clock.now()}).one_or_none()
    if row is None:
        return None
    # The audit trail keeps this name for good, so it is none that an erased account would have to take back.
    return Caller(row[0], first_role(*row[1:]), _("用户%(id)s", id=row[0]), digest)


def through_official_account(session: Session, digest: str) -> bool:
    """Whether the token with this digest was given to somebody who came through the official account."""
    return bool(session.scalar(select(MemberToken.official).where(MemberToken.digest == digest)))


def customers_of(session: Session, member_id: int) -> list[Customer]:
    """The customers on the books that a member acts for."""
    return list(
        session.scalars(
            select(Customer)
            .join(CustomerMember, CustomerMember.customer_id == Customer.id)
            .where(CustomerMember.member_id == member_id, Customer.active.is_(True))
            .order_by(Customer.id)
        )
    )


def current_occupancies(member_id: int | SQLColumnExpression[int]) -> Select[Occupancy]:
    """The occupancies that hold today of the customers that a member acts for."""
    today = clock.today()
    return (
        select(Occupancy)
        .join(CustomerMember, CustomerMember.customer_id == Occupancy.customer_id)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(
            CustomerMember.member_id == member_id,
            Customer.active.is_(True),
            Occupancy.starts_on <= today,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
        .order_by(Occupancy.id)
    )


NUMBERS = ("credit_code", "id_number")
"""What no two customers share."""


@dataclass(frozen=True)
class Match:
    """A customer on the books that an application may mean, and the fields that say so.

    ``by_number``: the ID number or credit code does, which no two customers share.
    """

    customer: Customer
    fields: tuple[str, ...]
    by_number: bool


def match_customers(session: Session, application: Certification) -> list[Match]:
    """Customers with the application's phone, ID number or credit code; the best match first.

    A shared phone counts within a kind only: one person may be a firm's contact and rent a flat for themselves.
    """
    wanted = {name: getattr(application, f"{name}_index") for name in (*NUMBERS, "phone")}
    conditions = [getattr(Customer, f"{name}_index") == wanted[name] for name in NUMBERS if wanted[name]]
    if wanted["phone"]:
        conditions.append(and_(Customer.phone_index == wanted["phone"], Customer.kind == application.kind))
    if not conditions:
        return []
    matches = []
    for customer in session.scalars(select(Customer).where(or_(*conditions)).order_by(Customer.id).limit(20)):
        same = [name for name, value in wanted.items() if value and getattr(customer, f"{name}_index") == value]
        labels = tuple(column_label(Customer, name) for name in same)
        matches.append(Match(customer, labels, by_number=any(name in NUMBERS for name in same)))
    return sorted(matches, key=lambda match: (match.by_number, len(match.fields)), reverse=True)


def earlier_certifications(session: Session, application: Certification) -> list[Certification]:
    """The other applications of the same member, newest first."""
    return list(
        session.scalars(
            select(Certification)
            .where(Certification.member_id == application.member_id, Certification.id != application.id)
            .order_by(Certification.id.desc())
            .limit(20)
        )
    )


def certification_state(session: Session, member_id: int, role: str) -> str:
    """Where a member stands: ``pending`` while an application waits, ``approved`` for who has a role, however it came
    (an imported customer need not apply), ``rejected`` after the last one failed, else ``none``."""
    latest = session.scalar(
        select(Certification.state)
        .where(Certification.member_id == member_id, Certification.state != "withdrawn")
        .order_by(Certification.id.desc())
        .limit(1)
    )
    if latest == "pending":
        return latest
    if role != VISITOR:
        return "approved"
    return "rejected" if latest == "rejected" else "none"


def count_pending(session: Session) -> int:
    """Applications that wait for a decision, within the signed-in person's communities."""
    query = select(func.count()).where(Certification.state == "pending")
    return session.scalar(rights.within(query, Certification)) or 0


def community_of(session: Session, member_id: int) -> int | None:
    """The community that a member's posts belong to: where they hold a unit, or work as a technician; else the first
    active one. None when there is no community at all."""
    held = current_occupancies(member_id).with_only_columns(Occupancy.community_id).limit(1)
    found = session.scalar(held)
    if found is None:
        found = session.scalar(select(Technician.community_id).where(Technician.member_id == member_id).limit(1))
    if found is None:
        found = session.scalar(select(Community.id).where(Community.active.is_(True)).order_by(Community.id).limit(1))
    return found


def reaches(model: Any, member_id: int | None) -> Any:
    """The condition on records with a ``community_id`` (empty: all) that they are for this reader.

    Who holds no unit anywhere belongs to no community yet, and sees what is published for any.
    """
    if member_id is None:
        return true()
    held = current_occupancies(member_id).with_only_columns(Occupancy.community_id).order_by(None)
    return or_(model.community_id.is_(None), model.community_id.in_(held), ~held.exists())


ROLE = case(*((flag.element, name) for flag, name in zip(ROLE_FLAGS, (TECHNICIAN, MERCHANT, TENANT), strict=True)),
            else_=VISITOR)  # fmt: skip
"""What each member of a query over Member is at this moment."""
