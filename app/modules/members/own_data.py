"""What the law gives people over their own data: a copy, and erasure (个人信息保护法 art. 45, 47)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session, selectinload

from app.core import audit, clock, media
from app.core.db import execute
from app.core.messages.models import Message, Subscription
from app.core.module import registry
from app.core.own_data import MOST
from app.core.privacy import keyring
from app.modules.members import certification, queries
from app.modules.members.models import (
    PENDING,
    Certification,
    Consent,
    CustomerMember,
    Member,
    MemberToken,
    Occupancy,
    Technician,
)
from app.modules.members.signals import member_erased


def copy(session: Session, member: Member) -> dict[str, Any]:
    """All that the platform keeps about a member, in full, by kind."""
    applications = select(Certification).where(Certification.member_id == member.id).limit(MOST)
    consents = select(Consent).where(Consent.member_id == member.id).limit(MOST)
    received = select(Message).where(Message.member_id == member.id).order_by(Message.id.desc()).limit(MOST)
    technicians = select(Technician).where(Technician.member_id == member.id)
    units = queries.current_occupancies(member.id).options(selectinload(Occupancy.unit)).limit(MOST)
    return {
        "member": {
            "nickname": member.nickname,
            "contact_name": member.contact_name,
            "phone": member.phone,
            "openid": member.openid,
            "official_openid": member.official_openid,
            "unionid": member.unionid,
            "registered_at": _at(member.created_at),
            "last_seen_at": _at(member.last_seen_at),
        },
        "customers": [
            {
                "kind": c.kind, "name": c.name, "contact_name": c.contact_name, "phone": c.phone,
                "id_number": c.id_number, "credit_code": c.credit_code,
            }
            for c in queries.customers_of(session, member.id)
        ],
        "units": [
            {
                "number": o.unit.number, "starts_on": o.starts_on.isoformat(),
                "ends_on": o.ends_on.isoformat() if o.ends_on else None,
            }
            for o in session.scalars(units).all()
        ],
        "technicians": [{"name": t.name, "phone": t.phone, "trades": t.trades} for t in session.scalars(technicians)],
        "certifications": [
            {
                "kind": a.kind, "name": a.name, "phone": a.phone, "id_number": a.id_number,
                "credit_code": a.credit_code, "state": a.state, "reason": a.reason,
                "submitted_at": _at(a.created_at), "decided_at": _at(a.decided_at),
            }
            for a in session.scalars(applications)
        ],
        "media": list(session.scalars(_uploads(member).with_only_columns(media.MediaFile.key).limit(MOST))),
        "consents": [
            {"kind": c.kind, "version": c.version, "at": _at(c.created_at)} for c in session.scalars(consents)
        ],
        "messages": [
            {"title": m.title, "body": m.body, "at": _at(m.created_at), "read_at": _at(m.read_at)}
            for m in session.scalars(received)
        ],
        "records": {own.key: own.copy(session, member.id) for module in registry() for own in module.own_data},
    }  # fmt: skip


def erase(session: Session, member: Member) -> None:
    """Delete an account on its owner's request: nothing stays that tells who it was, the photos least of all.

    The customer and its ledger are the property's own books and stay; the link to this person goes.
    """
    audit.record(session, "erase", member, {})
    pending = select(Certification).where(Certification.member_id == member.id, Certification.state == PENDING)
    for application in session.scalars(pending).all():
        Certification.flow.apply(session, application, "withdraw")
    for file in session.scalars(_material(member)).all():
        media.drop(session, file)
    for owned in (MemberToken, CustomerMember, Consent, Message, Subscription):
        execute(session, delete(owned).where(owned.member_id == member.id))
    for technician in session.scalars(select(Technician).where(Technician.member_id == member.id)):
        technician.member_id = None
    execute(session, update(Certification)
        .where(Certification.member_id == member.id)
        .values(
            name="已注销", phone="", phone_index=None, phone_tail=None, id_number=None, id_number_index=None,
            credit_code=None, credit_code_index=None, reason="",
        ))  # fmt: skip
    member_erased.send(session, member_id=member.id)
    member.openid = "erased-" + keyring().digest(f"{member.openid}:{member.id}")[:32]
    member.official_openid = member.unionid = member.phone = member.contact_name = None
    member.nickname, member.active, member.erased_at = "", False, clock.now()
    session.flush()


def _uploads(member: Member) -> Select[media.MediaFile]:
    """All that the member has uploaded."""
    return select(media.MediaFile).where(
        media.MediaFile.owner_kind == "member", media.MediaFile.owner_id == str(member.id)
    )


def _material(member: Member) -> Select[media.MediaFile]:
    """The pictures that are the member's alone: certification material, and uploads that became part of nothing."""
    alone = or_(media.MediaFile.purpose == certification.PURPOSE, media.MediaFile.record.is_(None))
    return _uploads(member).where(alone)


def _at(moment: datetime | None) -> str | None:
    return clock.local(moment).isoformat() if moment else None
