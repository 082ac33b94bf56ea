"""What staff publish for a time: from a moment on, until a moment.

Scheduled and expired are not states that a job would have to set: a record in the state ``published`` is seen
while the clock stands between its two moments, and one SQL condition says so. Things appear and vanish on time.
"""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock, rights
from app.core.db import Moment, label, state_column
from app.core.errors import Invalid
from app.core.workflow import Move, Workflow

DRAFT, PUBLISHED, UNPUBLISHED = "draft", "published", "unpublished"
SCHEDULED, EXPIRED = "scheduled", "expired"
"""Not stored: what the clock makes of a published record."""
STATES = {DRAFT: "草稿", PUBLISHED: "已发布", UNPUBLISHED: "已下架"}
PHASES = {**STATES, SCHEDULED: "待发布", PUBLISHED: "展示中", EXPIRED: "已过期"}


def publication() -> Workflow:
    """The moves of what needs no approval: published, taken down, published again."""
    return Workflow(
        STATES,
        publish=Move(
            (DRAFT, UNPUBLISHED),
            PUBLISHED,
            "发布",
            undo="unpublish",
            confirm="发布后小程序用户在展示时间内可见。",
        ),
        unpublish=Move((PUBLISHED,), UNPUBLISHED, "下架", undo="publish", confirm="下架后小程序中立即不再显示。"),
    )


class Publishable:
    """The columns of a record that is published; beside them a ``flow`` whose states include ``published``."""

    state: Mapped[str] = state_column(DRAFT)
    starts_at: Mapped[datetime | None] = mapped_column(
        Moment, index=True, sort_order=8, info=label("发布时间", help="留空表示立即显示；填写将来的时间则到时显示")
    )
    ends_at: Mapped[datetime | None] = mapped_column(
        Moment, index=True, sort_order=8, info=label("结束时间", help="到时自动不再显示；留空表示长期有效")
    )


def visible(model: Any, now: datetime | None = None) -> Any:
    """The condition on records of ``model`` that are to be seen at this moment."""
    now = now or clock.now()
    return and_(model.state == PUBLISHED, model.starts_at <= now, or_(model.ends_at.is_(None), model.ends_at > now))


def phase(record: Any, now: datetime | None = None) -> str:
    """The record's state as the clock makes it: a key of ``PHASES``, or another state of its own flow."""
    now = now or clock.now()
    if record.state != PUBLISHED:
        return str(record.state)
    if record.ends_at is not None and record.ends_at <= now:
        return EXPIRED
    return SCHEDULED if record.starts_at > now else PUBLISHED


def check_period(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Raises Invalid when the end does not come after the beginning."""
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise Invalid.field("ends_at", _("结束时间应晚于发布时间"))


def publish(session: Session, record: Any, move: str = "publish", **values: Any) -> Any:
    """Make the move to published; without a beginning it begins now.

    Raises Invalid when its time is over, Conflict when its state does not allow it.
    """
    now = clock.now()
    if record.ends_at is not None and record.ends_at <= now:
        raise Invalid.field("ends_at", _("结束时间已过，请先修改结束时间"))
    check_period(record.starts_at, record.ends_at)
    return type(record).flow.apply(session, record, move, starts_at=record.starts_at or now, **values)


def check_reach(place_id: int | None) -> None:
    """Raises Invalid when somebody who is limited to some communities publishes for all of them (no place chosen)."""
    if place_id is None and rights.communities() is not None:
        raise Invalid.field("community_id", _("您的数据范围限于部分园区，请选择园区"))
