"""What the pages of billing that are no CRUD screen read from an address or a form."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.orm import Session

from app.core.backoffice.screens import in_scope
from app.core.db import whole_number
from app.modules.estate.models import Building, Community


def decimal(text: str | None, limit: int = 10**12) -> Decimal | None:
    """A number as typed, or None for what is none."""
    try:
        value = Decimal((text or "").replace(",", "").replace("¥", "").strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < limit else None


def day(text: str | None) -> date | None:
    """A day as a date input sends it, or None."""
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2999 else None


def communities(session: Session) -> list[Community]:
    """Those of the signed-in person."""
    return list(session.scalars(in_scope(Community).order_by(Community.id).limit(500)))


def buildings(session: Session, community_id: int | None) -> list[Building]:
    """Those of a community within the person's scope."""
    query = in_scope(Building).where(Building.community_id == community_id).order_by(Building.id)
    return list(session.scalars(query.limit(500))) if community_id is not None else []


def one(session: Session, model: Any, text: str | None) -> Any:
    """The record of an address within the person's scope, or None."""
    wanted = whole_number(text)
    return None if wanted is None else session.scalar(in_scope(model).where(model.id == wanted))
