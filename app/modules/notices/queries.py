"""Which notices somebody sees, and whom a notice is for."""

from typing import Any

from sqlalchemy import Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.own_data import Own
from app.modules.estate.models import Unit
from app.modules.members.models import Member, Occupancy
from app.modules.members.queries import ROLE, current_occupancies
from app.modules.notices.models import Notice, NoticeCategory, NoticePlace, NoticeRead

ORDER = (Notice.pinned, Notice.starts_at, Notice.id)
"""Pinned ones first, then the newest; a visible notice has a beginning."""


def seen_by(role: str, member_id: int | None) -> Any:
    """The condition on the notices that are to be seen now by a member (None: nobody signed in) in this role."""
    roles = cast(Notice.roles, String)
    for_role = or_(roles == "[]", roles.contains(f'"{role}"'))
    return and_(publishing.visible(Notice), for_role, _reaches(member_id))


def _reaches(member_id: int | None) -> Any:
    """The condition that one of a notice's places is this reader's, or that it is for everywhere.

    Who holds no unit anywhere belongs to no community yet, and sees what is published for any; buildings are for
    those who are in them.
    """
    place = exists().where(NoticePlace.notice_id == Notice.id)
    whole = place.where(NoticePlace.building_id.is_(None))
    if member_id is None:
        return or_(~place, whole)
    held = current_occupancies(member_id).order_by(None)
    mine = or_(
        and_(NoticePlace.building_id.is_(None), NoticePlace.community_id.in_(_of(held, Occupancy.community_id))),
        NoticePlace.building_id.in_(_of(held, Unit.building_id)),
    )
    return or_(~place, place.where(mine), and_(~_of(held, Occupancy.id).exists(), whole))


def _of(occupancies: Select[Occupancy], column: Any) -> Select[int]:
    return occupancies.with_only_columns(column)


def was_read(member_id: int) -> Any:
    """A column of a query over Notice: whether this member has opened it."""
    return exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.member_id == member_id)


def audience(session: Session, notice: Notice) -> Select[int]:
    """The ids of the members whom a notice is for."""
    query = select(Member.id).where(Member.active.is_(True), Member.erased_at.is_(None))
    if notice.roles:
        query = query.where(ROLE.in_(notice.roles))
    held = current_occupancies(Member.id).with_only_columns(Occupancy.id).order_by(None).correlate(Member)
    places = session.execute(
        select(NoticePlace.community_id, NoticePlace.building_id).where(NoticePlace.notice_id == notice.id)
    ).all()
    if not places:
        return query
    whole = [place.community_id for place in places if place.building_id is None]
    inside = or_(
        Occupancy.community_id.in_(whole),
        Unit.building_id.in_([place.building_id for place in places if place.building_id]),
    )
    reached = held.where(inside).exists()
    return query.where(or_(reached, ~held.exists()) if whole else reached)


def audience_size(session: Session, notice: Notice) -> int:
    """How many members a notice is for."""
    return session.scalar(select(func.count()).select_from(audience(session, notice).subquery())) or 0


def newest_first() -> tuple[Any, ...]:
    """The order of lists that are not paged."""
    return tuple(column.desc() for column in ORDER)


def categories() -> Select[NoticeCategory]:
    """Those that are in use, in the order that staff gave them."""
    return (
        select(NoticeCategory)
        .where(NoticeCategory.active.is_(True))
        .order_by(NoticeCategory.position, NoticeCategory.id)
    )


OWN_DATA = (
    Own("notice_reads", NoticeRead, lambda member_id: NoticeRead.member_id == member_id, ("notice_id", "read_at")),
)
"""Which notices a member has opened."""
