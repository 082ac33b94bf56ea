"""Reads of lost and found items that more than one face needs."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import rights
from app.core.own_data import Own
from app.modules.lost_found.models import PENDING, LostFoundClaim, LostFoundItem


def _count(session: Session, model: Any) -> int:
    query = select(func.count()).where(model.state == PENDING)
    return session.scalar(rights.within(query, model)) or 0


def count_posts(session: Session) -> int:
    """Posts that wait for review, within the signed-in person's communities."""
    return _count(session, LostFoundItem)


def count_claims(session: Session) -> int:
    """Claims that wait to be checked, within the signed-in person's communities."""
    return _count(session, LostFoundClaim)


OWN_DATA = (
    Own(
        "lost_found_items", LostFoundItem, lambda member_id: LostFoundItem.member_id == member_id,
        ("kind", "category", "title", "description", "place", "happened_on", "contact_way", "contact_name",
         "contact_phone", "state", "reason", "created_at"),
    ),
    Own(
        "lost_found_claims", LostFoundClaim, lambda member_id: LostFoundClaim.member_id == member_id,
        ("item_id", "name", "phone", "proof", "state", "reason", "created_at", "decided_at"),
    ),
)  # fmt: skip
"""What is kept about those who post and claim."""
