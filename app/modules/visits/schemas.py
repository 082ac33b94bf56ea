"""What the endpoints of visits take and give."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from app.core.api import PageQuery, Schema
from app.core.api.schema import Id

Name = Annotated[str, msgspec.Meta(max_length=32)]
Purpose = Annotated[str, msgspec.Meta(max_length=60)]
Reason = Annotated[str, msgspec.Meta(max_length=200)]


class VisitsQuery(PageQuery):
    """mine 为我登记的；to_approve 为待我审批的"""

    box: Literal["mine", "to_approve"] = "mine"


class VisitIn(Schema):
    """登记来访：invitation 为住户邀请，application 为访客申请，technician 为师傅登记自己的进出"""

    kind: Literal["invitation", "application", "technician"]
    valid_from: datetime
    valid_until: datetime
    visitor_name: Name = ""
    visitor_phone: Annotated[str, msgspec.Meta(max_length=20)] = ""
    unit_id: Id | None = None
    purpose: Purpose = ""
    plate: Annotated[str, msgspec.Meta(max_length=10)] = ""


class VisitOut(Schema):
    """一次来访"""

    id: str
    kind: str
    kind_text: str
    visitor_name: str
    visitor_phone: str | None
    community: str
    unit: str
    purpose: str
    plate: str
    valid_from: datetime
    valid_until: datetime
    state: str
    state_text: str
    reason: str
    may_decide: bool
    arrived_at: datetime | None
    left_at: datetime | None
    created_at: datetime


class PassOut(Schema):
    """通行码：token 为二维码内容；numeric_code 为 10 位数字码，numeric_until 之前有效"""

    token: str
    numeric_code: str
    numeric_until: datetime
    qr_url: str
    share_url: str
    valid_from: datetime
    valid_until: datetime
    state: str
    state_text: str


class DecisionIn(Schema):
    """不同意的原因"""

    reason: Reason = ""


class BatchIn(Schema):
    """申请批量来访卡；names 为名单，依次写在卡上"""

    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
    unit_id: Id
    valid_from: datetime
    valid_until: datetime
    names: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=32)]], msgspec.Meta(max_length=1000)
    ] = []


class BatchOut(Schema):
    """一批来访卡"""

    id: str
    count: int
    purpose: str
    unit: str
    valid_from: datetime
    valid_until: datetime
    state: str
    state_text: str
    reason: str
    mine: bool
    may_decide: bool
    created_at: datetime


class ScanIn(Schema):
    """闸机读到的内容；serial 为设备的流水号，重复上送得到相同结果"""

    code: Annotated[str, msgspec.Meta(max_length=512)]
    scanned_at: datetime | None = None
    serial: Annotated[str, msgspec.Meta(max_length=64)] = ""


class ScanOut(Schema):
    """是否放行，原因代码，显示屏文字"""

    allow: bool
    reason: str
    text: str


class GateKeyOut(Schema):
    """验签公钥：Ed25519，base64"""

    id: int
    public_key: str


class SyncOut(Schema):
    """离线核验所需：公钥、本组闸机号、已失效的通行码编号"""

    now: datetime
    gate: str
    direction: str
    group: int
    keys: list[GateKeyOut]
    dead: list[str]


class OfflineScanIn(Schema):
    """离线时的一次扫码；outcome 为闸机当时的结果（allowed 等）"""

    serial: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    code: Annotated[str, msgspec.Meta(max_length=512)]
    scanned_at: datetime
    outcome: Annotated[str, msgspec.Meta(max_length=24)]


class OfflineIn(Schema):
    """离线期间的扫码，按发生顺序"""

    passages: Annotated[list[OfflineScanIn], msgspec.Meta(min_length=1, max_length=500)]


class OfflineResultOut(Schema):
    """conflict 为冲突原因，null 为无冲突"""

    serial: str
    conflict: str | None


class OfflineOut(Schema):
    """按提交的顺序"""

    results: list[OfflineResultOut]
