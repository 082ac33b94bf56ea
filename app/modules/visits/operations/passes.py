"""Passes: made with the visit's approval, and dead at once when the visit is called off."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import execute
from app.core.errors import Conflict
from app.modules.estate.models import Unit
from app.modules.visits.models import AccessPass, GateGroup, Visit
from app.modules.visits.models.visits import EXPIRED, REDEEMED, REVOKED, VALID

GROUP_NAME = "园区出入口"


def group_for(session: Session, community_id: int, unit_id: int | None) -> int:
    """The gate group that a visit goes through: its building's, else the community's, which is made when missing."""
    building = None if unit_id is None else select(Unit.building_id).where(Unit.id == unit_id).scalar_subquery()
    own = select(GateGroup.id).where(GateGroup.community_id == community_id)
    found = None if building is None else session.scalar(own.where(GateGroup.building_id == building))
    if found is None:
        found = session.scalar(own.where(GateGroup.building_id.is_(None)).order_by(GateGroup.id).limit(1))
    if found is None:
        group = GateGroup(community_id=community_id, name=GROUP_NAME)
        session.add(group)
        session.flush()
        found = group.id
    return found


def issue(session: Session, visits: Sequence[Visit]) -> None:
    """A pass for each of these visits, which are of one community and unit."""
    first = visits[0]
    group_id = group_for(session, first.community_id, first.unit_id)
    rows: list[dict[str, Any]] = [
        {
            "code": secrets.token_hex(8),
            "visit_id": visit.id,
            "community_id": visit.community_id,
            "group_id": group_id,
            "starts_at": visit.starts_at,
            "ends_at": visit.ends_at,
            "uses": visit.uses,
        }
        for visit in visits
    ]
    session.execute(insert(AccessPass), rows)


def count_entry(session: Session, visit_id: int, at: datetime) -> None:
    """Use a visit's pass once, here where no gate asks for it. Raises Conflict when it is used up or not good now."""
    pass_id = session.scalar(select(AccessPass.id).where(AccessPass.visit_id == visit_id))
    if not enter(session, at, AccessPass.id == pass_id):
        raise Conflict(_("通行码已使用或不在有效时间内，不能登记到访"), code="pass_not_usable")


def enter(session: Session, at: datetime, *wanted: Any) -> bool:
    """Let one pass in, if it is good at this moment: guard and count are one statement, so that of any number at once
    exactly one is let through."""
    used_up = case((AccessPass.entries + 1 >= AccessPass.uses, REDEEMED), else_=VALID)
    change = update(AccessPass).where(
        *wanted, AccessPass.state == VALID, AccessPass.entries < AccessPass.uses, AccessPass.starts_at <= at,
        AccessPass.ends_at > at,
    ).values(entries=AccessPass.entries + 1, state=used_up, updated_at=at)  # fmt: skip
    return execute(session, change) == 1


def leave(session: Session, at: datetime, *wanted: Any) -> bool:
    """Let one pass out: who went in gets out, whatever has become of the pass meanwhile."""
    change = update(AccessPass).where(*wanted, AccessPass.exits < AccessPass.entries)
    return execute(session, change.values(exits=AccessPass.exits + 1, updated_at=at)) == 1


def end(session: Session, visit_ids: Any, *, expired: bool = False) -> None:
    """Passes of these visits (ids, or a query of ids) open nothing from now on; who is inside still gets out."""
    source, target = ((VALID,), EXPIRED) if expired else ((VALID, REDEEMED), REVOKED)
    execute(
        session,
        update(AccessPass)
        .where(AccessPass.visit_id.in_(visit_ids), AccessPass.state.in_(source))
        .values(state=target, updated_at=clock.now()),
    )
