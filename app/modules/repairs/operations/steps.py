"""One step of a work order: the guarded move, its line in the timeline, and who is told."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, messages
from app.core.errors import Forbidden, Invalid
from app.core.workflow import Workflow
from app.modules.members.models import Technician
from app.modules.repairs import deadlines
from app.modules.repairs.models import (
    MAY,
    REPORTER,
    STAFF,
    STEPS,
    SYSTEM,
    TECHNICIAN,
    RepairCategory,
    WorkOrder,
    WorkOrderEvent,
)

KIND = "repair"
LINK = "/pkg-repairs/order?id={id}"
LONGEST_NOTE = 500


@dataclass(frozen=True)
class Who:
    """Who makes a step: the reporter (a member's id), a technician (theirs), staff (a user's), or the system."""

    actor: str
    id: int | None = None

    @classmethod
    def reporter(cls, member_id: int) -> "Who":
        return cls(REPORTER, member_id)

    @classmethod
    def technician(cls, technician_id: int) -> "Who":
        return cls(TECHNICIAN, technician_id)

    @classmethod
    def staff(cls, user_id: int) -> "Who":
        return cls(STAFF, user_id)


NOBODY = Who(SYSTEM)

TELLS_REPORTER = {
    "report": "报修已受理",
    "dispatch": "已安排维修师傅",
    "reassign": "已更换维修师傅",
    "grab": "维修师傅已接单",
    "take": "维修师傅已接单",
    "transfer": "已更换维修师傅",
    "give_back": "正在重新安排维修师傅",
    "propose": "请确认上门时间",
    "agree": "上门时间已约定",
    "start": "已开始维修",
    "wait_customer": "维修暂停：等待您的配合",
    "wait_parts": "维修暂停：等待配件",
    "finish": "维修已完工，请确认",
    "ask_confirm": "请尽快确认维修结果",
    "confirm": "工单已完成",
    "not_done": "已安排返工",
    "cancel": "工单已取消",
    "force_close": "工单已关闭",
    "quote": "请确认维修报价",
    "withdraw_quote": "维修报价已撤回",
    "charge": "维修费账单已生成",
    "settle": "维修费已缴清",
    "reopen_fee": "维修费已恢复待缴",
    "void_fee": "维修费账单已作废，无需缴费",
    "waive": "维修费已免收",
    "comment": "工单有新留言",
}
TELLS_TECHNICIAN = {
    "dispatch": "您有新的派单",
    "reassign": "您有新的派单",
    "transfer": "同事转给您一张工单",
    "propose": "客户提议了上门时间",
    "agree": "上门时间已约定",
    "confirm": "客户已确认完成",
    "not_done": "客户反馈未修好",
    "cancel": "工单已取消",
    "force_close": "工单已关闭",
    "accept_quote": "客户已同意报价",
    "decline_quote": "客户未同意报价",
    "rate": "客户评价了您的服务",
    "comment": "工单有新留言",
    "change": "工单信息有修改",
    "warn_respond": "接单时限将到",
    "warn_finish": "完工时限将到",
    "late_respond": "工单已超过接单时限",
    "late_finish": "工单已超过完工时限",
}


def make(session: Session, order: WorkOrder, name: str, who: Who, *conditions: Any, note: str = "",
         **values: Any) -> WorkOrderEvent:  # fmt: skip
    """Make a move of any of the three machines; ``conditions`` guard it further.

    Raises Forbidden when ``who`` never makes this move, Conflict when the order does not allow it now.
    """
    if who.actor not in MAY[name]:
        raise Forbidden(_("您的身份不能执行此操作"))
    flow_of(name).apply(session, order, name, *conditions, **values)
    return note_down(session, order, name, who, note)


def flow_of(name: str) -> Workflow:
    """The machine that a move belongs to."""
    return next(flow for flow in (WorkOrder.flow, WorkOrder.clock_flow, WorkOrder.fee_flow) if name in flow.moves)


def note_down(
    session: Session, order: WorkOrder, step: str, who: Who, note: str = "", *, shared: bool = True
) -> WorkOrderEvent:
    """Add the line of a step to the timeline, and tell the other side."""
    event = WorkOrderEvent(
        work_order_id=order.id, community_id=order.community_id, at=clock.now(), step=step, actor=who.actor,
        actor_id=who.id, technician_id=order.technician_id, state=order.state, note=note, shared=shared,
    )  # fmt: skip
    session.add(event)
    session.flush()
    if shared and who.actor != REPORTER and order.reporter_id is not None and step in TELLS_REPORTER:
        _send(session, order.reporter_id, order, TELLS_REPORTER[step], note)
    if order.technician_id is not None and step in TELLS_TECHNICIAN and who != Who.technician(order.technician_id):
        tell_technician(session, order, order.technician_id, TELLS_TECHNICIAN[step], note)
    return event


def tell_technician(session: Session, order: WorkOrder, technician_id: int, title: str, note: str = "") -> None:
    """Send a technician a message about an order; one who has never signed in is not reached."""
    member_id = session.scalar(select(Technician.member_id).where(Technician.id == technician_id))
    if member_id is not None:
        _send(session, member_id, order, title, note)


def tell_member(session: Session, order: WorkOrder, member_id: int, step: str, note: str = "") -> None:
    """Send a member who is neither side (a supervisor) a message about a step."""
    _send(session, member_id, order, STEPS[step], note)


def _send(session: Session, member_id: int, order: WorkOrder, title: str, note: str) -> None:
    category = session.get_one(RepairCategory, order.category_id)
    body = _("工单 %(number)s（%(what)s）", number=order.number, what=category.name)
    if note:
        body = f"{body}：{note}"
    messages.send(session, member_id, KIND, title, body[:500], LINK.format(id=order.id))


def reason_of(text: str, field: str = "reason") -> str:
    """A reason that somebody gave. Raises Invalid when there is none, or it is too long."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise Invalid.field(field, _("请填写原因（不超过 %(n)s 个字）", n=LONGEST_NOTE))
    return text


def go_on(session: Session, order: WorkOrder, who: Who) -> None:
    """Let a clock that stands still run again, because something happens; one that runs goes on."""
    if order.paused_at is not None:
        since, now = order.paused_at, clock.now()
        make(session, order, "resume", who, WorkOrder.paused_at == since, paused_at=None,
             **deadlines.after_pause(order, since, now))  # fmt: skip
