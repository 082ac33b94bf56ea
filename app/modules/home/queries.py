"""What stands on the home page, in one query besides the menu's."""

from typing import Any

from sqlalchemy import Integer, String, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.modules.ads import queries as ads
from app.modules.notices import queries as notices
from app.modules.notices.models import Notice, NoticeCategory

NOTICES = 5
NOTICE, AD = "notice", "ad"


def news(session: Session, role: str, member_id: int | None, *, with_notices: bool) -> tuple[list[Any], list[Any]]:
    """The newest notices (their category as ``kind`` and ``link_text``) and the ads of all slots for somebody, each in
    order."""
    newest = (
        select(
            literal(NOTICE).label("part"), Notice.id, Notice.title, cast(Notice.category_id, String).label("kind"),
            cast(null(), String).label("poster_key"), cast(null(), Integer).label("notice_id"),
            NoticeCategory.name.label("link_text"), cast(null(), String).label("layout"),
            cast(null(), String).label("ratio"),
            cast(null(), Integer).label("interval_seconds"), Notice.pinned, Notice.starts_at,
            literal(0).label("slot_place"), func.row_number().over(order_by=notices.newest_first()).label("place"),
        )
        .join(NoticeCategory, NoticeCategory.id == Notice.category_id)
        .where(notices.seen_by(role, member_id))
        .order_by(*notices.newest_first())
        .limit(NOTICES if with_notices else 0)
        .subquery()
    )  # fmt: skip
    slides = ads.in_slots(member_id).subquery()
    rows = session.execute(
        union_all(
            select(newest),
            select(
                literal(AD), slides.c.id, slides.c.title, slides.c.link_kind, slides.c.poster_key, slides.c.notice_id,
                slides.c.link_text, slides.c.layout, slides.c.ratio, slides.c.interval_seconds, null(), null(),
                slides.c.slot_place, slides.c.place,
            ),
        )
    ).all()  # fmt: skip
    ordered = sorted(rows, key=lambda row: (row.slot_place, row.place))
    return [row for row in ordered if row.part == NOTICE], [row for row in ordered if row.part == AD]
