"""Reads of offers and applications that more than one face needs."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core import rights
from app.core.errors import NotFound
from app.core.own_data import Own
from app.modules.estate.models import Community
from app.modules.leasing.models import (
    LEASED,
    PENDING,
    PRICE_UNITS,
    PUBLISHED,
    LeaseApplication,
    LeaseFollowUp,
    Listing,
    ListingDay,
)
from app.modules.members.models import Customer

MOST = 200


@dataclass(frozen=True)
class Counts:
    """What an offer has brought so far."""

    views: int = 0
    inquiries: int = 0
    applications: int = 0


def price_text(fen: int, unit: str) -> str:
    """As in 45.50 元/m²·月; 面议 where nothing is said."""
    if unit == "talk":
        return PRICE_UNITS[unit]
    amount = Decimal(fen) / 100
    plain = f"{amount:,.2f}".removesuffix(".00")
    return f"{plain} {PRICE_UNITS[unit]}"


def published(session: Session, listing_id: int) -> tuple[Listing, Community]:
    """An offer that people may see, and where it is; one that has been leased is shown as such. Raises NotFound."""
    row = session.execute(
        select(Listing, Community)
        .join(Community, Community.id == Listing.community_id)
        .where(Listing.id == listing_id, Listing.state.in_((PUBLISHED, LEASED)), Community.active.is_(True))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row.Listing, row.Community


def counts(session: Session, ids: list[int]) -> dict[int, Counts]:
    """Views, inquiries and applications of these offers since they exist: two queries."""
    if not ids:
        return {}
    seen = select(
        ListingDay.listing_id, func.sum(ListingDay.views), func.sum(ListingDay.inquiries)
    ).where(ListingDay.listing_id.in_(ids))  # fmt: skip
    filed = select(LeaseApplication.listing_id, func.count()).where(LeaseApplication.listing_id.in_(ids))
    applications: dict[int, int] = dict(session.execute(filed.group_by(LeaseApplication.listing_id)).tuples().all())
    by_day = {number: rest for number, *rest in session.execute(seen.group_by(ListingDay.listing_id))}
    found = {}
    for number in ids:
        views, inquiries = by_day.get(number, (0, 0))
        found[number] = Counts(int(views), int(inquiries), applications.get(number, 0))
    return found


def follow_ups(session: Session, application_id: int) -> list[LeaseFollowUp]:
    """The notes on an application, newest first."""
    query = select(LeaseFollowUp).where(LeaseFollowUp.application_id == application_id)
    return list(session.scalars(query.order_by(LeaseFollowUp.id.desc()).limit(MOST)))


def likely_customers(session: Session, application: LeaseApplication) -> list[Customer]:
    """Customers on the books with the applicant's phone number or name."""
    same = or_(Customer.phone_index == application.phone_index, Customer.name == application.name)
    return list(
        session.scalars(select(Customer).where(same, Customer.active.is_(True)).order_by(Customer.id).limit(10))
    )


def count_pending(session: Session) -> int:
    """Applications that wait for a decision, within the signed-in person's communities."""
    query: Any = select(func.count()).where(LeaseApplication.state == PENDING)
    return session.scalar(rights.within(query, LeaseApplication)) or 0


OWN_DATA = (
    Own(
        "lease_applications", LeaseApplication, lambda member_id: LeaseApplication.member_id == member_id,
        ("listing_id", "name", "phone", "message", "state", "reason", "created_at", "decided_at"),
    ),
)  # fmt: skip
"""What is kept about those who apply."""
