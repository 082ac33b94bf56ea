"""Who may not come in: known by the phone number, told only that the property has to be asked."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict
from app.core.privacy import keyring
from app.modules.members.identity_numbers import mobile_number
from app.modules.visits.models import BlockedVisitor, Visit
from app.modules.visits.models.visits import EXPECTED, PENDING
from app.modules.visits.operations import passes


def save(session: Session, entry: BlockedVisitor | None, values: Mapping[str, Any]) -> BlockedVisitor:
    """Block somebody, or change an entry. What they were to come for is called off at once. Raises Invalid."""
    if entry is None:
        entry = BlockedVisitor()
        session.add(entry)
    for name, value in values.items():
        setattr(entry, name, mobile_number(value) if name == "phone" else value)
    session.flush()
    if in_force(entry):
        _call_off(session, entry)
    return entry


def in_force(entry: BlockedVisitor) -> bool:
    """Whether the entry holds at this moment."""
    return entry.active and (entry.ends_at is None or entry.ends_at > clock.now())


def _call_off(session: Session, entry: BlockedVisitor) -> None:
    expected = select(Visit).where(
        Visit.visitor_phone_index == entry.phone_index,
        Visit.community_id == entry.community_id,
        Visit.state.in_((PENDING, *EXPECTED)),
        Visit.ends_at > clock.now(),
    )
    for visit in session.scalars(expected.limit(1000)).all():
        if visit.state == PENDING:
            Visit.flow.apply(session, visit, "reject", reason=_("不予接待"))
        else:
            Visit.flow.apply(session, visit, "revoke", reason=_("不予接待"))
        passes.end(session, [visit.id])


def refuse_blocked(session: Session, community_id: int, phone: str | None) -> None:
    """Raise Conflict for a phone number that is blocked in the community; the reason stays with the property."""
    if not phone:
        return
    blocked = select(BlockedVisitor.id).where(
        BlockedVisitor.community_id == community_id,
        BlockedVisitor.phone_index == keyring().digest(phone),
        BlockedVisitor.active.is_(True),
        or_(BlockedVisitor.ends_at.is_(None), BlockedVisitor.ends_at > clock.now()),
    )
    if session.scalar(blocked.limit(1)) is not None:
        raise Conflict(_("该访客暂不能登记来访，请联系物业服务中心"), code="visitor_blocked")
