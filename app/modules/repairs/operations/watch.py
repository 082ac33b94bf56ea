"""Watching the clock: warnings before a deadline, escalation after it (R5)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.modules.members.models import Member
from app.modules.repairs.models import ASSIGNED, DISPATCHED, SUBMITTED, WorkOrder
from app.modules.repairs.operations import steps
from app.modules.repairs.operations.steps import NOBODY

AT_ONCE = 500
UNTAKEN = (SUBMITTED, DISPATCHED)
UNFINISHED = (SUBMITTED, *ASSIGNED)


def watch(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: say once that a deadline is near, and once that it has passed; the technician hears of it, after it has
    passed the supervisor of the settings too. An order whose clock stands still is left alone."""
    now = clock.now()
    soon = now + timedelta(minutes=settings.get("repairs.warn_minutes"))
    for part, states in (("respond", UNTAKEN), ("finish", UNFINISHED)):
        due = getattr(WorkOrder, f"{part}_due_at")
        warned, late = (getattr(WorkOrder, f"{part}_{end}_at") for end in ("warned", "late"))
        done = (WorkOrder.taken_at.is_(None),) if part == "respond" else ()
        running = (
            select(WorkOrder)
            .where(WorkOrder.state.in_(states), WorkOrder.paused_at.is_(None), *done)
            .order_by(due)
            .limit(AT_ONCE)
        )
        for order in session.scalars(running.where(due <= now, late.is_(None))).all():
            setattr(order, f"{part}_late_at", now)
            setattr(order, f"{part}_warned_at", getattr(order, f"{part}_warned_at") or now)
            _say(session, order, f"late_{part}", getattr(order, f"{part}_due_at"))
        for order in session.scalars(running.where(due > now, due <= soon, warned.is_(None))).all():
            setattr(order, f"{part}_warned_at", now)
            _say(session, order, f"warn_{part}", getattr(order, f"{part}_due_at"))


def _say(session: Session, order: WorkOrder, step: str, due: Any) -> None:
    note = _("截止时间 %(at)s", at=f"{clock.local(due):%Y-%m-%d %H:%M}")
    steps.note_down(session, order, step, NOBODY, note, shared=step.startswith("late"))
    supervisor = settings.get("repairs.supervisor_member")
    if step.startswith("late") and supervisor and session.get(Member, supervisor) is not None:
        steps.tell_member(session, order, supervisor, step, note)
