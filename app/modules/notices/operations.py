"""What can happen to a notice: written, published, told to its readers, read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock, jobs, messages, publishing, richtext
from app.core.db import conflict_insert, execute
from app.core.errors import NotFound
from app.modules.estate.models import Building, Community
from app.modules.notices import queries
from app.modules.notices.models import Notice, NoticePlace, NoticeRead

PUSH = "notices.push"
BATCH = 500
LINK = "/pkg-notices/notice?id={}"


def save(session: Session, notice: Notice | None, values: Mapping[str, Any]) -> Notice:
    """Make or change a notice, and where it is for: ids of ``communities`` and ``buildings``, none for everywhere.

    Raises Invalid for a period that ends before it begins.
    """
    values = dict(values)
    places = {name: values.pop(name) for name in ("communities", "buildings") if name in values}
    publishing.check_period(values.get("starts_at"), values.get("ends_at"))
    if notice is None:
        notice = Notice()
        session.add(notice)
    elif notice.state == publishing.PUBLISHED and values.get("starts_at") is None:
        values["starts_at"] = notice.starts_at or clock.now()
    for name, value in values.items():
        setattr(notice, name, value)
    session.flush()
    if places:
        set_places(session, notice, places.get("communities", ()), places.get("buildings", ()))
    if notice.state == publishing.PUBLISHED:
        ask_push(session, notice)
    return notice


def set_places(session: Session, notice: Notice, communities: Iterable[int], buildings: Iterable[int]) -> None:
    """Say for which communities and buildings the notice is; the trail keeps what was said before."""
    wanted: set[tuple[int, int | None]] = {(number, None) for number in communities}
    wanted |= set(
        session.execute(select(Building.community_id, Building.id).where(Building.id.in_(list(buildings)))).tuples()
    )
    rows = select(NoticePlace.community_id, NoticePlace.building_id).where(NoticePlace.notice_id == notice.id)
    before = set(session.execute(rows).tuples())
    if wanted == before:
        return
    execute(session, delete(NoticePlace).where(NoticePlace.notice_id == notice.id))
    session.add_all(NoticePlace(notice_id=notice.id, community_id=one, building_id=two) for one, two in wanted)
    session.flush()
    audit.record(session, "update", notice, _said(session, before, wanted))


def _said(session: Session, before: set[tuple[int, int | None]], after: set[tuple[int, int | None]]) -> dict[str, Any]:
    """What the trail says of changed places: the names before and after, of communities and of buildings."""
    said = {}
    for name, model in (("communities", Community), ("buildings", Building)):
        both = [
            {building or community for community, building in places if (building is None) == (model is Community)}
            for places in (before, after)
        ]
        if both[0] != both[1]:
            said[name] = [
                list(session.scalars(select(model.name).where(model.id.in_(ids)).order_by(model.id))) for ids in both
            ]
    return said


def publish(session: Session, notice: Notice) -> Notice:
    """Publish now or for its moment; its message goes out when it appears. Raises Invalid or Conflict."""
    publishing.publish(session, notice)
    ask_push(session, notice)
    return notice


def ask_push(session: Session, notice: Notice) -> None:
    """Have the readers told when the notice appears, once."""
    if notice.push and notice.pushed_at is None:
        jobs.put(session, PUSH, {"notice_id": notice.id}, run_at=notice.starts_at)


def push(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: one batch of the readers gets its message, and the next batch is asked for.

    The first batch takes the notice (``pushed_at``), so that publishing it again tells nobody twice; a notice that was
    taken down or put off meanwhile is not told.
    """
    notice = session.get(Notice, payload["notice_id"])
    if notice is None or publishing.phase(notice) != publishing.PUBLISHED or not notice.push:
        return
    after = payload.get("after", 0)
    if after == 0 and not _take(session, notice, clock.now()):
        return
    members = session.scalars(
        queries.audience(session, notice).where(queries.Member.id > after).order_by(queries.Member.id).limit(BATCH)
    ).all()
    body, link = richtext.plain(notice.body, 80), LINK.format(notice.id)
    for member_id in members:
        messages.send(session, member_id, "notice", notice.title, body, link)
    if len(members) == BATCH:
        jobs.put(session, PUSH, {"notice_id": notice.id, "after": members[-1]})


def _take(session: Session, notice: Notice, now: datetime) -> bool:
    return execute(
        session,
        update(Notice)
        .where(Notice.id == notice.id, Notice.pushed_at.is_(None))
        .values(pushed_at=now, updated_at=Notice.updated_at),
    ) == 1  # fmt: skip


def read(session: Session, notice_id: int, member_id: int, role: str) -> None:
    """Note that a member has opened a notice; the first time counts, however many come at once.

    Raises NotFound for a notice that is not for this member.
    """
    if session.scalar(select(Notice.id).where(Notice.id == notice_id, queries.seen_by(role, member_id))) is None:
        raise NotFound
    insert = conflict_insert(session, NoticeRead)
    if execute(session, insert.values(notice_id=notice_id, member_id=member_id).on_conflict_do_nothing()) == 1:
        execute(
            session,
            update(Notice)
            .where(Notice.id == notice_id)
            .values(read_count=Notice.read_count + 1, updated_at=Notice.updated_at),  # nobody edited it
        )


def forget(session: Session, *, member_id: int) -> None:
    """What an erased member has read is nobody's business any more; the count of readers stays."""
    execute(session, delete(NoticeRead).where(NoticeRead.member_id == member_id))
