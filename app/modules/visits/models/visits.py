"""Visits and what lets them in: the visit, its pass, batches of cards, and who may not come."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, blind_index, mask_name, mask_phone, personal, tail
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, Member
from app.modules.visits.models.gates import GateGroup

INVITATION, APPLICATION, BATCH, TECHNICIAN, DESK = "invitation", "application", "batch", "technician", "desk"
KINDS = {
    INVITATION: "住户邀请",
    APPLICATION: "访客申请",
    BATCH: "批量来访",
    TECHNICIAN: "维修师傅",
    DESK: "前台登记",
}
PENDING, APPROVED, REJECTED, CANCELLED = "pending", "approved", "rejected", "cancelled"
ARRIVED, LEFT, EXPIRED, REVOKED = "arrived", "left", "expired", "revoked"
VALID, REDEEMED = "valid", "redeemed"
EXPECTED = (APPROVED, ARRIVED)
"""States of a visit whose pass may still open a gate."""


class PassBatch(Record):
    """批量来访卡: many cards for one occasion, asked for by a company and approved (V4)."""

    __tablename__ = "pass_batch"
    __label__ = "批量来访卡"

    flow = Workflow(
        {PENDING: "待审批", APPROVED: "已通过", REJECTED: "未通过", REVOKED: "已作废", CANCELLED: "已取消"},
        approve=Move(
            (PENDING,), APPROVED, "通过", right="approve", confirm="通过后立即生成全部来访卡，申请人会收到通知。"
        ),
        reject=Move(
            (PENDING,), REJECTED, "不通过", right="approve", confirm="不生成来访卡，申请人会收到通知和下面填写的原因。"
        ),
        revoke=Move(
            (APPROVED,), REVOKED, "作废", right="approve", confirm="作废后未使用的来访卡立即不能通行，不能恢复。"
        ),
        cancel=Move((PENDING,), CANCELLED, "取消"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("申请企业"))
    member_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), index=True, info=label("申请人")
    )
    count: Mapped[int] = mapped_column(Integer, info=label("张数"))
    uses: Mapped[int] = mapped_column(Integer, default=1, info=label("每张可用次数"))
    purpose: Mapped[str] = mapped_column(String(60), info=label("事由"))
    names: Mapped[str] = mapped_column(
        Text, default="", info=personal("名单", "核对来访人员", mask=mask_name, open=True)
    )
    """One name a line, for the first cards; the others carry none."""
    starts_at: Mapped[datetime] = mapped_column(Moment, info=label("开始时间"))
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("结束时间"))
    state: Mapped[str] = state_column(PENDING)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("原因"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("审批人"))
    decided_by_member: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), info=label("企业审批人")
    )
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("审批时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])

    def __str__(self) -> str:
        return f"{self.purpose}（{self.count} 张）"


class Visit(Record):
    """来访登记: one person expected, for a while, at a unit; or a technician's work in the park."""

    __tablename__ = "visit"
    __label__ = "来访登记"
    __table_args__ = (
        Index("ix_visit_expected", "community_id", "state", "ends_at"),
        Index("ix_visit_member_id_id", "member_id", "id"),
        Index("ix_visit_unit_id_state", "unit_id", "state"),
    )

    flow = Workflow(
        {
            PENDING: "待审批", APPROVED: "待来访", REJECTED: "未通过", CANCELLED: "已取消", ARRIVED: "已到访",
            LEFT: "已离开", EXPIRED: "已过期", REVOKED: "已作废",
        },
        approve=Move((PENDING,), APPROVED, "同意来访", right="approve",
                     confirm="同意后立即生成访客的通行码，申请人会收到通知。"),
        reject=Move((PENDING,), REJECTED, "不同意", right="approve",
                    confirm="不生成通行码，申请人会收到通知和下面填写的原因。"),
        cancel=Move((PENDING, APPROVED), CANCELLED, "取消来访"),
        revoke=Move((APPROVED, ARRIVED), REVOKED, "作废通行码",
                    confirm="作废后通行码立即不能进入，不能恢复；登记人和被访人会收到通知。"),
        arrive=Move((APPROVED, LEFT), ARRIVED, "到访", confirm="登记访客现在到访，通行码计一次进入。"),
        leave=Move((ARRIVED,), LEFT, "离开", confirm="登记访客现在离开。"),
        expire=Move((PENDING, APPROVED), EXPIRED, "过期"),
    )  # fmt: skip

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), info=label("园区"))
    kind: Mapped[str] = choice_column(KINDS, "来访类型", DESK)
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), info=label("被访房号"))
    batch_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("pass_batch.id"), index=True, info=label("批次"))
    visitor_name: Mapped[str] = mapped_column(
        String(32), index=True, info=personal("来访人", "核对来访人员", mask=mask_name, open=True)
    )
    visitor_phone: Mapped[str | None] = mapped_column(
        Sealed, info=personal("来访人手机", "联系来访人员", mask=mask_phone)
    )
    visitor_phone_index: Mapped[str | None] = blind_index("visitor_phone")
    visitor_phone_tail: Mapped[str | None] = tail("visitor_phone")
    plate: Mapped[str] = mapped_column(
        String(10), default="", info=personal("车牌号", "来访车辆放行", mask=mask_phone, open=True)
    )
    purpose: Mapped[str] = mapped_column(String(60), default="", info=label("来访事由"))
    starts_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("来访开始"))
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("来访截止"))
    uses: Mapped[int] = mapped_column(
        Integer, default=1, info=label("可进入次数", help="一般为 1；保洁、快递等常客可多次")
    )
    state: Mapped[str] = state_column(PENDING)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("原因"))
    member_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), info=label("登记人")
    )
    host_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), index=True, info=label("接待人")
    )
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("经办人"))
    arrived_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("到访时间"))
    left_at: Mapped[datetime | None] = mapped_column(Moment, info=label("离开时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    batch: Mapped[PassBatch | None] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[member_id])
    host: Mapped[Member | None] = relationship(lazy="raise_on_sql", foreign_keys=[host_id])

    def __str__(self) -> str:
        return self.visitor_name


class AccessPass(Record):
    """通行码: opens one gate of its group as often as ``uses`` says, and out again as often as it went in."""

    __tablename__ = "access_pass"
    __label__ = "通行码"
    __audited__ = False
    __table_args__ = (Index("ix_access_pass_group_id_ends_at", "group_id", "ends_at"),)

    flow = Workflow(
        {VALID: "有效", REDEEMED: "已使用", REVOKED: "已作废", EXPIRED: "已过期"},
        redeem=Move((VALID,), REDEEMED, "核验"),
        revoke=Move((VALID, REDEEMED), REVOKED, "作废"),
        expire=Move((VALID,), EXPIRED, "过期"),
    )

    code: Mapped[str] = mapped_column(String(16), unique=True, info=label("通行码编号"))
    visit_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("visit.id", ondelete="CASCADE"), unique=True, info=label("来访")
    )
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), info=label("园区"))
    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("gate_group.id"), info=label("闸机组"))
    starts_at: Mapped[datetime] = mapped_column(Moment, info=label("生效时间"))
    ends_at: Mapped[datetime] = mapped_column(Moment, info=label("失效时间"))
    uses: Mapped[int] = mapped_column(Integer, default=1, info=label("可用次数"))
    entries: Mapped[int] = mapped_column(Integer, default=0, info=label("已进入"))
    exits: Mapped[int] = mapped_column(Integer, default=0, info=label("已离开"))
    state: Mapped[str] = state_column(VALID)

    visit: Mapped[Visit] = relationship(lazy="raise_on_sql")
    group: Mapped[GateGroup] = relationship(lazy="raise_on_sql")


class BatchGrant(Record):
    """批量卡自主审批: a company whose own people approve its batches, up to so many cards each (V4)."""

    __tablename__ = "batch_grant"
    __label__ = "批量卡授权企业"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), unique=True, info=label("企业"))
    most_cards: Mapped[int] = mapped_column(Integer, default=50, info=label("每批最多张数"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")


class BlockedVisitor(Record):
    """黑名单: somebody who may not come in; known by the phone number."""

    __tablename__ = "blocked_visitor"
    __label__ = "访客黑名单"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    name: Mapped[str] = mapped_column(String(32), info=personal("姓名", "阻止来访", mask=mask_name, open=True))
    phone: Mapped[str] = mapped_column(Sealed, info=personal("手机号", "阻止来访", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone")
    phone_tail: Mapped[str | None] = tail("phone")
    reason: Mapped[str] = mapped_column(String(200), info=label("原因"))
    ends_at: Mapped[datetime | None] = mapped_column(Moment, info=label("解除时间", help="留空为长期"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name
