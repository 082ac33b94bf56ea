"""What can happen to members, customers, occupancies and technicians."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.api.caller import new_token
from app.core.db import conflict_insert, execute
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.privacy import keyring
from app.modules.estate.models import Unit
from app.modules.members import identity_numbers
from app.modules.members.models import (
    MERCHANT,
    OFFICIAL,
    Consent,
    Customer,
    CustomerMember,
    Member,
    MemberToken,
    Occupancy,
    Technician,
)

TOKEN_LIFE = timedelta(days=30)


def sign_in(
    session: Session, openid: str, unionid: str | None, *, official: bool = False
) -> tuple[Member, str, MemberToken]:
    """Recognise or welcome a WeChat identity; returns the member, a new token, and what is kept of it.

    ``official``: the number is that of the official account, where WeChat numbers people anew. The ``unionid``, when
    WeChat tells it, joins both to one member. Raises NotFound for a member that was disabled: the platform says no
    more than that.
    """
    column, first = (Member.official_openid, OFFICIAL + openid) if official else (Member.openid, openid)
    if unionid and session.scalar(select(Member.id).where(column == openid)) is None:
        _join(session, openid, unionid, official)
    if session.scalar(select(Member.id).where(column == openid)) is None:
        values = {"openid": first, "unionid": unionid, "official_openid": openid if official else None}
        execute(session, conflict_insert(session, Member).values(**values).on_conflict_do_nothing())
    member = session.scalars(select(Member).where(column == openid)).one()
    if not member.active:
        raise NotFound(_("该账号已停用，请联系物业服务中心"), code="member_disabled")
    member.unionid = member.unionid or unionid  # WeChat tells it from the day on which both programs are bound
    member.last_seen_at = clock.now()
    token, digest = new_token()
    kept = MemberToken(member_id=member.id, digest=digest, expires_at=clock.now() + TOKEN_LIFE, official=official)
    session.add(kept)
    session.flush()
    return member, token, kept


def _join(session: Session, openid: str, unionid: str, official: bool) -> None:
    """Give the member with this ``unionid`` the number by which the other program knows the same person."""
    known = select(Member.id).where(Member.unionid == unionid).order_by(Member.id).limit(1).scalar_subquery()
    joined = update(Member).where(Member.id == known)
    if official:
        execute(session, joined.where(Member.official_openid.is_(None)).values(official_openid=openid))
    else:
        execute(session, joined.where(Member.openid.startswith(OFFICIAL)).values(openid=openid))


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
    """Disable a member (every sign-in ends at once) or let them in again. Raises Conflict for an erased one."""
    if active and member.erased_at is not None:
        raise Conflict(_("该用户已注销账号，不能重新启用"))
    member.active = active
    if not active:
        end_sign_ins(session, member)


def bind_phone(session: Session, member: Member, phone: str) -> None:
    """Take the phone number that WeChat vouches for, and link what was imported under it (G3).

    The technician with this number is from now on this member, whoever it was before: WeChat has seen who holds
    the number today. Customers with it are acted for by this member.
    """
    member.phone = identity_numbers.mobile_number(phone)
    session.flush()
    technician = session.scalar(
        select(Technician).where(Technician.phone_index == member.phone_index).with_for_update()
    )
    if technician is not None:
        _be_technician(session, technician, member.id)
    customers = session.scalars(
        select(Customer.id).where(Customer.phone_index == member.phone_index, Customer.active.is_(True)).limit(50)
    )
    for customer_id in customers.all():
        link(session, customer_id, member.id)
    audit.record(session, "bind_phone", member, {"phone": [None, member.phone]})


def _be_technician(session: Session, technician: Technician, member_id: int | None) -> None:
    """Say which member a technician is (None: has not signed in); a member is one technician at most."""
    if technician.member_id == member_id:
        return
    if member_id is not None:
        for other in session.scalars(select(Technician).where(Technician.member_id == member_id)):
            other.member_id = None
        session.flush()
    technician.member_id = member_id
    session.flush()


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
    """Keep that a member agreed to a version of a text; saying it again changes nothing."""
    if not has_consented(session, member_id, kind, version):
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


def save_customer(session: Session, customer: Customer | None, values: Mapping[str, Any]) -> Customer:
    """Make or change a customer. Numbers are checked and brought to one form; a number belongs to one customer.

    Raises Invalid with the fields that are wrong.
    """
    clean = dict(values)
    problems = identity_numbers.normalise(clean)
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
    unit = session.get(Unit, wanted["unit_id"], with_for_update=True)  # two who check at once would both find it free
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
    touched = {unit.id}
    if occupancy is None:
        occupancy = Occupancy()
        session.add(occupancy)
    else:
        touched.add(occupancy.unit_id)
    for name, value in wanted.items():
        setattr(occupancy, name, value)
    occupancy.community_id = unit.community_id
    session.flush()
    follow_occupancies(session, touched)
    return occupancy


def remove_occupancy(session: Session, occupancy: Occupancy) -> None:
    """Delete an occupancy that was a mistake (one that is over gets its last day instead)."""
    unit_id = occupancy.unit_id
    session.delete(occupancy)
    session.flush()
    follow_occupancies(session, [unit_id])


def follow_occupancies(session: Session, unit_ids: Collection[int] | None) -> None:
    """Keep ``vacant`` and ``occupied`` of units (None: of all) true; fitting out and own use are said by staff."""
    today = clock.today()
    running = exists().where(
        Occupancy.unit_id == Unit.id,
        Occupancy.starts_on <= today,
        or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
    )
    for before, condition, after in (("vacant", running, "occupied"), ("occupied", ~running, "vacant")):
        change = update(Unit).where(Unit.status == before, condition).values(status=after)
        session.execute(
            change if unit_ids is None else change.where(Unit.id.in_(unit_ids)),
            execution_options={"synchronize_session": "fetch"},
        )


def follow_the_day(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: occupancies that begin or have ended with the new day show in the units."""
    follow_occupancies(session, None)


def save_technician(session: Session, technician: Technician | None, values: Mapping[str, Any]) -> Technician:
    """Make or change a technician; the phone number is theirs alone. Raises Invalid (G3)."""
    clean = dict(values)
    problems = identity_numbers.normalise(clean)
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
        holder = select(Member.id).where(Member.phone_index == technician.phone_index, Member.active.is_(True))
        _be_technician(session, technician, session.scalar(holder.order_by(Member.id).limit(1)))
    return technician
