"""Reads of lost and found items that more than one face needs."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import rights
from app.modules.lost_found.models import PENDING, LostFoundClaim, LostFoundItem


def _count(session: Session, model: Any) -> int:
    query = select(func.count()).where(model.state == PENDING)
    scope = rights.communities()
    return session.scalar(query if scope is None else query.where(model.community_id.in_(scope))) or 0


def count_posts(session: Session) -> int:
    """Posts that wait for review, within the signed-in person's communities."""
    return _count(session, LostFoundItem)


def count_claims(session: Session) -> int:
    """Claims that wait to be checked, within the signed-in person's communities."""
    return _count(session, LostFoundClaim)
