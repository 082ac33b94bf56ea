"""Who does the job: dispatch, grabbing, taking, handing on, giving back, and duty (R2, R3, R7)."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.errors import Conflict, Invalid, NotFound
from app.modules.members.models import Technician
from app.modules.repairs.models import ASSIGNED, LEASED, SUBMITTED, WorkOrder
from app.modules.repairs.operations import steps
from app.modules.repairs.operations.steps import Who, reason_of

ANY_TRADE = "general"
"""What every technician can do."""
NO_APPOINTMENT: dict[str, Any] = {
    "proposed_by": "", "proposed_from": None, "proposed_until": None, "appointment_at": None,
    "appointment_until": None,
}  # fmt: skip


def in_pool(technician: Technician) -> tuple[Any, ...]:
    """The conditions on WorkOrder that make the pool of a technician: leased area, own trades, own community (R3)."""
    here = [] if technician.community_id is None else [WorkOrder.community_id == technician.community_id]
    return (
        WorkOrder.state == SUBMITTED,
        WorkOrder.area == LEASED,
        WorkOrder.trade.in_([*technician.trades, ANY_TRADE]),
        *here,
    )


def open_jobs(session: Session, technician_id: int) -> int:
    """How many orders a technician has in hand."""
    count = select(func.count()).where(WorkOrder.technician_id == technician_id, WorkOrder.state.in_(ASSIGNED))
    return session.scalar(count) or 0


def grab(session: Session, order: WorkOrder, technician: Technician) -> WorkOrder:
    """A technician takes an order from the pool; of many at once one wins and the others are told who did (R3).

    The technician's row is locked first, so that the cap on open jobs holds against several phones. Raises Conflict.
    """
    session.refresh(technician, with_for_update=True)
    session.refresh(order)
    if order.technician_id == technician.id and order.state in ASSIGNED:
        return order  # pressed twice, or the answer was lost on the way
    if not technician.on_duty:
        raise Conflict(_("您当前不在岗，请先上岗再接单"), code="off_duty")
    most = settings.get("repairs.open_jobs_most")
    if open_jobs(session, technician.id) >= most:
        raise Conflict(_("您在手的工单已达 %(n)s 张，请先完成再接单", n=most), code="too_many_jobs")
    try:
        steps.make(session, order, "grab", Who.technician(technician.id), WorkOrder.technician_id.is_(None),
                   *in_pool(technician), technician_id=technician.id, taken_at=clock.now())  # fmt: skip
    except Conflict:
        raise _taken(session, order) from None
    return order


def _taken(session: Session, order: WorkOrder) -> Conflict:
    if order.technician_id is None:
        return Conflict(_("该工单已不在抢单池中"), code="not_in_pool")
    name = session.scalar(select(Technician.name).where(Technician.id == order.technician_id))
    return Conflict(_("手慢了，该工单已由%(name)s接单", name=name), code="taken")


def take(session: Session, order: WorkOrder, technician: Technician) -> WorkOrder:
    """The technician accepts what staff or a colleague gave them; the first time that it was taken stays."""
    mine = WorkOrder.technician_id == technician.id
    steps.make(session, order, "take", Who.technician(technician.id), mine, taken_at=order.taken_at or clock.now())
    return order


def dispatch(session: Session, order: WorkOrder, technician_id: int, staff_id: int) -> WorkOrder:
    """Staff give an order to a technician (R2), also one that nobody in the pool takes."""
    technician = candidate(session, order, technician_id)
    steps.make(session, order, "dispatch", Who.staff(staff_id), note=technician.name, technician_id=technician.id)
    return order


def reassign(session: Session, order: WorkOrder, technician_id: int, staff_id: int, reason: str) -> WorkOrder:
    """Staff give it to somebody else; the appointment has to be made anew (R7)."""
    return _hand_on(session, order, "reassign", Who.staff(staff_id), technician_id, reason_of(reason))


def transfer(session: Session, order: WorkOrder, technician: Technician, to_id: int, reason: str) -> WorkOrder:
    """The technician hands it to a colleague, who still has to take it."""
    mine = WorkOrder.technician_id == technician.id
    return _hand_on(session, order, "transfer", Who.technician(technician.id), to_id, reason_of(reason), mine)


def _hand_on(session: Session, order: WorkOrder, move: str, who: Who, to_id: int, reason: str,
             *conditions: Any) -> WorkOrder:  # fmt: skip
    before = order.technician_id
    if to_id == before:
        raise Invalid.field("technician_id", _("工单已在该师傅手中"))
    technician = candidate(session, order, to_id)
    steps.go_on(session, order, who)
    note = f"{technician.name}（{reason}）"
    steps.make(session, order, move, who, *conditions, note=note, technician_id=to_id, **NO_APPOINTMENT)
    if before is not None and who != Who.technician(before):
        steps.tell_technician(session, order, before, _("工单已改派给其他师傅"), reason)
    return order


def candidate(session: Session, order: WorkOrder, technician_id: int) -> Technician:
    """A technician who may be given the order. Raises Invalid."""
    technician = session.get(Technician, technician_id)
    if technician is None or not technician.active or technician.community_id not in (None, order.community_id):
        raise Invalid.field("technician_id", _("请选择本园区在册的维修师傅"))
    return technician


def give_back(session: Session, order: WorkOrder, technician: Technician, reason: str) -> WorkOrder:
    """The technician returns it: to the pool, or to the desk for a public area; its time to be taken goes on."""
    who = Who.technician(technician.id)
    reason = reason_of(reason)
    steps.go_on(session, order, who)
    steps.make(session, order, "give_back", who, WorkOrder.technician_id == technician.id, note=reason,
               technician_id=None, taken_at=None, **NO_APPOINTMENT)  # fmt: skip
    return order


def set_duty(session: Session, technician: Technician, on_duty: bool) -> Technician:
    """The technician comes on or goes off duty; off duty the pool is closed to them."""
    technician.on_duty = on_duty
    session.flush()
    return technician


def technician_of(session: Session, member_id: int) -> Technician:
    """The technician who a member is. Raises NotFound."""
    found = session.scalar(
        select(Technician).where(Technician.member_id == member_id, Technician.active.is_(True)).limit(1)
    )
    if found is None:
        raise NotFound
    return found


def possible(order: WorkOrder) -> tuple[Any, ...]:
    """The conditions on Technician for those who may be given the order."""
    return (
        Technician.active.is_(True),
        or_(Technician.community_id.is_(None), Technician.community_id == order.community_id),
    )
