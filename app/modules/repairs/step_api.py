"""Mobile endpoints: each step of a job, by the reporter, by the technician, or by either (R2–R8)."""

from sqlalchemy.orm import Session

from app.core.api import Caller, as_id
from app.core.db import db
from app.modules.repairs import queries
from app.modules.repairs.api import BOTH, RESIDENTS, WORKERS, api, detail, mine, owner
from app.modules.repairs.models import WorkOrder
from app.modules.repairs.operations import assignment, care, fees, work
from app.modules.repairs.operations.steps import Who
from app.modules.repairs.schemas import (
    AppointmentAgreedIn,
    AppointmentIn,
    FinishIn,
    NotDoneIn,
    PauseIn,
    QuoteAnswerIn,
    QuoteIn,
    QuoteRefusalIn,
    RepairRatingIn,
    TransferIn,
    WorkOrderCommentIn,
    WorkOrderDetailOut,
    WorkOrderReasonIn,
)


def _answer(session: Session, order: WorkOrder, who: Who) -> WorkOrderDetailOut:
    session.flush()
    return detail(session, order, who)


@api.post("/work-orders/<work_order_id>/propose-time", roles=BOTH, body=AppointmentIn, returns=WorkOrderDetailOut)
def propose_time(caller: Caller, work_order_id: str, body: AppointmentIn) -> WorkOrderDetailOut:
    """提议上门时间"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.propose(session, order, who, body.starts_at, body.ends_at), who)


@api.post("/work-orders/<work_order_id>/agree-time", roles=BOTH, body=AppointmentAgreedIn, returns=WorkOrderDetailOut)
def agree_time(caller: Caller, work_order_id: str, body: AppointmentAgreedIn) -> WorkOrderDetailOut:
    """同意上门时间"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.agree(session, order, who, body.starts_at), who)


@api.post("/work-orders/<work_order_id>/comment", roles=BOTH, body=WorkOrderCommentIn, returns=WorkOrderDetailOut,
          limit="100/day")  # fmt: skip
def comment_on_order(caller: Caller, work_order_id: str, body: WorkOrderCommentIn) -> WorkOrderDetailOut:
    """留言"""
    session, order, who = mine(caller, work_order_id)
    care.comment(session, order, who, body.text, body.media_ids, owner(caller))
    return _answer(session, order, who)


# ---- the reporter's steps


@api.post("/work-orders/<work_order_id>/confirm", roles=RESIDENTS, returns=WorkOrderDetailOut)
def confirm_repair(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """确认完成"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.confirm(session, order, who), who)


@api.post("/work-orders/<work_order_id>/not-done", roles=RESIDENTS, body=NotDoneIn, returns=WorkOrderDetailOut)
def not_done(caller: Caller, work_order_id: str, body: NotDoneIn) -> WorkOrderDetailOut:
    """反馈未修好，工单返工"""
    session, order, who = mine(caller, work_order_id)
    work.not_done(session, order, who, body.reason, body.media_ids, owner(caller))
    return _answer(session, order, who)


@api.post("/work-orders/<work_order_id>/cancel", roles=RESIDENTS, body=WorkOrderReasonIn, returns=WorkOrderDetailOut)
def cancel_order(caller: Caller, work_order_id: str, body: WorkOrderReasonIn) -> WorkOrderDetailOut:
    """取消工单（开工之前）"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.cancel(session, order, who, body.reason), who)


@api.post("/work-orders/<work_order_id>/accept-quote", roles=RESIDENTS, body=QuoteAnswerIn, returns=WorkOrderDetailOut)
def accept_quote(caller: Caller, work_order_id: str, body: QuoteAnswerIn) -> WorkOrderDetailOut:
    """同意报价"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, fees.answer_quote(session, order, who, True, body.amount_fen), who)


@api.post("/work-orders/<work_order_id>/decline-quote", roles=RESIDENTS, body=QuoteRefusalIn,
          returns=WorkOrderDetailOut)  # fmt: skip
def decline_quote(caller: Caller, work_order_id: str, body: QuoteRefusalIn) -> WorkOrderDetailOut:
    """不同意报价"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, fees.answer_quote(session, order, who, False, reason=body.reason), who)


@api.post("/work-orders/<work_order_id>/rate", roles=RESIDENTS, body=RepairRatingIn, returns=WorkOrderDetailOut)
def rate_repair(caller: Caller, work_order_id: str, body: RepairRatingIn) -> WorkOrderDetailOut:
    """评价"""
    session, order, who = mine(caller, work_order_id)
    care.rate(session, order, who, body.speed, body.attitude, body.quality, body.comment)
    return _answer(session, order, who)


# ---- the technician's steps


@api.post("/work-orders/<work_order_id>/grab", roles=WORKERS, returns=WorkOrderDetailOut)
def take_order(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """接单：抢单池中的工单，或派给我的工单"""
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
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.start(session, order, who), who)


@api.post("/work-orders/<work_order_id>/pause", roles=WORKERS, body=PauseIn, returns=WorkOrderDetailOut)
def pause_work(caller: Caller, work_order_id: str, body: PauseIn) -> WorkOrderDetailOut:
    """暂停计时：等待客户或配件"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.pause(session, order, who, body.cause, body.reason), who)


@api.post("/work-orders/<work_order_id>/resume", roles=WORKERS, returns=WorkOrderDetailOut)
def resume_work(caller: Caller, work_order_id: str) -> WorkOrderDetailOut:
    """恢复计时"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, work.resume(session, order, who), who)


@api.post("/work-orders/<work_order_id>/quote", roles=WORKERS, body=QuoteIn, returns=WorkOrderDetailOut)
def offer_quote(caller: Caller, work_order_id: str, body: QuoteIn) -> WorkOrderDetailOut:
    """报价（开工之前；0 为撤回）"""
    session, order, who = mine(caller, work_order_id)
    return _answer(session, fees.quote(session, order, who, body.amount_fen, body.note), who)


@api.post("/work-orders/<work_order_id>/finish", roles=WORKERS, body=FinishIn, returns=WorkOrderDetailOut)
def finish_work(caller: Caller, work_order_id: str, body: FinishIn) -> WorkOrderDetailOut:
    """完工：处理说明、用料与照片"""
    session, order, who = mine(caller, work_order_id)
    materials = [{"name": row.name, "quantity": row.quantity} for row in body.materials]
    work.finish(session, order, who, solution=body.solution, materials=materials, media_keys=body.media_ids,
                owner=owner(caller))  # fmt: skip
    return _answer(session, order, who)


@api.post("/work-orders/<work_order_id>/return", roles=WORKERS, body=WorkOrderReasonIn)
def return_order(caller: Caller, work_order_id: str, body: WorkOrderReasonIn) -> None:
    """退回工单"""
    session, order, _who = mine(caller, work_order_id)
    assignment.give_back(session, order, assignment.technician_of(session, caller.member_id), body.reason)


@api.post("/work-orders/<work_order_id>/transfer", roles=WORKERS, body=TransferIn)
def transfer_order(caller: Caller, work_order_id: str, body: TransferIn) -> None:
    """转派给同事"""
    session, order, _who = mine(caller, work_order_id)
    technician = assignment.technician_of(session, caller.member_id)
    assignment.transfer(session, order, technician, as_id(body.technician_id), body.reason)
