"""Back office: the board of open orders by state, and the week's appointments (R6)."""

from datetime import date, timedelta
from typing import Any

from flask import render_template, request
from sqlalchemy import func, select

from app.core import clock
from app.core.backoffice import PageView, page
from app.core.communities import named_communities
from app.core.db import db, whole_number
from app.core.rights import can
from app.modules.members.models import TRADES, Technician
from app.modules.repairs import deadlines, queries
from app.modules.repairs.models import AREAS, OPEN, PRIORITIES, STATES, SUBMITTED, WorkOrder

PER_COLUMN = 40
FILTERS = {"area": (WorkOrder.area, AREAS), "trade": (WorkOrder.trade, TRADES),
           "priority": (WorkOrder.priority, PRIORITIES)}  # fmt: skip


def _number(name: str) -> int | None:
    return whole_number(request.args.get(name))


def _chosen() -> tuple[list[Any], dict[str, str]]:
    """The conditions of the address, and the part of it that holds."""
    conditions: list[Any] = []
    kept: dict[str, str] = {}
    column: Any
    for name, (column, choices) in FILTERS.items():
        if request.args.get(name) in choices:
            kept[name] = request.args[name]
            conditions.append(column == kept[name])
    for name, column in (("community", WorkOrder.community_id), ("technician", WorkOrder.technician_id)):
        number = _number(name)
        if number is not None:
            kept[name] = str(number)
            conditions.append(column == number)
    if "late" in request.args:
        kept["late"] = "1"
        conditions.append(deadlines.overdue())
    return conditions, kept


def _technicians() -> list[tuple[str, str]]:
    query = select(Technician.id, Technician.name).where(Technician.active.is_(True)).order_by(Technician.name)
    return [(str(number), name) for number, name in db.session.execute(query.limit(500))]


class WorkOrderBoardView(PageView):
    """工单看板: a column for each state, the next due on top; arrow keys move, Enter opens."""

    area, title, icon = "work_orders", "工单看板", "fa-table-columns"
    route_base = "/repairs/board"
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        session = db.session()
        conditions, kept = _chosen()
        tally = (
            select(WorkOrder.state, func.count())
            .where(WorkOrder.state.in_(OPEN), *conditions)
            .group_by(WorkOrder.state)
        )
        counts = {row[0]: row[1] for row in session.execute(queries.in_scope(tally))}
        columns = []
        for state in OPEN:
            due = WorkOrder.respond_due_at if state == SUBMITTED else WorkOrder.finish_due_at
            query = select(WorkOrder).where(WorkOrder.state == state, *conditions).order_by(due).limit(PER_COLUMN)
            orders = session.scalars(queries.in_scope(query).options(*queries.SHOWN)).all() if counts.get(state) else []
            columns.append((state, STATES[state], counts.get(state, 0), orders))
        return render_template(
            "repairs/board.html",
            view=self,
            columns=columns,
            kept=kept,
            words=queries.remaining,
            place=queries.place_of,
            late=lambda order: deadlines.respond_late(order) or deadlines.finish_late(order),
            filters=[(name, column.info["label"], choices) for name, (column, choices) in FILTERS.items()],
            communities=named_communities(session),
            technicians=_technicians(),
            priorities=PRIORITIES,
            may_add=can(self.area, "edit"),
        )


class AppointmentCalendarView(PageView):
    """预约日历: the agreed visits of a week, day by day."""

    area, title, icon = "work_orders", "预约日历", "fa-calendar-week"
    route_base = "/repairs/calendar"
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        monday = _monday(request.args.get("week", ""))
        conditions, kept = _chosen()
        days = [monday + timedelta(days=n) for n in range(7)]
        by_day: dict[date, list[WorkOrder]] = {day: [] for day in days}
        start, end = clock.start_of(monday), clock.start_of(monday + timedelta(days=7))
        for order in queries.appointments(db.session(), start, end, *conditions):
            assert order.appointment_at is not None
            by_day[clock.local(order.appointment_at).date()].append(order)
        return render_template(
            "repairs/calendar.html",
            view=self,
            days=[(day, by_day[day]) for day in days],
            today=clock.today(),
            previous=monday - timedelta(days=7),
            following=monday + timedelta(days=7),
            monday=monday,
            kept=kept,
            local=clock.local,
            place=queries.place_of,
            states=STATES,
            communities=named_communities(db.session()),
            technicians=_technicians(),
        )


def _monday(text: str) -> date:
    """The Monday of the week that a day lies in; of this week when the text is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = clock.today()
    day = day if 2000 <= day.year <= 2999 else clock.today()
    return day - timedelta(days=day.weekday())
