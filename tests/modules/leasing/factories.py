"""Records of leasing for tests."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.modules.leasing.models import LeaseApplication, Listing
from tests.factories import make_community


def make_listing(session: Session, **values: Any) -> Listing:
    """A published offer of a shop; ``state`` and the rest by keyword."""
    community = values.pop("community", None) or make_community(session)
    listing = Listing(
        **{
            "community_id": community.id,
            "kind": "shop",
            "title": "临街商铺",
            "content": "可明火，近地铁。",
            "price_fen": 8550,
            "price_unit": "m2_month",
            "area_m2": Decimal("68.50"),
            "location": "商业街 108",
            "contact_name": "招商部",
            "contact_phone": "020-80000066",
            "state": "published",
            "published_at": clock.now() - timedelta(days=1),
            **values,
        }
    )
    session.add(listing)
    session.flush()
    return listing


def make_application(
    session: Session, member_id: int, listing: Listing | None = None, **values: Any
) -> LeaseApplication:
    """A pending application."""
    listing = listing or make_listing(session)
    application = LeaseApplication(
        **{
            "community_id": listing.community_id,
            "listing_id": listing.id,
            "member_id": member_id,
            "name": "黎小姐",
            "phone": "13800138000",
            "message": "想开咖啡店",
            **values,
        }
    )
    session.add(application)
    session.flush()
    return application
