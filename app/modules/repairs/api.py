"""Mobile endpoints: reporting, the technicians' pool, and each step of the job by both sides (R1–R8)."""

from typing import Any  # noqa: I001 (the schemas are named in running text)

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media, settings
from app.core.api import ANY, Caller, Endpoints, Page, as_id, paginate
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
from app.modules.repairs.operations import assignment, care, fees, reporting, work
from app.modules.repairs.operations.steps import Who
from app.modules.repairs.schemas import (
    AppointmentAgreedIn, AppointmentIn, AssignedTechnicianOut, ColleagueOut, DutyIn, DutyOut, FinishIn, NotDoneIn,
    PauseIn, QuoteAnswerIn, QuoteIn, QuoteRefusalIn, RepairCategoryOut, RepairPointOut, RepairRatingIn,
    RepairRatingOut, TimelineStepOut, TransferIn, WorkOrderCommentIn, WorkOrderDetailOut, WorkOrderIn, WorkOrderOut,
    WorkOrderReasonIn, WorkOrdersQuery, WorkPictureOut, WorkPictureQuery,
)  # fmt: skip

api = Endpoints("repairs", "报修")
RESIDENTS = ("merchant", "tenant")
WORKERS = ("technician",)
BOTH = (*RESIDENTS, *WORKERS)
CLOSED = (CONFIRMED, CANCELLED)
PICTURE: dict[str, Any] = {
    "responses": {"200": {"content": {kind: {"schema": {"type": "string"}} for kind in (media.JPEG, media.PNG)}}}
}


def owner(caller: Caller) -> tuple[str, str]:
    """Whose uploads a caller attaches."""
    return "member", str(caller.member_id)


def mine(session: Session, caller: Caller, work_order_id: str) -> tuple[WorkOrder, Who]:
    """An order as the caller sees it, and who they are to it: a technician their own and the pool, a resident what they
    reported. Raises NotFound."""
    number = as_id(work_order_id)
    if caller.role in WORKERS:
        technician = assignment.technician_of(session, caller.member_id)
        return queries.for_technician(session, technician, number), Who.technician(technician.id)
    return queries.for_reporter(session, caller.member_id, number), Who.reporter(caller.member_id)


# ---- what one sees


def _picture(order: WorkOrder, file: MediaFile) -> WorkPictureOut:
    return WorkPictureOut(id=file.key, url=f"/api/v1/work-orders/{order.id}/pictures/{file.key}")


def _local(moment: Any) -> Any:
    return None if moment is None else clock.local(moment)


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
        "created_at": _local(order.created_at),
        "preferred_time": _local(order.preferred_at),
        "appointment_at": _local(order.appointment_at),
        "appointment_until": _local(order.appointment_until),
        "respond_due_at": _local(order.respond_due_at),
        "finish_due_at": _local(order.finish_due_at),
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
        proposed_from=_local(order.proposed_from),
        proposed_until=_local(order.proposed_until),
        started_at=_local(order.started_at),
        finished_at=_local(order.finished_at),
        closed_at=_local(order.closed_at),
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
    """报修类别(两级)"""
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
    """扫描设备二维码:预填位置与类别"""
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
    """工单列表:我报修的、抢单池、派给我的"""
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
    session = db.session()
    return detail(session, *mine(session, caller, work_order_id))


@api.get("/work-orders/<work_order_id>/pictures/<picture_key>", roles=BOTH, query=WorkPictureQuery, returns=Response,
         openapi=PICTURE)  # fmt: skip
def show_picture(caller: Caller, work_order_id: str, picture_key: str, query: WorkPictureQuery) -> Response:
    """工单的照片(报修人与维修师傅可见)"""
    session = db.session()
    order, _who = mine(session, caller, work_order_id)
    return media.respond(queries.picture_of(session, order, picture_key), query.size)


# ---- steps of either side


def _answer(session: Session, order: WorkOrder, who: Who) -> WorkOrderDetailOut:
    session.flush()
    return detail(session, order, who)


@api.post("/work-orders/<work_order_id>/propose-time", roles=BOTH, body=AppointmentIn, returns=WorkOrderDetailOut)
def propose_time(caller: Caller, work_order_id: str, body: AppointmentIn) -> WorkOrderDetailOut:
    """提议上门时间"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.propose(session, order, who, body.starts_at, body.ends_at), who)


@api.post("/work-orders/<work_order_id>/agree-time", roles=BOTH, body=AppointmentAgreedIn, returns=WorkOrderDetailOut)
def agree_time(caller: Caller, work_order_id: str, body: AppointmentAgreedIn) -> WorkOrderDetailOut:
    """同意上门时间"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.agree(session, order, who, body.starts_at), who)


@api.post("/work-orders/<work_order_id>/comment", roles=BOTH, body=WorkOrderCommentIn, returns=WorkOrderDetailOut,
          limit="100/day")  # fmt: skip
def comment_on_order(caller: Caller, work_order_id: str, body: WorkOrderCommentIn) -> WorkOrderDetailOut:
    """留言"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    care.comment(session, order, who, body.text, body.media_ids, owner(caller))
    return _answer(session, order, who)


# ---- the reporter's steps


@api.post("/work-orders/<work_order_id>/confirm", roles=RESIDENTS, returns=WorkOrderDetailOut)
def confirm_repair(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """确认完成"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.confirm(session, order, who), who)


@api.post("/work-orders/<work_order_id>/not-done", roles=RESIDENTS, body=NotDoneIn, returns=WorkOrderDetailOut)
def not_done(caller: Caller, work_order_id: str, body: NotDoneIn) -> WorkOrderDetailOut:
    """反馈未修好,工单返工"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    work.not_done(session, order, who, body.reason, body.media_ids, owner(caller))
    return _answer(session, order, who)


@api.post("/work-orders/<work_order_id>/cancel", roles=RESIDENTS, body=WorkOrderReasonIn, returns=WorkOrderDetailOut)
def cancel_order(caller: Caller, work_order_id: str, body: WorkOrderReasonIn) -> WorkOrderDetailOut:
    """取消工单(开工之前)"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.cancel(session, order, who, body.reason), who)


@api.post("/work-orders/<work_order_id>/accept-quote", roles=RESIDENTS, body=QuoteAnswerIn, returns=WorkOrderDetailOut)
def accept_quote(caller: Caller, work_order_id: str, body: QuoteAnswerIn) -> WorkOrderDetailOut:
    """同意报价"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, fees.answer_quote(session, order, who, True, body.amount_fen), who)


@api.post("/work-orders/<work_order_id>/decline-quote", roles=RESIDENTS, body=QuoteRefusalIn,
          returns=WorkOrderDetailOut)  # fmt: skip
def decline_quote(caller: Caller, work_order_id: str, body: QuoteRefusalIn) -> WorkOrderDetailOut:
    """不同意报价"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, fees.answer_quote(session, order, who, False, reason=body.reason), who)


@api.post("/work-orders/<work_order_id>/rate", roles=RESIDENTS, body=RepairRatingIn, returns=WorkOrderDetailOut)
def rate_repair(caller: Caller, work_order_id: str, body: RepairRatingIn) -> WorkOrderDetailOut:
    """评价"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    care.rate(session, order, who, body.speed, body.attitude, body.quality, body.comment)
    return _answer(session, order, who)


# ---- the technician's steps


@api.post("/work-orders/<work_order_id>/grab", roles=WORKERS, returns=WorkOrderDetailOut)
def take_order(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """接单:抢单池中的工单,或派给我的工单"""
    session = db.session()
    technician = assignment.technician_of(session, caller.member_id)
    order = queries.for_grabbing(session, technician, as_id(work_order_id))
    if order.technician_id == technician.id and order.state == "dispatched":
        assignment.take(session, order, technician)
    else:
        assignment.grab(session, order, technician)
    return _answer(session, order, Who.technician(technician.id))


@api.post("/work-orders/<work_order_id>/start", roles=WORKERS, returns=WorkOrderDetailOut)
def start_work(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """开始维修"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.start(session, order, who), who)


@api.post("/work-orders/<work_order_id>/pause", roles=WORKERS, body=PauseIn, returns=WorkOrderDetailOut)
def pause_work(caller: Caller, work_order_id: str, body: PauseIn) -> WorkOrderDetailOut:
    """暂停计时:等待客户或配件"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.pause(session, order, who, body.cause, body.reason), who)


@api.post("/work-orders/<work_order_id>/resume", roles=WORKERS, returns=WorkOrderDetailOut)
def resume_work(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """恢复计时"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, work.resume(session, order, who), who)


@api.post("/work-orders/<work_order_id>/quote", roles=WORKERS, body=QuoteIn, returns=WorkOrderDetailOut)
def offer_quote(caller: Caller, work_order_id: str, body: QuoteIn) -> WorkOrderDetailOut:
    """报价(开工之前;0 为撤回)"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    return _answer(session, fees.quote(session, order, who, body.amount_fen, body.note), who)


@api.post("/work-orders/<work_order_id>/finish", roles=WORKERS, body=FinishIn, returns=WorkOrderDetailOut)
def finish_work(caller: Caller, work_order_id: str, body: FinishIn) -> WorkOrderDetailOut:
    """完工:处理说明、用料与照片"""
    session = db.session()
    order, who = mine(session, caller, work_order_id)
    materials = [{"name": row.name, "quantity": row.quantity} for row in body.materials]
    work.finish(session, order, who, solution=body.solution, materials=materials, media_keys=body.media_ids,
                owner=owner(caller))  # fmt: skip
    return _answer(session, order, who)


@api.post("/work-orders/<work_order_id>/return", roles=WORKERS, body=WorkOrderReasonIn)
def return_order(caller: Caller, work_order_id: str, body: WorkOrderReasonIn) -> None:
    """退回工单"""
    session = db.session()
    order, _who = mine(session, caller, work_order_id)
    assignment.give_back(session, order, assignment.technician_of(session, caller.member_id), body.reason)


@api.post("/work-orders/<work_order_id>/transfer", roles=WORKERS, body=TransferIn)
def transfer_order(caller: Caller, work_order_id: str, body: TransferIn) -> None:
    """转派给同事"""
    session = db.session()
    order, _who = mine(session, caller, work_order_id)
    technician = assignment.technician_of(session, caller.member_id)
    assignment.transfer(session, order, technician, as_id(body.technician_id), body.reason)


@api.get("/work-orders/<work_order_id>/colleagues", roles=WORKERS, returns=list[ColleagueOut])
def colleagues(caller: Caller, work_order_id: str) -> list[ColleagueOut]:
    """可转派的同事,合适者在前"""
    session = db.session()
    order, _who = mine(session, caller, work_order_id)
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
