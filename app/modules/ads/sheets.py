"""Ads to spreadsheets, with how often each was shown and tapped since it exists."""

from typing import Any

from sqlalchemy import func, select

from app.core.sheets import Choice, Date, Lookup, Sheet, Text
from app.core.sheets.quantities import Integer
from app.modules.ads.models import Ad, AdDay, AdSlot
from app.modules.estate.models import Community


def _total(column: Any) -> Any:
    """A sum over the days of an ad."""
    days = select(func.coalesce(func.sum(column), 0)).where(AdDay.ad_id == Ad.id)
    return days.correlate(Ad).scalar_subquery()


ADS = Sheet(
    Ad,
    key=("slot_id", "title"),
    area="ads",
    columns=[
        Lookup("slot_id", "广告位", AdSlot, by=("title",)),
        Text("title"),
        Lookup("community_id", "园区", Community, by=("name",)),
        Choice("link_kind"),
        Text("link_text"),
        Choice("state"),
        Date("starts_at"),
        Date("ends_at"),
        Text("reason"),
        Integer("impressions", "展示次数", extra=True, source=lambda: _total(AdDay.impressions)),
        Integer("clicks", "点击次数", extra=True, source=lambda: _total(AdDay.clicks)),
    ],
)
"""Export only: an ad is its poster, which no spreadsheet brings."""
