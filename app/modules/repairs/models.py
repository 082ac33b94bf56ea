"""Work orders, their timeline, categories with time limits, and the equipment that carries a sticker (R1–R8)."""

from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, blind_index, mask_name, mask_phone, personal, tail
from app.core.workflow import Move, Workflow
from app.modules.billing.models import Bill
from app.modules.estate.models import Community, Unit
from app.modules.members.models import TRADES, Customer, Member, Technician

PUBLIC, LEASED = "public", "leased"
AREAS = {PUBLIC: "公共区域", LEASED: "租赁区域"}
URGENT, NORMAL, LOW = "urgent", "normal", "low"
PRIORITIES = {URGENT: "紧急", NORMAL: "一般", LOW: "不急"}
APP, PHONE_DESK, STICKER = "app", "phone", "sticker"
CHANNELS = {APP: "小程序", STICKER: "扫码", PHONE_DESK: "客服代报"}

SUBMITTED, DISPATCHED, GRABBED, ACCEPTED = "submitted", "dispatched", "grabbed", "accepted"
IN_PROGRESS, FINISHED, CONFIRMED, CANCELLED = "in_progress", "finished", "confirmed", "cancelled"
STATES = {
    SUBMITTED: "待受理",
    DISPATCHED: "已派单",
    GRABBED: "已接单",
    ACCEPTED: "已预约",
    IN_PROGRESS: "维修中",
    FINISHED: "待确认",
    CONFIRMED: "已完成",
    CANCELLED: "已取消",
}
ASSIGNED = (DISPATCHED, GRABBED, ACCEPTED, IN_PROGRESS)
"""A technician has it in hand; what counts as load, and towards the cap."""
BEFORE_WORK = (SUBMITTED, DISPATCHED, GRABBED, ACCEPTED)
OPEN = (*BEFORE_WORK, IN_PROGRESS, FINISHED)

RUNNING, WAITING_CUSTOMER, WAITING_PARTS = "running", "waiting_customer", "waiting_parts"
CLOCKS = {RUNNING: "计时中", WAITING_CUSTOMER: "等待客户", WAITING_PARTS: "等待配件"}

NO_FEE, QUOTED, DECLINED, AGREED, DUE, SETTLED, WAIVED = (
    "none", "quoted", "declined", "agreed", "due", "settled", "waived",
)  # fmt: skip
FEES = {
    NO_FEE: "免费",
    QUOTED: "待客户同意",
    DECLINED: "客户未同意",
    AGREED: "客户已同意",
    DUE: "待缴费",
    SETTLED: "已缴清",
    WAIVED: "已免收",
}

REPORTER, TECHNICIAN, STAFF, SYSTEM = "reporter", "technician", "staff", "system"
ACTORS = {REPORTER: "报修人", TECHNICIAN: "维修师傅", STAFF: "物业客服", SYSTEM: "系统"}


class RepairCategory(Record):
    """报修类别: a tree of two levels or more; its leaves carry the trade and the time limits, in minutes."""

    __tablename__ = "repair_category"
    __label__ = "报修类别"

    parent_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("repair_category.id"), index=True, info=label("上级类别")
    )
    name: Mapped[str] = mapped_column(String(32), unique=True, info=label("类别名称"))
    trade: Mapped[str] = choice_column(TRADES, "所需工种", "general")
    priority: Mapped[str] = choice_column(PRIORITIES, "默认紧急程度", NORMAL)
    respond_urgent: Mapped[int] = mapped_column(Integer, default=30, info=label("紧急：接单时限（分钟）"))
    finish_urgent: Mapped[int] = mapped_column(Integer, default=240, info=label("紧急：完工时限（分钟）"))
    respond_normal: Mapped[int] = mapped_column(Integer, default=120, info=label("一般：接单时限（分钟）"))
    finish_normal: Mapped[int] = mapped_column(Integer, default=1140, info=label("一般：完工时限（分钟）"))
    respond_low: Mapped[int] = mapped_column(Integer, default=570, info=label("不急：接单时限（分钟）"))
    finish_low: Mapped[int] = mapped_column(Integer, default=2850, info=label("不急：完工时限（分钟）"))
    position: Mapped[int] = mapped_column(Integer, default=0, info=label("排序"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))

    parent: Mapped["RepairCategory | None"] = relationship(
        lazy="raise_on_sql", remote_side="RepairCategory.id", info=label("上级类别")
    )

    def limits(self, priority: str) -> tuple[timedelta, timedelta]:
        """How long may pass, in working time, until somebody takes an order, and until it is finished."""
        return tuple(  # type: ignore[return-value]
            timedelta(minutes=getattr(self, f"{part}_{priority}")) for part in ("respond", "finish")
        )

    def __str__(self) -> str:
        return self.name


class Equipment(Record):
    """设备点位: something that breaks at a known place; the code on its sticker prefills place and category."""

    __tablename__ = "equipment"
    __label__ = "设备点位"
    __table_args__ = (UniqueConstraint("community_id", "name", "place"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("所在区域"))
    category_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("repair_category.id"), index=True, info=label("报修类别")
    )
    name: Mapped[str] = mapped_column(String(64), index=True, info=label("设备名称"))
    place: Mapped[str] = mapped_column(String(120), info=label("位置"))
    code: Mapped[str] = mapped_column(String(16), unique=True, info=label("点位码"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))
    note: Mapped[str] = mapped_column(String(200), default="", info=label("备注"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    category: Mapped[RepairCategory] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class WorkOrder(Record):
    """报修工单.

    Three machines run side by side: ``state`` (``flow``), the clock of the time limit (``clock``, ``clock_flow``) and
    the fee (``fee_state``, ``fee_flow``). Deadlines are stored as moments, so that lists sort by them; what is waited
    for moves them. ``MAY`` says who makes which move.
    """

    __tablename__ = "work_order"
    __label__ = "报修工单"
    __table_args__ = (
        Index("ix_work_order_technician_state", "technician_id", "state"),
        Index("ix_work_order_pool", "state", "area", "trade", "community_id"),
        Index("ix_work_order_reporter_id_id", "reporter_id", "id"),
        Index("ix_work_order_due", "state", "finish_due_at"),
        CheckConstraint("quote_fen >= 0", name="quote"),
        CheckConstraint("(technician_id IS NULL) <= (state IN ('submitted', 'cancelled'))", name="assigned"),
    )

    flow = Workflow(
        STATES,
        dispatch=Move((SUBMITTED,), DISPATCHED, "派单"),
        reassign=Move(ASSIGNED, DISPATCHED, "改派"),
        grab=Move((SUBMITTED,), GRABBED, "接单"),
        take=Move((DISPATCHED,), GRABBED, "接单"),
        transfer=Move(ASSIGNED, DISPATCHED, "转派"),
        give_back=Move((DISPATCHED, GRABBED, ACCEPTED), SUBMITTED, "退回"),
        propose=Move((GRABBED, ACCEPTED), GRABBED, "提议上门时间"),
        agree=Move((GRABBED,), ACCEPTED, "约定上门时间"),
        start=Move((GRABBED, ACCEPTED), IN_PROGRESS, "开始维修"),
        finish=Move((IN_PROGRESS,), FINISHED, "完工"),
        confirm=Move((FINISHED,), CONFIRMED, "确认完成", confirm="确认后工单关闭；约定了费用的，随即生成账单。"),
        not_done=Move((FINISHED,), IN_PROGRESS, "反馈未修好", confirm="工单回到维修中，由原师傅继续处理。"),
        cancel=Move(
            BEFORE_WORK,
            CANCELLED,
            "取消工单",
            right="delete",
            confirm="取消后工单关闭，不再上门维修，也不收费，不能恢复。",
        ),
        force_close=Move(
            OPEN, CANCELLED, "强制关闭", right="approve", confirm="关闭后不再维修，不能恢复；已同意的报价不再收取。"
        ),
    )
    clock_flow = Workflow(
        CLOCKS,
        field="clock",
        wait_customer=Move((RUNNING,), WAITING_CUSTOMER, "暂停计时：等待客户"),
        wait_parts=Move((RUNNING,), WAITING_PARTS, "暂停计时：等待配件"),
        resume=Move((WAITING_CUSTOMER, WAITING_PARTS), RUNNING, "恢复计时"),
    )
    fee_flow = Workflow(
        FEES,
        field="fee_state",
        quote=Move((NO_FEE, QUOTED, DECLINED), QUOTED, "报价"),
        withdraw_quote=Move((QUOTED, DECLINED), NO_FEE, "撤回报价"),
        accept_quote=Move((QUOTED,), AGREED, "同意报价", confirm="记为客户已同意报价，维修完成后按此金额生成账单。"),
        decline_quote=Move((QUOTED,), DECLINED, "不同意报价", confirm="记为客户不同意报价，师傅可以重新报价。"),
        charge=Move((AGREED,), DUE, "生成维修费账单"),
        settle=Move((DUE,), SETTLED, "缴清维修费"),
        reopen_fee=Move((SETTLED,), DUE, "退款后恢复待缴"),
        void_fee=Move((DUE,), WAIVED, "维修费账单作废"),
        waive=Move(
            (AGREED, DUE),
            WAIVED,
            "免收维修费",
            right="approve",
            confirm="该工单不再收取维修费；已生成的账单随之作废，不能恢复。",
        ),
    )

    number: Mapped[str] = mapped_column(String(24), unique=True, info=label("工单号"))
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    area: Mapped[str] = choice_column(AREAS, "区域")
    category_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("repair_category.id"), index=True, info=label("报修类别")
    )
    trade: Mapped[str] = choice_column(TRADES, "工种")
    priority: Mapped[str] = choice_column(PRIORITIES, "紧急程度", NORMAL)
    channel: Mapped[str] = choice_column(CHANNELS, "来源", APP)
    equipment_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("equipment.id"), index=True, info=label("设备点位")
    )
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号/区域"))
    place: Mapped[str] = mapped_column(String(120), default="", info=label("具体位置"))
    description: Mapped[str] = mapped_column(String(2000), info=label("故障描述"))
    preferred_at: Mapped[datetime | None] = mapped_column(Moment, info=label("希望上门时间"))

    reporter_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), info=label("报修人")
    )
    customer_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("customer.id"), index=True, info=label("商家/租客")
    )
    contact_name: Mapped[str] = mapped_column(
        String(64), default="", info=personal("联系人", "上门维修联系", mask=mask_name, open=True)
    )
    contact_phone: Mapped[str | None] = mapped_column(
        Sealed, info=personal("联系电话", "上门维修联系", mask=mask_phone)
    )
    contact_phone_index: Mapped[str | None] = blind_index("contact_phone")
    contact_phone_tail: Mapped[str | None] = tail("contact_phone")
    registered_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("登记客服"))

    state: Mapped[str] = state_column(SUBMITTED)
    technician_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("technician.id"), info=label("维修师傅"))
    taken_at: Mapped[datetime | None] = mapped_column(Moment, info=label("接单时间"))
    proposed_by: Mapped[str] = choice_column({"": "—", TECHNICIAN: "维修师傅", REPORTER: "报修人"}, "提议方", "")
    proposed_from: Mapped[datetime | None] = mapped_column(Moment, info=label("提议上门时间"))
    proposed_until: Mapped[datetime | None] = mapped_column(Moment, info=label("提议结束时间"))
    appointment_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("约定上门时间"))
    appointment_until: Mapped[datetime | None] = mapped_column(Moment, info=label("约定结束时间"))
    started_at: Mapped[datetime | None] = mapped_column(Moment, info=label("开工时间"))
    finished_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("完工时间"))
    closed_at: Mapped[datetime | None] = mapped_column(Moment, info=label("关闭时间"))
    reopened: Mapped[int] = mapped_column(Integer, default=0, info=label("返工次数"))
    solution: Mapped[str] = mapped_column(String(2000), default="", info=label("处理说明"))
    materials: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list, info=label("用料"))

    round_clock: Mapped[bool] = mapped_column(Boolean, default=False, info=label("全天计时"))
    respond_due_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("接单截止"))
    finish_due_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("完工截止"))
    clock: Mapped[str] = mapped_column(
        String(24), default=RUNNING, index=True, info=label("计时", choices=CLOCKS, state=True)
    )
    paused_at: Mapped[datetime | None] = mapped_column(Moment, info=label("暂停时间"))
    paused_seconds: Mapped[int] = mapped_column(Integer, default=0, info=label("累计暂停（秒）"))
    paused_working_seconds: Mapped[int] = mapped_column(Integer, default=0, info=label("累计暂停工时（秒）"))
    respond_warned_at: Mapped[datetime | None] = mapped_column(Moment, info=label("接单预警时间"))
    finish_warned_at: Mapped[datetime | None] = mapped_column(Moment, info=label("完工预警时间"))
    respond_late_at: Mapped[datetime | None] = mapped_column(Moment, info=label("接单超时时间"))
    finish_late_at: Mapped[datetime | None] = mapped_column(Moment, info=label("完工超时时间"))
    confirm_asked_at: Mapped[datetime | None] = mapped_column(Moment, info=label("自动确认提醒时间"))

    fee_state: Mapped[str] = mapped_column(
        String(24), default=NO_FEE, index=True, info=label("费用", choices=FEES, state=True)
    )
    quote_fen: Mapped[Fen] = mapped_column(default=0, info=label("报价"))
    quote_note: Mapped[str] = mapped_column(String(500), default="", info=label("报价说明"))
    bill_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("bill.id"), unique=True, info=label("维修费账单"))

    speed: Mapped[int | None] = mapped_column(Integer, info=label("速度评分"))
    attitude: Mapped[int | None] = mapped_column(Integer, info=label("态度评分"))
    quality: Mapped[int | None] = mapped_column(Integer, info=label("质量评分"))
    rating_note: Mapped[str] = mapped_column(String(500), default="", info=label("评价内容"))
    rated_at: Mapped[datetime | None] = mapped_column(Moment, info=label("评价时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    category: Mapped[RepairCategory] = relationship(lazy="raise_on_sql")
    equipment: Mapped[Equipment | None] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    reporter: Mapped[Member | None] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer | None] = relationship(lazy="raise_on_sql")
    technician: Mapped[Technician | None] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.number


MAY: dict[str, tuple[str, ...]] = {
    "dispatch": (STAFF,),
    "reassign": (STAFF,),
    "grab": (TECHNICIAN,),
    "take": (TECHNICIAN,),
    "transfer": (TECHNICIAN,),
    "give_back": (TECHNICIAN,),
    "propose": (TECHNICIAN, REPORTER),
    "agree": (TECHNICIAN, REPORTER, STAFF),
    "start": (TECHNICIAN,),
    "finish": (TECHNICIAN,),
    "confirm": (REPORTER, STAFF, SYSTEM),
    "not_done": (REPORTER, STAFF),
    "cancel": (REPORTER, STAFF),
    "force_close": (STAFF,),
    "wait_customer": (TECHNICIAN,),
    "wait_parts": (TECHNICIAN,),
    "resume": (TECHNICIAN, SYSTEM, REPORTER, STAFF),
    "quote": (TECHNICIAN,),
    "withdraw_quote": (TECHNICIAN, SYSTEM),
    "accept_quote": (REPORTER, STAFF),
    "decline_quote": (REPORTER, STAFF),
    "charge": (SYSTEM,),
    "settle": (SYSTEM,),
    "reopen_fee": (SYSTEM,),
    "void_fee": (SYSTEM,),
    "waive": (STAFF, SYSTEM),
}
"""Who makes which move. Staff agree, confirm and answer only in place of a reporter who is not on a phone of ours."""

FLOWS = (WorkOrder.flow, WorkOrder.clock_flow, WorkOrder.fee_flow)
MOVES: dict[str, Move] = {name: move for flow in FLOWS for name, move in flow.moves.items()}
SAID = {
    "report": "提交报修",
    "change": "修改工单",
    "comment": "留言",
    "rate": "评价",
    "follow_up": "回访",
    "warn_respond": "接单时限将到",
    "warn_finish": "完工时限将到",
    "late_respond": "超过接单时限",
    "late_finish": "超过完工时限",
    "ask_confirm": "提醒确认",
}
"""Steps of the timeline that move nothing."""
STEPS = {name: move.title for name, move in MOVES.items()} | SAID


class WorkOrderEvent(Record):
    """工单时间线: one step, who made it and when; rows are never changed. ``shared``: the reporter sees it."""

    __tablename__ = "work_order_event"
    __label__ = "工单进度"
    __append_only__ = True
    __audited__ = False
    __table_args__ = (Index("ix_work_order_event_order", "work_order_id", "id"),)

    work_order_id: Mapped[int] = mapped_column(BigId, ForeignKey("work_order.id"), info=label("工单"))
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("时间"))
    step: Mapped[str] = mapped_column(String(24), index=True, info=label("步骤", choices=STEPS))
    actor: Mapped[str] = mapped_column(String(16), info=label("身份", choices=ACTORS))
    actor_id: Mapped[int | None] = mapped_column(BigId, info=label("操作人编号"))
    technician_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("technician.id"), info=label("维修师傅"))
    state: Mapped[str] = mapped_column(String(24), info=label("工单状态", choices=STATES))
    note: Mapped[str] = mapped_column(String(2000), default="", info=label("说明"))
    shared: Mapped[bool] = mapped_column(Boolean, default=True, info=label("报修人可见"))


OUTCOMES = {"satisfied": "满意", "unsatisfied": "不满意", "unreachable": "未接通"}


class FollowUp(Record):
    """回访: a call of the property's to the one who reported, after the job."""

    __tablename__ = "follow_up"
    __label__ = "回访记录"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    work_order_id: Mapped[int] = mapped_column(BigId, ForeignKey("work_order.id"), index=True, info=label("工单"))
    outcome: Mapped[str] = choice_column(OUTCOMES, "回访结果")
    note: Mapped[str] = mapped_column(String(500), default="", info=label("回访内容"))
    called_by: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("回访人"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    work_order: Mapped[WorkOrder] = relationship(lazy="raise_on_sql")
