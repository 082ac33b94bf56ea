"""What is said about a job: comments both ways, the rating, the property's follow-up call (回访)."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import audit, clock, media
from app.core.db import execute
from app.core.errors import Conflict, Invalid
from app.modules.repairs.models import CONFIRMED, FollowUp, WorkOrder, WorkOrderEvent
from app.modules.repairs.operations import steps
from app.modules.repairs.operations.reporting import PURPOSE
from app.modules.repairs.operations.steps import Who


def comment(session: Session, order: WorkOrder, who: Who, text: str, media_keys: Sequence[str] = (),
            owner: tuple[str, str] = ("", ""), *, shared: bool = True) -> WorkOrderEvent:  # fmt: skip
    """Say something on the timeline; staff may keep a remark to themselves (``shared`` False). Raises Invalid."""
    text = text.strip()
    if not text or len(text) > steps.LONGEST_NOTE:
        raise Invalid.field("text", _("请填写留言（不超过 %(n)s 个字）", n=steps.LONGEST_NOTE))
    event = steps.note_down(session, order, "comment", who, text, shared=shared)
    if media_keys:
        media.attach(session, media_keys, PURPOSE, *owner, event)
    return event


def rate(session: Session, order: WorkOrder, who: Who, speed: int, attitude: int, quality: int, note: str) -> WorkOrder:
    """The reporter rates a job that is done, once: one to five for speed, attitude and quality. Raises Conflict."""
    values = {"speed": speed, "attitude": attitude, "quality": quality, "rating_note": note.strip()[:500]}
    done = execute(
        session,
        update(WorkOrder)
        .where(WorkOrder.id == order.id, WorkOrder.state == CONFIRMED, WorkOrder.rated_at.is_(None))
        .values(**values, rated_at=clock.now(), updated_at=clock.now()),
    )
    session.refresh(order)
    if done != 1:
        words = _("您已评价过该工单") if order.rated_at else _("确认完成后才能评价")
        raise Conflict(words, code="wrong_state")
    audit.record(session, "rate", order, {name: [None, value] for name, value in values.items()})
    words = _("速度 %(a)s 分，态度 %(b)s 分，质量 %(c)s 分", a=speed, b=attitude, c=quality)
    note = order.rating_note
    steps.note_down(session, order, "rate", who, f"{words}：{note}" if note else words)
    return order


def follow_up(session: Session, order: WorkOrder, staff_id: int, outcome: str, note: str) -> FollowUp:
    """Keep what a follow-up call brought. Raises Conflict while the order is open."""
    if order.closed_at is None:
        raise Conflict(_("工单关闭后才能登记回访"))
    record = FollowUp(
        community_id=order.community_id, work_order_id=order.id, outcome=outcome, note=note.strip()[:500],
        called_by=staff_id,
    )  # fmt: skip
    session.add(record)
    session.flush()
    steps.note_down(session, order, "follow_up", Who.staff(staff_id), record.note, shared=False)
    return record
