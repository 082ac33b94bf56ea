"""Records of lost and found for tests."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.modules.lost_found.models import LostFoundClaim, LostFoundItem
from tests.factories import make_community


def make_item(session: Session, **values: Any) -> LostFoundItem:
    """A published found umbrella."""
    community = values.pop("community", None)
    community_id = community.id if community else make_community(session).id
    item = LostFoundItem(
        **{
            "community_id": community_id,
            "kind": "found",
            "category": "clothes",
            "title": "黑色折叠雨伞",
            "place": "A座大堂",
            "happened_on": clock.today(),
            "state": "published",
            "published_at": clock.now(),
            "expires_on": clock.today() + timedelta(days=60),
            **values,
        }
    )
    session.add(item)
    session.flush()
    return item


def make_claim(session: Session, item: LostFoundItem, member_id: int, **values: Any) -> LostFoundClaim:
    """A pending claim."""
    claim = LostFoundClaim(
        **{
            "community_id": item.community_id,
            "item_id": item.id,
            "member_id": member_id,
            "name": "李女士",
            "phone": "13800138000",
            "proof": "伞柄刻有字母 L",
            **values,
        }
    )
    session.add(claim)
    session.flush()
    return claim
