"""What can happen to members, customers, occupancies and technicians."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.api.caller import new_token
from app.core.db import conflict_insert, execute
from app.core.errors import FieldError, Invalid, NotFound
from app.core.messages.models import Message, Subscription
from app.core.privacy import keyring
from app.modules.estate.models import Unit
from app.modules.members import identity_numbers
from app.modules.members.models import (
    MERCHANT,
    Certification,
    Consent,
    Customer,
    CustomerMember,
    Member,
    MemberToken,
    Occupancy,
    Technician,
)

TOKEN_LIFE = timedelta(days=30)


def sign_in(session: Session, openid: str, unionid: str | None) -> tuple[Member, str, MemberToken]:
    """Recognise or welcome a WeChat identity; returns the member, a new token, and what is kept of it.

    Raises NotFound for a member that was disabled: the platform says no more than that.
    """
    insert = conflict_insert(session, Member)
    execute(session, insert.values(openid=openid, unionid=unionid).on_conflict_do_nothing(index_elements=["openid"]))
    member = session.scalars(select(Member).where(Member.openid == openid)).one()
    if not member.active:
        raise NotFound(_("该账号已停用,请联系物业服务中心"), code="member_disabled")
    member.last_seen_at = clock.now()
    token, digest = new_token()
    kept = MemberToken(member_id=member.id, digest=digest, expires_at=clock.now() + TOKEN_LIFE)
    session.add(kept)
    session.flush()
    return member, token, kept


def sign_out(session: Session, digest: str) -> None:
    """Kill one token; the next request with it is refused."""
    execute(session, delete(MemberToken).where(MemberToken.digest == digest))


def end_sign_ins(session: Session, member: Member) -> None:
    """Kill every token of a member."""
    execute(session, delete(MemberToken).where(MemberToken.member_id == member.id))


def forget_tokens(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop tokens that have run out."""
    execute(session, delete(MemberToken).where(MemberToken.expires_at < clock.now()))


def set_active(session: Session, member: Member, active: bool) -> None:
    """Disable a member (every sign-in ends at once) or let them in again."""
    member.active = active
    if not active:
        end_sign_ins(session, member)


def bind_phone(session: Session, member: Member, phone: str) -> None:
    """Take the phone number that WeChat vouches for, and link what was imported under it (G3).

    A technician with this number becomes this member; customers with it are acted for by this member.
    """
    member.phone = identity_numbers.mobile_number(phone)
    session.flush()
    execute(
        session,
        update(Technician)
        .where(
            Technician.phone_index == member.phone_index,
            or_(Technician.member_id.is_(None), Technician.member_id == member.id),
        )
        .values(member_id=member.id),
    )
    customers = session.scalars(
        select(Customer.id).where(Customer.phone_index == member.phone_index, Customer.active.is_(True)).limit(50)
    )
    for customer_id in customers.all():
        link(session, customer_id, member.id)
    audit.record(session, "bind_phone", member, {"phone": [None, member.phone]})


def link(session: Session, customer_id: int, member_id: int) -> None:
    """Let a member act for a customer; twice is once."""
    insert = conflict_insert(session, CustomerMember)
    done = execute(session, insert.values(customer_id=customer_id, member_id=member_id).on_conflict_do_nothing())
    if done:
        audit.record(session, "link", "customer_member", {"customer_id": customer_id, "member_id": member_id})


def change_profile(session: Session, member: Member, values: Mapping[str, Any]) -> None:
    """Set what a member may say about themselves (G10)."""
    for name, value in values.items():
        setattr(member, name, value.strip() if isinstance(value, str) else value)
    session.flush()


def give_consent(session: Session, member_id: int, kind: str, version: str) -> None:
    """Keep that a member agreed to a version of a text."""
    session.add(Consent(member_id=member_id, kind=kind, version=version))


def has_consented(session: Session, member_id: int, kind: str, version: str) -> bool:
    """Whether the member agreed to this version."""
    return (
        session.scalar(
            select(Consent.id)
            .where(Consent.member_id == member_id, Consent.kind == kind, Consent.version == version)
            .limit(1)
        )
        is not None
    )


def erase_member(session: Session, member: Member) -> None:
    """Delete an account on its owner's request (PIPL art. 47): nothing stays that tells who it was.

    The customer and its ledger are the property's own books and stay; the link to this person goes.
    """
    audit.record(session, "erase", member, {})
    pending = session.scalars(
        select(Certification).where(Certification.member_id == member.id, Certification.state == "pending")
    )
    for application in pending.all():
        Certification.flow.apply(session, application, "withdraw")
    for owned in (MemberToken, CustomerMember, Consent, Message, Subscription):
        execute(session, delete(owned).where(owned.member_id == member.id))
    execute(session, update(Technician).where(Technician.member_id == member.id).values(member_id=None))
    execute(session, update(Certification)
        .where(Certification.member_id == member.id)
        .values(
            name="已注销", phone="", phone_index=None, phone_tail=None, id_number=None, id_number_index=None,
            credit_code=None, credit_code_index=None,
        ))  # fmt: skip
    member.openid = "erased-" + keyring().digest(f"{member.openid}:{member.id}")[:32]
    member.unionid = member.phone = member.contact_name = None
    member.nickname, member.active, member.erased_at = "", False, clock.now()
    session.flush()


def save_customer(session: Session, customer: Customer | None, values: Mapping[str, Any]) -> Customer:
    """Make or change a customer. Numbers are checked and brought to one form; a number belongs to one customer.

    Raises Invalid with the fields that are wrong.
    """
    clean = dict(values)
    problems: list[FieldError] = []
    _normalise(clean, problems, phone=_contact_phone, id_number=identity_numbers.id_number,
               credit_code=identity_numbers.credit_code)  # fmt: skip
    if not (clean.get("name") or (customer and customer.name)):
        problems.append(FieldError("name", _("请填写客户名称")))
    for field in ("id_number", "credit_code"):
        if clean.get(field) and _taken(session, customer, field, clean[field]):
            problems.append(FieldError(field, _("该号码已属于另一位客户")))
    if problems:
        raise Invalid(errors=problems)
    if customer is None:
        customer = Customer(kind=clean.get("kind", MERCHANT))
        session.add(customer)
    for name, value in clean.items():
        setattr(customer, name, value)
    session.flush()
    return customer


def _contact_phone(text: str) -> str:
    return identity_numbers.mobile_number(text)


def _normalise(values: dict[str, Any], problems: list[FieldError], **checks: Any) -> None:
    for field, check in checks.items():
        if values.get(field):
            try:
                values[field] = check(values[field])
            except Invalid as error:
                problems += [FieldError(field, found.message) for found in error.errors]
        elif field in values:
            values[field] = None


def _taken(session: Session, customer: Customer | None, field: str, value: str) -> bool:
    column = getattr(Customer, f"{field}_index")
    found = session.scalar(select(Customer.id).where(column == keyring().digest(value)))
    return found is not None and (customer is None or found != customer.id)


def save_occupancy(session: Session, occupancy: Occupancy | None, values: Mapping[str, Any]) -> Occupancy:
    """Make or change an occupancy; the community follows from the unit, the unit's status follows from it.

    Raises Invalid when it ends before it starts, or the customer already holds the unit in that time.
    """
    wanted = {name: getattr(occupancy, name, None) for name in ("unit_id", "customer_id", "starts_on", "ends_on")}
    wanted |= values
    unit = session.get(Unit, wanted["unit_id"])
    if unit is None or session.get(Customer, wanted["customer_id"]) is None:
        raise NotFound(_("所选房号或客户不存在"))
    if wanted["ends_on"] and wanted["ends_on"] < wanted["starts_on"]:
        raise Invalid.field("ends_on", _("结束日期不能早于开始日期"))
    overlapping = select(Occupancy.id).where(
        Occupancy.unit_id == unit.id,
        Occupancy.customer_id == wanted["customer_id"],
        Occupancy.id != (occupancy.id if occupancy else 0),
        or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= wanted["starts_on"]),
    )
    if wanted["ends_on"]:
        overlapping = overlapping.where(Occupancy.starts_on <= wanted["ends_on"])
    if session.scalar(overlapping.limit(1)) is not None:
        raise Invalid.field("starts_on", _("该客户在此期间已有这个房号的入住记录"))
    if occupancy is None:
        occupancy = Occupancy()
        session.add(occupancy)
    for name, value in wanted.items():
        setattr(occupancy, name, value)
    occupancy.community_id = unit.community_id
    session.flush()
    follow_occupancy(session, unit)
    return occupancy


def follow_occupancy(session: Session, unit: Unit) -> None:
    """Keep ``vacant`` and ``occupied`` of a unit true; fitting out and own use are said by staff."""
    today = clock.today()
    held = session.scalar(
        select(Occupancy.id)
        .where(
            Occupancy.unit_id == unit.id,
            Occupancy.starts_on <= today,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
        .limit(1)
    )
    if held is not None and unit.status == "vacant":
        unit.status = "occupied"
    elif held is None and unit.status == "occupied":
        unit.status = "vacant"


def save_technician(session: Session, technician: Technician | None, values: Mapping[str, Any]) -> Technician:
    """Make or change a technician; the phone number is theirs alone. Raises Invalid (G3)."""
    clean = dict(values)
    problems: list[FieldError] = []
    _normalise(clean, problems, phone=identity_numbers.mobile_number)
    if not problems and clean.get("phone"):
        found = session.scalar(select(Technician.id).where(Technician.phone_index == keyring().digest(clean["phone"])))
        if found is not None and (technician is None or found != technician.id):
            problems.append(FieldError("phone", _("该手机号已属于另一位维修师傅")))
    if problems:
        raise Invalid(errors=problems)
    if technician is None:
        technician = Technician()
        session.add(technician)
    changed = bool(clean.get("phone")) and clean["phone"] != technician.phone
    for name, value in clean.items():
        setattr(technician, name, value)
    session.flush()
    if changed:
        technician.member_id = session.scalar(
            select(Member.id).where(Member.phone_index == technician.phone_index, Member.active.is_(True)).limit(1)
        )
        session.flush()
    return technician
