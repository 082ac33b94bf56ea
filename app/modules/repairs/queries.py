"""Reads of work orders that more than one face needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app.core import clock, media, rights
from app.core.errors import NotFound
from app.core.media import MediaFile
from app.core.own_data import Own
from app.modules.estate.models import Unit
from app.modules.members.models import Technician
from app.modules.repairs import deadlines
from app.modules.repairs.models import (
    ACCEPTED,
    ACTORS,
    ASSIGNED,
    DECLINED,
    FLOWS,
    GRABBED,
    MAY,
    OPEN,
    PUBLIC,
    QUOTED,
    REPORTER,
    STAFF,
    STEPS,
    SUBMITTED,
    TECHNICIAN,
    URGENT,
    WorkOrder,
    WorkOrderEvent,
)
from app.modules.repairs.operations import assignment
from app.modules.repairs.operations.steps import Who

BEING_TAKEN = (SUBMITTED, *ASSIGNED)
SHOWN = (
    selectinload(WorkOrder.category),
    selectinload(WorkOrder.unit).selectinload(Unit.building),
    selectinload(WorkOrder.technician),
    selectinload(WorkOrder.community),
)
"""What a list or a page of orders needs loaded."""


def place_of(order: WorkOrder) -> str:
    """Where it is, in words: the unit with its building, and what was written."""
    unit = f"{order.unit.building.name} {order.unit.number}" if order.unit else ""
    return " ".join(part for part in (unit, order.place) if part)


def reported_by(member_id: int) -> Select[WorkOrder]:
    """A member's own reports."""
    return select(WorkOrder).where(WorkOrder.reporter_id == member_id)


def assigned_to(technician: Technician) -> Select[WorkOrder]:
    """What a technician has, or had and finished."""
    return select(WorkOrder).where(WorkOrder.technician_id == technician.id)


def pool_of(technician: Technician) -> Select[WorkOrder]:
    """What a technician may grab; nothing off duty."""
    return select(WorkOrder).where(*assignment.in_pool(technician), true() if technician.on_duty else false())


def visible(session: Session, number: int, *conditions: Any) -> WorkOrder:
    """The order if the conditions hold for it. Raises NotFound: not yours is not there."""
    found = session.scalar(select(WorkOrder).where(WorkOrder.id == number, or_(*conditions)).options(*SHOWN))
    if found is None:
        raise NotFound
    return found


def for_reporter(session: Session, member_id: int, number: int) -> WorkOrder:
    """A reporter's own order. Raises NotFound."""
    return visible(session, number, WorkOrder.reporter_id == member_id)


def for_technician(session: Session, technician: Technician, number: int) -> WorkOrder:
    """An order that a technician sees: their own, and what is in their pool. Raises NotFound."""
    return visible(session, number, WorkOrder.technician_id == technician.id, and_(*assignment.in_pool(technician)))


def moves_for(order: WorkOrder, who: Who) -> list[str]:
    """The moves that somebody may make now, as far as the order itself tells."""
    names = [
        name
        for flow in FLOWS
        for name in flow.open_moves(order)
        if who.actor in MAY[name] and (who.actor != TECHNICIAN or name == "grab" or order.technician_id == who.id)
    ]
    answered = order.fee_state in (QUOTED, DECLINED)
    working = order.state in ASSIGNED[1:]
    before = order.state in (GRABBED, ACCEPTED)
    allowed = {
        "grab": order.area != PUBLIC,
        "agree": order.proposed_by not in ("", who.actor),
        "start": not answered and (order.state == ACCEPTED or order.priority == URGENT),
        "wait_customer": working,
        "wait_parts": working,
        "quote": before and order.customer_id is not None,
        "withdraw_quote": before,
        "accept_quote": before,
        "decline_quote": before,
        "resume": who.actor == TECHNICIAN,
        "charge": False,
    }
    if who.actor == STAFF and order.reporter_id is not None:
        allowed |= dict.fromkeys(("agree", "confirm", "not_done", "accept_quote", "decline_quote"), False)
    if order.state == "confirmed" and order.rated_at is None and who.actor == REPORTER:
        names.append("rate")
    return [name for name in names if allowed.get(name, True)]


@dataclass(frozen=True)
class Line:
    """One step of the timeline in words, with the pictures that came with it."""

    at: datetime
    step: str
    title: str
    actor: str
    who: str
    note: str
    state: str
    pictures: Sequence[MediaFile]
    shared: bool


def timeline(session: Session, order: WorkOrder, *, staff: bool) -> list[Line]:
    """Every step in its order; to members staff are the property, and internal remarks are left out."""
    query = select(WorkOrderEvent).where(WorkOrderEvent.work_order_id == order.id).order_by(WorkOrderEvent.id)
    events = session.scalars(query if staff else query.where(WorkOrderEvent.shared.is_(True))).all()
    names = _names(session, events, staff=staff)
    pictures: dict[str, list[MediaFile]] = {}
    for file in session.scalars(_pictures(WorkOrderEvent, [event.id for event in events])):
        pictures.setdefault(str(file.record_id), []).append(file)
    return [
        Line(event.at, event.step, STEPS[event.step], event.actor,
             names.get((event.actor, event.actor_id or 0), ACTORS[event.actor]), event.note, event.state,
             pictures.get(str(event.id), ()), event.shared)
        for event in events
    ]  # fmt: skip


def _names(session: Session, events: Sequence[WorkOrderEvent], *, staff: bool) -> dict[tuple[str, int], str]:
    ids = {actor: {event.actor_id or 0 for event in events if event.actor == actor} for actor in (TECHNICIAN, STAFF)}
    rows = session.execute(select(Technician.id, Technician.name).where(Technician.id.in_(ids[TECHNICIAN])))
    names = {(TECHNICIAN, number): name for number, name in rows}
    if staff and ids[STAFF]:
        people = session.execute(select(User.id, User.first_name, User.last_name).where(User.id.in_(ids[STAFF])))
        names |= {(STAFF, row.id): f"{row.first_name}{row.last_name}" for row in people}
    return names


def _pictures(model: Any, ids: Sequence[int]) -> Select[MediaFile]:
    return (
        select(MediaFile)
        .where(MediaFile.record == model.__tablename__, MediaFile.record_id.in_([str(number) for number in ids]))
        .order_by(MediaFile.position, MediaFile.id)
    )


def pictures_of(session: Session, orders: Sequence[WorkOrder]) -> dict[int, list[MediaFile]]:
    """The reporters' pictures of several orders, in one query."""
    found: dict[int, list[MediaFile]] = {}
    for file in session.scalars(_pictures(WorkOrder, [order.id for order in orders])):
        found.setdefault(int(file.record_id or 0), []).append(file)
    return found


def picture_of(session: Session, order: WorkOrder, key: str) -> MediaFile:
    """A picture of the order or of one of its steps. Raises NotFound for any other."""
    file = media.by_key(session, key)
    if (file.record, file.record_id) == (WorkOrder.__tablename__, str(order.id)):
        return file
    if file.record == WorkOrderEvent.__tablename__ and file.record_id:
        event = session.get(WorkOrderEvent, int(file.record_id))
        if event is not None and event.work_order_id == order.id and event.shared:
            return file
    raise NotFound


@dataclass(frozen=True)
class Suggestion:
    """A technician for an order: the fit of the trade, the jobs in hand, and whether on duty."""

    technician: Technician
    fits: bool
    load: int

    @property
    def words(self) -> str:
        """Why, in a line."""
        fit = _("工种匹配") if self.fits else _("工种不符")
        duty = _("在岗") if self.technician.on_duty else _("不在岗")
        return _("%(duty)s，%(fit)s，在手 %(n)s 单", duty=duty, fit=fit, n=self.load)


def suggestions(session: Session, order: WorkOrder) -> list[Suggestion]:
    """Who may be given the order, the best first: on duty, with the trade, with the fewest jobs in hand (R2)."""
    people = session.scalars(select(Technician).where(*assignment.possible(order)).limit(500)).all()
    loads = load_of(session, [person.id for person in people])
    found = [
        Suggestion(person, order.trade == assignment.ANY_TRADE or order.trade in person.trades, loads.get(person.id, 0))
        for person in people
        if person.id != order.technician_id
    ]
    return sorted(found, key=lambda one: (not one.technician.on_duty, not one.fits, one.load, one.technician.id))


def load_of(session: Session, technicians: Sequence[int]) -> dict[int, int]:
    """The jobs in hand by technician."""
    rows = session.execute(
        select(WorkOrder.technician_id, func.count())
        .where(WorkOrder.technician_id.in_(technicians), WorkOrder.state.in_(ASSIGNED))
        .group_by(WorkOrder.technician_id)
    )
    return {number: count for number, count in rows if number is not None}


def in_scope(query: Any) -> Any:
    """The orders within the signed-in person's communities."""
    return rights.within(query, WorkOrder)


def count_waiting(session: Session) -> int:
    """Orders of public areas that wait for staff to dispatch them."""
    query = select(func.count()).where(WorkOrder.state == SUBMITTED, WorkOrder.area == PUBLIC)
    return session.scalar(in_scope(query)) or 0


def count_overdue(session: Session) -> int:
    """Open orders past a deadline."""
    query = select(func.count()).where(WorkOrder.state.in_(OPEN), deadlines.overdue())
    return session.scalar(in_scope(query)) or 0


def appointments(session: Session, start: datetime, end: datetime, *conditions: Any) -> list[WorkOrder]:
    """Agreed visits in a span of time, in order."""
    query = (
        select(WorkOrder)
        .where(WorkOrder.appointment_at >= start, WorkOrder.appointment_at < end, *conditions)
        .order_by(WorkOrder.appointment_at)
        .limit(500)
        .options(*SHOWN)
    )
    return list(session.scalars(in_scope(query)))


def remaining(order: WorkOrder) -> str:
    """How the clock of an open order stands, in words: what is next due, and how far away."""
    if order.closed_at is not None or order.finished_at is not None:
        return _("已超时") if deadlines.finish_late(order) else ""
    if order.paused_at is not None:
        return WorkOrder.clock_flow.title(order.clock)
    due = order.respond_due_at if order.taken_at is None else order.finish_due_at
    what = _("接单") if order.taken_at is None else _("完工")
    minutes = int((due - clock.now()).total_seconds() // 60)
    if minutes < 0:
        return _("%(what)s超时 %(time)s", what=what, time=in_words(-minutes))
    return _("%(what)s剩余 %(time)s", what=what, time=in_words(minutes))


def in_words(minutes: int) -> str:
    """1 天 2 小时 of 1560 minutes."""
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return _("%(d)s 天 %(h)s 小时", d=days, h=hours)
    return _("%(h)s 小时 %(m)s 分", h=hours, m=minutes % 60) if hours else _("%(m)s 分钟", m=minutes)


def for_grabbing(session: Session, technician: Technician, number: int) -> WorkOrder:
    """An order that is, or a moment ago was, in a technician's pool: who comes late is told who was faster.

    Only leased-area orders of the own trade and community that are being worked on; all else is NotFound.
    """
    _state, *rest = assignment.in_pool(technician)
    return visible(
        session, number, WorkOrder.technician_id == technician.id, and_(WorkOrder.state.in_(BEING_TAKEN), *rest)
    )


OWN_DATA = (
    Own(
        "work_orders", WorkOrder, lambda member_id: WorkOrder.reporter_id == member_id,
        ("number", "area", "place", "description", "contact_name", "contact_phone", "preferred_at", "state",
         "created_at", "closed_at", "quote_fen", "fee_state", "speed", "attitude", "quality", "rating_note"),
    ),
    Own(
        "work_order_notes", WorkOrderEvent,
        lambda member_id: and_(WorkOrderEvent.actor == REPORTER, WorkOrderEvent.actor_id == member_id),
        ("work_order_id", "at", "step", "note"),
    ),
)  # fmt: skip
"""What is kept about the one who reports."""
