"""Mobile endpoints: reporting, the lists of both sides, one order with its timeline (R1–R6)."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media, settings
from app.core.api import ANY, Caller, Endpoints, Page, answers_file, as_id, paginate
from app.core.db import db
from app.core.errors import Invalid
from app.core.media import MediaFile
from app.core.privacy import mask_phone
from app.modules.members.models import TRADES, Member
from app.modules.repairs import deadlines, queries
from app.modules.repairs.models import (
    AREAS,
    CANCELLED,
    CONFIRMED,
    LEASED,
    PRIORITIES,
    PUBLIC,
    RepairCategory,
    WorkOrder,
)
from app.modules.repairs.operations import assignment, reporting
from app.modules.repairs.operations.steps import Who
from app.modules.repairs.schemas import (
    AssignedTechnicianOut,
    ColleagueOut,
    DutyIn,
    DutyOut,
    RepairCategoryOut,
    RepairPointOut,
    RepairRatingOut,
    TimelineStepOut,
    WorkOrderDetailOut,
    WorkOrderIn,
    WorkOrderOut,
    WorkOrdersQuery,
    WorkPictureOut,
    WorkPictureQuery,
)

api = Endpoints("repairs", "报修")
RESIDENTS = ("merchant", "tenant")
WORKERS = ("technician",)
BOTH = (*RESIDENTS, *WORKERS)
CLOSED = (CONFIRMED, CANCELLED)
PICTURE = answers_file(media.JPEG, media.PNG)


def owner(caller: Caller) -> tuple[str, str]:
    """Whose uploads a caller attaches."""
    return "member", str(caller.member_id)


def mine(caller: Caller, work_order_id: str) -> tuple[Session, WorkOrder, Who]:
    """The request's session, an order as the caller sees it, and who they are to it: a technician their own and the
    pool, a resident what they reported. Raises NotFound."""
    session, number = db.session(), as_id(work_order_id)
    if caller.role in WORKERS:
        technician = assignment.technician_of(session, caller.member_id)
        return session, queries.for_technician(session, technician, number), Who.technician(technician.id)
    return session, queries.for_reporter(session, caller.member_id, number), Who.reporter(caller.member_id)


# ---- what one sees


def _picture(order: WorkOrder, file: MediaFile) -> WorkPictureOut:
    return WorkPictureOut(id=file.key, url=f"/api/v1/work-orders/{order.id}/pictures/{file.key}")


def order_values(order: WorkOrder, who: Who, pictures: list[MediaFile]) -> dict[str, Any]:
    """The fields of ``WorkOrderOut``; the technician's number is for the reporter while the job is open."""
    person = order.technician
    call = person is not None and order.closed_at is None and who.actor == "reporter"
    return {
        "id": str(order.id),
        "number": order.number,
        "area": order.area,
        "area_text": AREAS[order.area],
        "category_id": str(order.category_id),
        "category": order.category.name,
        "unit_id": str(order.unit_id) if order.unit_id else None,
        "place": queries.place_of(order),
        "description": order.description,
        "priority": order.priority,
        "priority_text": PRIORITIES[order.priority],
        "state": order.state,
        "state_text": WorkOrder.flow.title(order.state),
        "created_at": clock.local_or_none(order.created_at),
        "preferred_time": clock.local_or_none(order.preferred_at),
        "appointment_at": clock.local_or_none(order.appointment_at),
        "appointment_until": clock.local_or_none(order.appointment_until),
        "respond_due_at": clock.local_or_none(order.respond_due_at),
        "finish_due_at": clock.local_or_none(order.finish_due_at),
        "overdue": order.state != CANCELLED and (deadlines.respond_late(order) or deadlines.finish_late(order)),
        "clock": order.clock,
        "clock_text": WorkOrder.clock_flow.title(order.clock),
        "remaining_text": queries.remaining(order),
        "technician": AssignedTechnicianOut(id=str(person.id), name=person.name, phone=person.phone if call else None)
        if person
        else None,
        "fee_state": order.fee_state,
        "fee_state_text": WorkOrder.fee_flow.title(order.fee_state),
        "quote_fen": order.quote_fen,
        "pictures": [_picture(order, file) for file in pictures],
    }


def detail(session: Session, order: WorkOrder, who: Who) -> WorkOrderDetailOut:
    """An order with its timeline. The caller's number is whole for who has the job, masked in the pool."""
    order = queries.visible(session, order.id, WorkOrder.id == order.id)
    phone = order.contact_phone
    at_work = who == Who.technician(order.technician_id or 0) and order.closed_at is None
    lines = [
        TimelineStepOut(at=clock.local(line.at), step=line.step, title=line.title, actor=line.actor, who=line.who,
                note=line.note, pictures=[_picture(order, file) for file in line.pictures])
        for line in queries.timeline(session, order, staff=False)
    ]  # fmt: skip
    rating = None
    if order.speed and order.attitude and order.quality:
        rating = RepairRatingOut(
            speed=order.speed, attitude=order.attitude, quality=order.quality, comment=order.rating_note
        )
    return WorkOrderDetailOut(
        **order_values(order, who, queries.pictures_of(session, [order]).get(order.id, [])),
        contact_name=order.contact_name,
        contact_phone=phone if at_work or phone is None else mask_phone(phone),
        proposed_by=order.proposed_by,
        proposed_from=clock.local_or_none(order.proposed_from),
        proposed_until=clock.local_or_none(order.proposed_until),
        started_at=clock.local_or_none(order.started_at),
        finished_at=clock.local_or_none(order.finished_at),
        closed_at=clock.local_or_none(order.closed_at),
        solution=order.solution,
        materials=order.materials,  # type: ignore[arg-type]  # encoded as it is stored
        quote_note=order.quote_note,
        bill_id=str(order.bill_id) if order.bill_id and who.actor == "reporter" else None,
        rating=rating,
        timeline=lines,
        moves=queries.moves_for(order, who),
    )


@api.get("/repair-categories", roles=ANY, returns=list[RepairCategoryOut])
def list_categories() -> list[RepairCategoryOut]:
    """报修类别（两级）"""
    rows = db.session.scalars(
        select(RepairCategory)
        .where(RepairCategory.active.is_(True))
        .order_by(RepairCategory.position, RepairCategory.id)
        .limit(500)
    ).all()
    made = {row.id: _category_out(row) for row in rows}
    for row in rows:
        if row.parent_id in made:
            made[row.parent_id].children.append(made[row.id])
    return [made[row.id] for row in rows if row.parent_id is None]


def _category_out(row: RepairCategory) -> RepairCategoryOut:
    respond, finish = (int(limit.total_seconds() // 60) for limit in row.limits(row.priority))
    return RepairCategoryOut(id=str(row.id), name=row.name, trade=row.trade, trade_text=TRADES[row.trade],
                       priority=row.priority, respond_minutes=respond, finish_minutes=finish, children=[])  # fmt: skip


@api.get("/repair-points/<point_code>", roles=ANY, returns=RepairPointOut, limit="60/minute")
def show_point(point_code: str) -> RepairPointOut:
    """扫描设备二维码：预填位置与类别"""
    point = reporting.point_of(db.session(), point_code[:16])
    area = PUBLIC if point.unit is None or point.unit.kind == "public" else LEASED
    return RepairPointOut(
        code=point.code, name=point.name, area=area, community_id=str(point.community_id),
        community=point.community.name, unit_id=str(point.unit_id) if point.unit_id else None, place=point.place,
        category_id=str(point.category_id), category=point.category.name,
    )  # fmt: skip


@api.post("/work-orders", roles=RESIDENTS, body=WorkOrderIn, returns=WorkOrderDetailOut, status=201, limit="60/day",
          menu="repairs")  # fmt: skip
def report_fault(caller: Caller, body: WorkOrderIn) -> WorkOrderDetailOut:
    """报修"""
    session = db.session()
    order = reporting.report(
        session,
        session.get_one(Member, caller.member_id),
        area=body.area,
        category_id=as_id(body.category_id),
        description=body.description,
        unit_id=as_id(body.unit_id) if body.unit_id else None,
        place=body.place,
        community_id=as_id(body.community_id) if body.community_id else None,
        preferred_at=body.preferred_time,
        media_keys=body.media_ids,
        point_code=body.point_code,
    )
    return detail(session, order, Who.reporter(caller.member_id))


@api.get("/work-orders", roles=BOTH, query=WorkOrdersQuery, returns=Page[WorkOrderOut])
def list_orders(caller: Caller, query: WorkOrdersQuery) -> Page[WorkOrderOut]:
    """工单列表：我报修的、抢单池、派给我的"""
    session = db.session()
    box = query.box or ("reported" if caller.role in RESIDENTS else "assigned")
    if (box == "reported") != (caller.role in RESIDENTS):
        raise Invalid.field("box", _("您的身份没有此列表"))
    if box == "reported":
        found, who = queries.reported_by(caller.member_id), Who.reporter(caller.member_id)
    else:
        technician = assignment.technician_of(session, caller.member_id)
        who = Who.technician(technician.id)
        found = queries.pool_of(technician) if box == "pool" else queries.assigned_to(technician)
    if query.state != "all":
        closed = WorkOrder.state.in_(CLOSED)
        found = found.where(closed if query.state == "done" else ~closed)
    rows, following = paginate(session, found.options(*queries.SHOWN), query, [WorkOrder.id])
    pictures = queries.pictures_of(session, rows)
    items = [WorkOrderOut(**order_values(row, who, pictures.get(row.id, []))) for row in rows]
    return Page(items=items, next=following)


@api.get("/work-orders/<work_order_id>", roles=BOTH, returns=WorkOrderDetailOut)
def show_order(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """一张工单及其进度"""
    return detail(*mine(caller, work_order_id))


@api.get("/work-orders/<work_order_id>/pictures/<picture_key>", roles=BOTH, query=WorkPictureQuery, returns=Response,
         openapi=PICTURE)  # fmt: skip
def show_picture(caller: Caller, work_order_id: str, picture_key: str, query: WorkPictureQuery) -> Response:
    """工单的照片（报修人与维修师傅可见）"""
    session, order, _who = mine(caller, work_order_id)
    return media.respond(queries.picture_of(session, order, picture_key), query.size)


@api.get("/work-orders/<work_order_id>/colleagues", roles=WORKERS, returns=list[ColleagueOut])
def colleagues(caller: Caller, work_order_id: str) -> list[ColleagueOut]:
    """可转派的同事，合适者在前"""
    session, order, _who = mine(caller, work_order_id)
    return [
        ColleagueOut(id=str(one.technician.id), name=one.technician.name, on_duty=one.technician.on_duty,
                     fits=one.fits, open_jobs=one.load)
        for one in queries.suggestions(session, order)[:50]
        if one.technician.member_id != caller.member_id
    ]  # fmt: skip


def _duty(session: Session, caller: Caller, on_duty: bool | None = None) -> DutyOut:
    technician = assignment.technician_of(session, caller.member_id)
    if on_duty is not None:
        assignment.set_duty(session, technician, on_duty)
    return DutyOut(on_duty=technician.on_duty, open_jobs=assignment.open_jobs(session, technician.id),
                   open_jobs_most=settings.get("repairs.open_jobs_most"))  # fmt: skip


@api.get("/me/duty", roles=WORKERS, returns=DutyOut)
def show_duty(caller: Caller) -> DutyOut:
    """我的在岗状态"""
    return _duty(db.session(), caller)


@api.patch("/me/duty", roles=WORKERS, body=DutyIn, returns=DutyOut)
def set_duty(caller: Caller, body: DutyIn) -> DutyOut:
    """上岗或下岗"""
    return _duty(db.session(), caller, body.on_duty)
