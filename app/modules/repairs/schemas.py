"""What work orders look like on the phone."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.core.api import Id, LongText, MediaKeys, PageQuery, Schema, ShortText

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Note = Annotated[str, msgspec.Meta(max_length=500)]
Place = Annotated[str, msgspec.Meta(max_length=120)]
Stars = Annotated[int, msgspec.Meta(ge=1, le=5)]
FenIn = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class RepairCategoryOut(Schema):
    """报修类别；children 为下级类别，有下级的不能直接选用。时限单位为分钟（工作时间）"""

    id: str
    name: str
    trade: str
    trade_text: str
    priority: str
    respond_minutes: int
    finish_minutes: int
    children: list["RepairCategoryOut"]


class RepairPointOut(Schema):
    """设备点位：扫码后预填的位置与类别"""

    code: str
    name: str
    area: str
    community_id: str
    community: str
    unit_id: str | None
    place: str
    category_id: str
    category: str


class WorkOrderIn(Schema):
    """报修；租赁区域须选 unit_id，公共区域选 unit_id 或填写 place"""

    area: Literal["public", "leased"]
    category_id: Id
    description: LongText
    unit_id: Id | None = None
    place: Place = ""
    community_id: Id | None = None
    media_ids: MediaKeys = []
    preferred_time: Time | None = None
    point_code: Annotated[str, msgspec.Meta(max_length=16)] = ""


class WorkOrdersQuery(PageQuery):
    """box：reported 我报修的（住户），pool 抢单池、assigned 派给我的（维修师傅）；state：open 进行中，done 已结束"""

    box: Literal["", "reported", "pool", "assigned"] = ""
    state: Literal["open", "done", "all"] = "all"


class WorkPictureOut(Schema):
    """图片；url 后接 `?size=thumb` 为缩略图"""

    id: str
    url: str


class AssignedTechnicianOut(Schema):
    """维修师傅"""

    id: str
    name: str
    phone: str | None


class WorkOrderOut(Schema):
    """工单"""

    id: str
    number: str
    area: str
    area_text: str
    category_id: str
    category: str
    unit_id: str | None
    place: str
    description: str
    priority: str
    priority_text: str
    state: str
    state_text: str
    created_at: datetime
    preferred_time: datetime | None
    appointment_at: datetime | None
    appointment_until: datetime | None
    respond_due_at: datetime
    finish_due_at: datetime
    overdue: bool
    clock: str
    clock_text: str
    remaining_text: str
    technician: AssignedTechnicianOut | None
    fee_state: str
    fee_state_text: str
    quote_fen: int
    pictures: list[WorkPictureOut]


class TimelineStepOut(Schema):
    """进度"""

    at: datetime
    step: str
    title: str
    actor: str
    who: str
    note: str
    pictures: list[WorkPictureOut]


class MaterialIn(Schema):
    """用料"""

    name: ShortText
    quantity: ShortText


class RepairRatingOut(Schema):
    """评价，1 至 5 分"""

    speed: int
    attitude: int
    quality: int
    comment: str


class WorkOrderDetailOut(WorkOrderOut):
    """工单及进度；moves 为当前可执行的操作"""

    contact_name: str
    contact_phone: str | None
    proposed_by: str
    proposed_from: datetime | None
    proposed_until: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    closed_at: datetime | None
    solution: str
    materials: list[MaterialIn]
    quote_note: str
    bill_id: str | None
    rating: RepairRatingOut | None
    timeline: list[TimelineStepOut]
    moves: list[str]


class AppointmentIn(Schema):
    """提议上门时间；不填结束时间则为一小时"""

    starts_at: Time
    ends_at: Time | None = None


class AppointmentAgreedIn(Schema):
    """同意上门时间；starts_at 为所看到的提议，已变更时拒绝"""

    starts_at: Time | None = None


class FinishIn(Schema):
    """完工"""

    solution: LongText
    materials: Annotated[list[MaterialIn], msgspec.Meta(max_length=30)] = []
    media_ids: MediaKeys = []


class NotDoneIn(Schema):
    """未修好"""

    reason: Reason
    media_ids: MediaKeys = []


class WorkOrderReasonIn(Schema):
    """原因"""

    reason: Reason


class TransferIn(Schema):
    """转派给同事"""

    technician_id: Id
    reason: Reason


class PauseIn(Schema):
    """暂停计时"""

    cause: Literal["waiting_customer", "waiting_parts"]
    reason: Reason


class QuoteIn(Schema):
    """报价，单位分；0 为撤回报价"""

    amount_fen: FenIn
    note: Note = ""


class QuoteAnswerIn(Schema):
    """同意报价；amount_fen 为所看到的金额，已变更时拒绝"""

    amount_fen: FenIn


class QuoteRefusalIn(Schema):
    """不同意报价"""

    reason: Note = ""


class RepairRatingIn(Schema):
    """评价：速度、态度、质量，1 至 5 分"""

    speed: Stars
    attitude: Stars
    quality: Stars
    comment: Note = ""


class WorkOrderCommentIn(Schema):
    """留言"""

    text: Reason
    media_ids: MediaKeys = []


class ColleagueOut(Schema):
    """可转派的同事"""

    id: str
    name: str
    on_duty: bool
    fits: bool
    open_jobs: int


class DutyIn(Schema):
    """上岗或下岗"""

    on_duty: bool


class DutyOut(Schema):
    """在岗状态与在手工单"""

    on_duty: bool
    open_jobs: int
    open_jobs_most: int


class WorkPictureQuery(Schema):
    """要哪一种大小"""

    size: Literal["", "thumb"] = ""
