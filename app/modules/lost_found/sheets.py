"""Import and export of lost and found items."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.sheets import Choice, Date, Row, Sheet, Text
from app.modules.estate.sheets import community_column
from app.modules.lost_found.models import PUBLISHED, LostFoundItem


def publish(session: Session, rows: list[Row]) -> None:
    """What staff bring in is published at once (F2)."""
    for row in rows:
        if row.record_id is None:
            until = clock.today() + timedelta(days=settings.get("lost_found.days"))
            row.values |= {"state": PUBLISHED, "published_at": clock.now(), "expires_on": until}


ITEMS = Sheet(
    LostFoundItem,
    key=("community_id", "title", "happened_on"),
    area="lost_found",
    columns=[
        community_column(),
        Choice("kind"),
        Choice("category"),
        Text("title", example="黑色折叠雨伞"),
        Text("description", example="伞柄刻有字母"),
        Text("place", example="A座大堂"),
        Date("happened_on", example="2026-11-20"),
        Choice("contact_way"),
        Text("contact_name", example="物业服务中心"),
        Text("contact_phone", example="020-80000088"),
    ],
    prepare=publish,
)
