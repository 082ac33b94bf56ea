"""The job itself: appointment, start, waiting, finish, confirmation, cancelling (R4, R5, R7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core import clock, media, settings
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.modules.repairs import deadlines
from app.modules.repairs.models import (
    ACCEPTED,
    AGREED,
    DECLINED,
    DISPATCHED,
    FINISHED,
    QUOTED,
    REPORTER,
    STAFF,
    TECHNICIAN,
    URGENT,
    WAITING_CUSTOMER,
    WAITING_PARTS,
    WorkOrder,
)
from app.modules.repairs.operations import fees, steps
from app.modules.repairs.operations.reporting import FURTHEST, PURPOSE
from app.modules.repairs.operations.steps import NOBODY, Who, reason_of

DAY = timedelta(days=1)
LONGEST_VISIT = timedelta(hours=12)
USUAL_VISIT = timedelta(hours=1)
MOST_MATERIALS = 30
PAUSES = {WAITING_CUSTOMER: "wait_customer", WAITING_PARTS: "wait_parts"}


def theirs(order: WorkOrder, who: Who) -> tuple[Any, ...]:
    """The condition that an order still belongs to the one who acts."""
    return (WorkOrder.technician_id == who.id,) if who.actor == TECHNICIAN else ()


def for_reporter(order: WorkOrder, who: Who) -> None:
    """Staff answer only for a reporter who has no phone of ours. Raises Forbidden."""
    if who.actor == STAFF and order.reporter_id is not None:
        raise Forbidden(_("该工单由报修人在小程序中处理，客服不能代为操作"))


def propose(session: Session, order: WorkOrder, who: Who, starts: datetime, ends: datetime | None) -> WorkOrder:
    """One side proposes when to come; a technician who has not yet said so takes the order with it.

    With a caller who has no phone of ours the technician has agreed on the telephone: it holds at once.
    """
    ends = ends or starts + USUAL_VISIT
    if not clock.now() - timedelta(minutes=5) <= starts <= clock.now() + FURTHEST:
        raise Invalid.field("starts_at", _("上门时间应在今后 60 天之内"))
    if not starts < ends <= starts + LONGEST_VISIT:
        raise Invalid.field("ends_at", _("结束时间应晚于开始时间，且不超过 12 小时"))
    if who.actor == TECHNICIAN and order.state == DISPATCHED:
        steps.make(session, order, "take", who, *theirs(order, who), taken_at=order.taken_at or clock.now())
    steps.make(
        session, order, "propose", who, *theirs(order, who), note=_span(starts, ends), proposed_by=who.actor,
        proposed_from=starts, proposed_until=ends, appointment_at=None, appointment_until=None,
    )  # fmt: skip
    if order.reporter_id is None:
        _agree(session, order, who, WorkOrder.proposed_from == starts)
    return order


def agree(session: Session, order: WorkOrder, who: Who, seen: datetime | None = None) -> WorkOrder:
    """The other side agrees. With ``seen``, only to that time: a proposal may have changed meanwhile."""
    for_reporter(order, who)
    if order.proposed_by == who.actor:
        raise Conflict(_("请等待对方确认您提议的时间"), code="own_proposal")
    if order.proposed_from is None or (seen is not None and seen != order.proposed_from):
        raise Conflict(_("提议的上门时间已变更，请刷新后重新确认"), code="proposal_changed")
    _agree(session, order, who, WorkOrder.proposed_from == order.proposed_from, *theirs(order, who))
    return order


def _agree(session: Session, order: WorkOrder, who: Who, *conditions: Any) -> None:
    starts, ends = order.proposed_from, order.proposed_until
    assert starts is not None
    assert ends is not None
    steps.go_on(session, order, who)
    steps.make(session, order, "agree", who, *conditions, note=_span(starts, ends), appointment_at=starts,
               appointment_until=ends, proposed_by="", proposed_from=None, proposed_until=None)  # fmt: skip


def _span(starts: datetime, ends: datetime) -> str:
    first, last = clock.local(starts), clock.local(ends)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M}–{end}"


def start(session: Session, order: WorkOrder, who: Who) -> WorkOrder:
    """Work begins: at an agreed time, or at once where it is urgent; never before an offered fee is accepted (R8)."""
    if order.fee_state in (QUOTED, DECLINED):
        raise Conflict(_("报价尚未得到客户同意，不能开工"), code="quote_open")
    if order.state != ACCEPTED and order.priority != URGENT and order.state in WorkOrder.flow.moves["start"].source:
        raise Conflict(_("请先与客户约定上门时间"), code="no_appointment")
    steps.go_on(session, order, who)
    steps.make(
        session, order, "start", who, *theirs(order, who), WorkOrder.fee_state.not_in((QUOTED, DECLINED)),
        or_(WorkOrder.state == ACCEPTED, WorkOrder.priority == URGENT), started_at=clock.now(),
    )  # fmt: skip
    return order


def pause(session: Session, order: WorkOrder, who: Who, cause: str, reason: str) -> WorkOrder:
    """The clock stands still while customer or parts are waited for. Raises Invalid without a reason, Conflict."""
    reason = reason_of(reason)
    working = WorkOrder.flow.moves["transfer"].source
    if order.state not in working or order.state == DISPATCHED:
        raise Conflict(WorkOrder.flow.refusal(session, order, WorkOrder.clock_flow.moves[PAUSES[cause]]))
    steps.make(session, order, PAUSES[cause], who, *theirs(order, who), WorkOrder.state == order.state, note=reason,
               paused_at=clock.now())  # fmt: skip
    return order


def resume(session: Session, order: WorkOrder, who: Who) -> WorkOrder:
    """What was waited for has come."""
    if order.paused_at is None:
        raise Conflict(_("工单正在计时，无需恢复"), code="wrong_state")
    steps.go_on(session, order, who)
    return order


def finish(
    session: Session,
    order: WorkOrder,
    who: Who,
    *,
    solution: str,
    materials: Sequence[Mapping[str, str]] = (),
    media_keys: Sequence[str] = (),
    owner: tuple[str, str] = ("", ""),
) -> WorkOrder:
    """The technician has done it: what was done, with what, and how it looks now. Raises Invalid, Conflict."""
    solution = solution.strip()
    if not solution:
        raise Invalid.field("solution", _("请填写处理说明"))
    if len(materials) > MOST_MATERIALS:
        raise Invalid.field("materials", _("用料最多 %(n)s 项", n=MOST_MATERIALS))
    used = [{"name": row["name"].strip(), "quantity": row["quantity"].strip()} for row in materials]
    steps.go_on(session, order, who)
    flow_values = {"finished_at": clock.now(), "solution": solution, "materials": used, "confirm_asked_at": None}
    event = steps.make(session, order, "finish", who, *theirs(order, who), note=solution[:500], **flow_values)
    if media_keys:
        media.attach(session, media_keys, PURPOSE, *owner, event)
    return order


def confirm(session: Session, order: WorkOrder, who: Who) -> WorkOrder:
    """The reporter says it is done: only that, or days of silence after a notice, closes an order (R4)."""
    for_reporter(order, who)
    steps.make(session, order, "confirm", who, closed_at=clock.now())
    if order.fee_state == AGREED:
        fees.charge(session, order)
    return order


def not_done(session: Session, order: WorkOrder, who: Who, reason: str, media_keys: Sequence[str] = (),
             owner: tuple[str, str] = ("", "")) -> WorkOrder:  # fmt: skip
    """The reporter says it is not done: work goes on; the time it lay with them does not count."""
    for_reporter(order, who)
    reason = reason_of(reason)
    since = order.finished_at
    values = deadlines.after_pause(order, since, clock.now()) if since is not None else {}
    event = steps.make(session, order, "not_done", who, WorkOrder.finished_at == since, note=reason,
                       finished_at=None, reopened=order.reopened + 1, confirm_asked_at=None, **values)  # fmt: skip
    if media_keys:
        media.attach(session, media_keys, PURPOSE, *owner, event)
    return order


def cancel(session: Session, order: WorkOrder, who: Who, reason: str) -> WorkOrder:
    """Taken back before work begins (R7), by the reporter or by staff; an offered fee falls with it."""
    reason = reason_of(reason)
    if who.actor == REPORTER and order.reporter_id != who.id:
        raise NotFound
    _close(session, order, "cancel", who, reason)
    return order


def force_close(session: Session, order: WorkOrder, who: Who, reason: str) -> WorkOrder:
    """Staff with the right close an order that cannot go on; what was agreed of a fee is not charged."""
    _close(session, order, "force_close", who, reason_of(reason))
    return order


def _close(session: Session, order: WorkOrder, move: str, who: Who, reason: str) -> None:
    steps.go_on(session, order, who)
    steps.make(session, order, move, who, note=reason, closed_at=clock.now())
    if order.fee_state in (QUOTED, DECLINED, AGREED):
        fees.drop(session, order, who)


def confirm_by_silence(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: remind a day before, and confirm what the reporter has left unanswered for the days that are set."""
    days = timedelta(days=settings.get("repairs.auto_confirm_days"))
    now = clock.now()
    finished = select(WorkOrder).where(WorkOrder.state == FINISHED).order_by(WorkOrder.id).limit(500)
    asked = finished.where(
        WorkOrder.confirm_asked_at.is_(None), WorkOrder.finished_at <= now - days + timedelta(days=1)
    )
    for order in session.scalars(asked):
        order.confirm_asked_at = now
        note = _("请确认维修结果；如 24 小时内未反馈，工单将自动确认完成")
        steps.note_down(session, order, "ask_confirm", NOBODY, note)
    silent = finished.where(WorkOrder.confirm_asked_at <= now - DAY, WorkOrder.finished_at <= now - days)
    for order in session.scalars(silent):
        confirm(session, order, NOBODY)
