"""What is shown where, and how it was received."""

from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.reports import Asked
from app.modules.ads.models import HOME, Ad, AdDay, AdSlot
from app.modules.estate.models import Community
from app.modules.members.queries import reaches


def shown(member_id: int | None) -> Any:
    """The condition on the ads that are to be seen now."""
    return and_(publishing.visible(Ad), Ad.poster_key.is_not(None), reaches(Ad, member_id))


def in_slots(member_id: int | None) -> Any:
    """The ads of the slots that are switched on, of each no more than it shows, with its form; ``place`` counts from
    1 in each. The home page's own slot comes first, the others in their order (``slot_place``)."""
    place = func.row_number().over(partition_by=Ad.slot_id, order_by=(Ad.position, Ad.id)).label("place")
    own_first = case((AdSlot.key == HOME, 0), else_=1)
    slot_place = func.dense_rank().over(order_by=(own_first, AdSlot.position, AdSlot.id)).label("slot_place")
    ranked = (
        select(
            Ad.id, Ad.title, Ad.poster_key, Ad.link_kind, Ad.notice_id, Ad.link_text, AdSlot.layout,
            AdSlot.ratio, AdSlot.interval_seconds, AdSlot.slides, AdSlot.key.label("slot_key"), slot_place, place,
        )
        .join(AdSlot, AdSlot.id == Ad.slot_id)
        .where(AdSlot.enabled.is_(True), shown(member_id))
        .subquery()
    )  # fmt: skip
    return select(ranked).where(ranked.c.place <= ranked.c.slides)


def link(kind: str, notice_id: int | None, text: str) -> str:
    """Where a tap leads: a page of the mini-program, an address, or nowhere."""
    if kind == "notice" and notice_id is not None:
        return f"/pkg-notices/notice?id={notice_id}"
    if kind == "listing":
        return f"/pkg-leasing/listing?id={text}"
    return text if kind == "url" else ""


def count_pending(session: Session) -> int:
    """Ads that wait for approval."""
    return session.scalar(select(func.count()).where(Ad.state == "pending")) or 0


def by_ad(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """The rows of the report: each ad that was shown or tapped within the days."""
    shown_times, taps = func.sum(AdDay.impressions), func.sum(AdDay.clicks)
    query = (
        select(Ad.title, AdSlot.title, Community.name, shown_times, taps)
        .join(AdDay, AdDay.ad_id == Ad.id)
        .join(AdSlot, AdSlot.id == Ad.slot_id)
        .outerjoin(Community, Community.id == Ad.community_id)
        .where(AdDay.day.between(asked.start, asked.end))
        .group_by(Ad.id, Ad.title, AdSlot.title, Community.name)
        .order_by(shown_times.desc(), Ad.id)
        .limit(1000)
    )
    return [
        (title, slot, park or "", int(seen), int(tapped), tapped / seen if seen else None)
        for title, slot, park, seen, tapped in session.execute(asked.within(query, Ad))
    ]
