"""When a work order should be taken and finished: stored moments, moved by what is waited for (R5)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock, settings
from app.core.db import Moment
from app.modules.repairs.models import CANCELLED, URGENT, RepairCategory, WorkOrder
from app.modules.repairs.working_time import ALWAYS, WorkingTime, is_workday

EARLIEST = [f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(6 * 60, 12 * 60, 30)]
LATEST = [f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in range(12 * 60, 24 * 60 + 1, 30)]
EVERY_DAY, WORKDAYS = "every_day", "workdays"


def working_time(round_clock: bool) -> WorkingTime:
    """The working time of the settings; all of it for an order whose clock never stops."""
    if round_clock:
        return ALWAYS
    works = is_workday if settings.get("repairs.work_days") == WORKDAYS else ALWAYS.works
    return WorkingTime(_since_midnight("repairs.work_from"), _since_midnight("repairs.work_until"), works)


def _since_midnight(key: str) -> timedelta:
    hours, _colon, minutes = settings.get(key).partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def assess(order: WorkOrder, category: RepairCategory) -> None:
    """Set the deadlines from category and priority.

    The time to take it runs from the report, the time to finish it from when the reporter wants somebody to come, if
    that is later; pauses so far are not counted.
    """
    respond, finish = category.limits(order.priority)
    order.round_clock = order.priority == URGENT and settings.get("repairs.urgent_round_clock")
    hours = working_time(order.round_clock)
    since = max(order.created_at, order.preferred_at or order.created_at)
    order.respond_due_at = hours.after(order.created_at, respond)
    order.finish_due_at = hours.after(since, finish + timedelta(seconds=order.paused_working_seconds))


def after_pause(order: WorkOrder, since: datetime, until: datetime) -> dict[str, Any]:
    """The values with which the clock goes on at ``until`` after it stood still from ``since``."""
    hours = working_time(order.round_clock)
    stood = hours.between(since, until)
    return {
        "paused_seconds": order.paused_seconds + int((until - since).total_seconds()),
        "paused_working_seconds": order.paused_working_seconds + int(stood.total_seconds()),
        "finish_due_at": hours.after(order.finish_due_at, stood),
    }


def is_late(due: datetime, *ends: datetime | None) -> bool:
    """Whether something ended (or, not ended, stands now) after its time; the first end that is known counts."""
    return next((end for end in ends if end is not None), clock.now()) > due


def respond_late(order: WorkOrder) -> bool:
    """Whether the order was or is taken too late."""
    return is_late(order.respond_due_at, order.taken_at, order.closed_at)


def finish_late(order: WorkOrder) -> bool:
    """Whether the order was or is finished too late; while its clock stands still, it does not become so."""
    return is_late(order.finish_due_at, order.finished_at, order.closed_at, order.paused_at)


def overdue() -> Any:
    """The condition of both, as a filter over open and closed orders; cancelled ones are not counted."""
    return and_(WorkOrder.state != CANCELLED, or_(*_late_conditions()))


def finish_overdue() -> Any:
    """The condition of ``finish_late``."""
    return _late_conditions()[1]


def _late_conditions() -> tuple[Any, Any]:
    return (
        _first(WorkOrder.taken_at, WorkOrder.closed_at) > WorkOrder.respond_due_at,
        _first(WorkOrder.finished_at, WorkOrder.closed_at, WorkOrder.paused_at) > WorkOrder.finish_due_at,
    )


def _first(*columns: InstrumentedAttribute[Any]) -> Any:
    return func.coalesce(*columns, literal(clock.now(), Moment()), type_=Moment())
