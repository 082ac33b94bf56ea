"""Which notices somebody sees, and whom a notice is for."""

from typing import Any

from sqlalchemy import Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.own_data import Own
from app.modules.estate.models import Unit
from app.modules.members.models import Member, Occupancy
from app.modules.members.queries import ROLE, current_occupancies, reaches
from app.modules.notices.models import Notice, NoticeRead

ORDER = (Notice.pinned, Notice.starts_at, Notice.id)
"""Pinned ones first, then the newest; a visible notice has a beginning."""


def seen_by(role: str, member_id: int | None) -> Any:
    """The condition on the notices that are to be seen now by a member (None: nobody signed in) in this role."""
    roles = cast(Notice.roles, String)
    conditions = [publishing.visible(Notice), or_(roles == "[]", roles.contains(f'"{role}"'))]
    if member_id is None:
        conditions.append(Notice.building_id.is_(None))
    else:
        own = current_occupancies(member_id).with_only_columns(Unit.building_id).order_by(None)
        conditions.append(or_(Notice.building_id.is_(None), Notice.building_id.in_(own)))
        conditions.append(reaches(Notice, member_id))
    return and_(*conditions)


def was_read(member_id: int) -> Any:
    """A column of a query over Notice: whether this member has opened it."""
    return exists().where(NoticeRead.notice_id == Notice.id, NoticeRead.member_id == member_id)


def audience(notice: Notice) -> Select[int]:
    """The ids of the members whom a notice is for."""
    query = select(Member.id).where(Member.active.is_(True), Member.erased_at.is_(None))
    if notice.roles:
        query = query.where(ROLE.in_(notice.roles))
    held = current_occupancies(Member.id).with_only_columns(Occupancy.id).order_by(None).correlate(Member)
    if notice.building_id is not None:
        query = query.where(held.where(Unit.building_id == notice.building_id).exists())
    elif notice.community_id is not None:
        query = query.where(or_(held.where(Occupancy.community_id == notice.community_id).exists(), ~held.exists()))
    return query


def audience_size(session: Session, notice: Notice) -> int:
    """How many members a notice is for."""
    return session.scalar(select(func.count()).select_from(audience(notice).subquery())) or 0


def newest_first() -> tuple[Any, ...]:
    """The order of lists that are not paged."""
    return tuple(column.desc() for column in ORDER)


OWN_DATA = (
    Own("notice_reads", NoticeRead, lambda member_id: NoticeRead.member_id == member_id, ("notice_id", "read_at")),
)
"""Which notices a member has opened."""
