"""Bills, the lines that explain them, the runs that made them, and what was waived of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Exact, Fen, Moment, Record, choice_column, label, state_column
from app.core.workflow import Move, Workflow
from app.modules.billing.models.catalogue import METHODS, FeeItem, Tariff
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import Customer

UNPAID, PART_PAID, PAID, VOID = "unpaid", "part_paid", "paid", "void"
OPEN = (UNPAID, PART_PAID)
"""The states in which something is owed."""
OPEN_IN_SQL = f"state IN ('{UNPAID}', '{PART_PAID}')"
"""The same as the index of open bills has it: a query is seen to fit it only when it says this word by word."""
DRAFT, ISSUING, ISSUED, CANCELLED = "draft", "issuing", "issued", "cancelled"
PENDING, APPROVED, REJECTED = "pending", "approved", "rejected"
PRINCIPAL, LATE_FEE = "principal", "late_fee"
PARTS = {PRINCIPAL: "本金", LATE_FEE: "滞纳金"}


class BillRun(Record):
    """出账: the bills of a scope and period, made at once. What it would make is shown before."""

    __tablename__ = "bill_run"
    __label__ = "出账批次"

    flow = Workflow(
        {DRAFT: "待出账", ISSUING: "出账中", ISSUED: "已出账", CANCELLED: "已撤销"},
        begin=Move((DRAFT,), ISSUING, "开始出账", right="approve"),
        go_on=Move((ISSUING,), ISSUING, "出账进度", right="approve"),
        issue=Move((DRAFT, ISSUING), ISSUED, "确认出账", right="approve"),
        cancel=Move(
            (ISSUED,),
            CANCELLED,
            "撤销",
            right="approve",
            confirm="本批次的账单全部作废，不能恢复；其中有账单已缴费或已减免时会拒绝。",
        ),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    building_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("building.id"), info=label("楼栋"))
    fee_item_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("fee_item.id"), info=label("费用项"))
    period: Mapped[str] = mapped_column(String(7), index=True, info=label("账期", month=True))
    state: Mapped[str] = state_column(DRAFT)
    bills: Mapped[int] = mapped_column(Integer, default=0, info=label("账单数"))
    amount_fen: Mapped[Fen] = mapped_column(default=0, info=label("金额"))
    steps: Mapped[int] = mapped_column(Integer, default=1, info=label("总步数"))
    steps_done: Mapped[int] = mapped_column(Integer, default=0, info=label("已完成步数"))
    issued_at: Mapped[datetime | None] = mapped_column(Moment, info=label("出账时间"))
    issued_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("出账人"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    building: Mapped[Building | None] = relationship(lazy="raise_on_sql")
    fee_item: Mapped[FeeItem | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.period} #{self.id}"


class Bill(Record):
    """账单: what a customer owes for one fee and period.

    ``amount_fen`` never changes. Paid, waived and late amounts are sums over the ledger and the waivers, kept here so
    that a guard in one UPDATE can hold them within the amount. ``origin`` names what a one-off bill came of.
    """

    __tablename__ = "bill"
    __label__ = "账单"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("paid_fen >= 0 AND waived_fen >= 0 AND paid_fen + waived_fen <= amount_fen", name="principal"),
        CheckConstraint(
            "late_paid_fen >= 0 AND late_waived_fen >= 0 AND late_paid_fen + late_waived_fen <= late_fee_fen",
            name="late_fee",
        ),
        Index(
            "uq_bill_charged_once",
            "assignment_id",
            "customer_id",
            "period",
            "starts_on",
            unique=True,
            sqlite_where=text("state <> 'void'"),
            postgresql_where=text("state <> 'void'"),
        ),
        Index("ix_bill_customer_state", "customer_id", "state", "due_on"),
        Index("ix_bill_community_period", "community_id", "period", "fee_item_id"),
        Index("ix_bill_overdue", "state", "due_on"),
        Index(
            "ix_bill_owed",
            "customer_id",
            "due_on",
            "community_id",
            "fee_item_id",
            "amount_fen",
            "paid_fen",
            "waived_fen",
            "late_fee_fen",
            "late_paid_fen",
            "late_waived_fen",
            sqlite_where=text(OPEN_IN_SQL),
            postgresql_where=text(OPEN_IN_SQL),
        ),
        Index("ix_bill_changed", "updated_at", "id"),
        Index("ix_bill_by_due_date", "due_on", "id"),
        Index("ix_bill_by_amount", "amount_fen", "id"),
        Index("ix_bill_by_period", "period", "id"),
    )

    flow = Workflow(
        {UNPAID: "未缴", PART_PAID: "部分缴纳", PAID: "已结清", VOID: "已作废"},
        part_pay=Move((UNPAID, PART_PAID), PART_PAID, "部分核销"),
        settle=Move((UNPAID, PART_PAID), PAID, "结清"),
        waive=Move((UNPAID,), UNPAID, "减免"),
        waive_part=Move((PART_PAID,), PART_PAID, "减免"),
        reopen=Move((PAID, PART_PAID, UNPAID), UNPAID, "恢复未缴"),
        reopen_part=Move((PAID, PART_PAID), PART_PAID, "恢复部分缴纳"),
        void=Move((UNPAID,), VOID, "作废", right="approve", confirm="作废后客户无需再缴，不能恢复；需要时请重新出账。"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    number: Mapped[str] = mapped_column(String(40), unique=True, info=label("账单号"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), info=label("客户"))
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    fee_item_id: Mapped[int] = mapped_column(BigId, ForeignKey("fee_item.id"), index=True, info=label("费用项"))
    tariff_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("tariff.id"), info=label("收费标准"))
    tariff_version_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("tariff_version.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("tariff_assignment.id"))
    run_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("bill_run.id"), index=True, info=label("出账批次"))
    period: Mapped[str] = mapped_column(String(7), info=label("账期", month=True))
    starts_on: Mapped[date] = mapped_column(Date, info=label("计费开始"))
    ends_on: Mapped[date] = mapped_column(Date, info=label("计费结束"))
    issued_on: Mapped[date] = mapped_column(Date, info=label("出账日期"))
    due_on: Mapped[date] = mapped_column(Date, info=label("截止日期"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("应收金额"))
    paid_fen: Mapped[Fen] = mapped_column(default=0, info=label("已收金额"))
    waived_fen: Mapped[Fen] = mapped_column(default=0, info=label("减免金额"))
    late_fee_fen: Mapped[Fen] = mapped_column(default=0, info=label("滞纳金"))
    late_paid_fen: Mapped[Fen] = mapped_column(default=0, info=label("已收滞纳金"))
    late_waived_fen: Mapped[Fen] = mapped_column(default=0, info=label("减免滞纳金"))
    late_micro_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    """The late fee before rounding and cap, in millionths of a fen: it is rounded once, not every day."""
    late_until: Mapped[date | None] = mapped_column(Date, info=label("滞纳金计至"))
    late_rate: Mapped[Decimal] = mapped_column(Exact(6), default=Decimal(0), info=label("滞纳金日比例"))
    grace_days: Mapped[int] = mapped_column(Integer, default=0, info=label("滞纳金宽限天数"))
    late_cap_percent: Mapped[int] = mapped_column(Integer, default=100, info=label("滞纳金上限（占本金%）"))
    state: Mapped[str] = state_column(UNPAID)
    origin: Mapped[str | None] = mapped_column(String(64), unique=True, info=label("来源"))
    note: Mapped[str] = mapped_column(String(200), default="", info=label("备注"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    fee_item: Mapped[FeeItem] = relationship(lazy="raise_on_sql")
    tariff: Mapped[Tariff | None] = relationship(lazy="raise_on_sql")
    run: Mapped[BillRun | None] = relationship(lazy="raise_on_sql")
    lines: Mapped[list["BillLine"]] = relationship(lazy="raise_on_sql", order_by="BillLine.position")

    @hybrid_property
    def principal_due_fen(self) -> int:
        """What is still owed of the amount."""
        return self.amount_fen - self.paid_fen - self.waived_fen

    @hybrid_property
    def late_due_fen(self) -> int:
        """What is still owed of the late fee that has accrued."""
        return self.late_fee_fen - self.late_paid_fen - self.late_waived_fen

    @hybrid_property
    def outstanding_fen(self) -> int:
        """What is still owed in all; nothing of a void bill."""
        return self.principal_due_fen + self.late_due_fen

    def __str__(self) -> str:
        return self.number


class BillLine(Record):
    """账单明细: one amount and the snapshot that explains it and from which it can be computed again (invariant 4).

    ``amount_fen`` = half-up of quantity × unit price × months × days / days of the period × percent; ``quantity`` is
    m², m³, kWh, bays or pieces. ``snapshot`` holds what the words need beyond that (readings, multiplier, step limits,
    names as they were).
    """

    __tablename__ = "bill_line"
    __label__ = "账单明细"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("bill_id", "position"),)

    bill_id: Mapped[int] = mapped_column(BigId, ForeignKey("bill.id"), info=label("账单"))
    position: Mapped[int] = mapped_column(Integer, default=1, info=label("序号"))
    title: Mapped[str] = mapped_column(String(64), default="", info=label("项目"))
    method: Mapped[str] = mapped_column(String(24), default="fixed", info=label("计费方式", choices=METHODS))
    quantity: Mapped[Decimal] = mapped_column(Exact(4), default=Decimal(1), info=label("数量"))
    unit_price: Mapped[Decimal] = mapped_column(Exact(4), info=label("单价（元）"))
    months: Mapped[int] = mapped_column(Integer, default=1, info=label("月数"))
    days: Mapped[int] = mapped_column(Integer, default=1, info=label("计费天数"))
    period_days: Mapped[int] = mapped_column(Integer, default=1, info=label("账期天数"))
    percent: Mapped[int] = mapped_column(Integer, default=100, info=label("计费比例（%）"))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("计算依据"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))

    bill: Mapped[Bill] = relationship(lazy="raise_on_sql", overlaps="lines")


class Waiver(Record):
    """减免: part of a bill that is not asked for; it counts once somebody with the right has approved it."""

    __tablename__ = "waiver"
    __label__ = "减免"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"),)

    flow = Workflow(
        {PENDING: "待审批", APPROVED: "已同意", REJECTED: "已驳回"},
        approve=Move((PENDING,), APPROVED, "同意减免", right="approve", confirm="同意后账单应收随即减少，不能撤回。"),
        reject=Move((PENDING,), REJECTED, "驳回", right="approve", confirm="驳回后账单应收不变。"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    bill_id: Mapped[int] = mapped_column(BigId, ForeignKey("bill.id"), index=True, info=label("账单"))
    part: Mapped[str] = choice_column(PARTS, "减免内容", PRINCIPAL)
    amount_fen: Mapped[Fen] = mapped_column(info=label("减免金额"))
    reason: Mapped[str] = mapped_column(String(200), info=label("减免原因"))
    state: Mapped[str] = state_column(PENDING)
    requested_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("申请人"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("审批人"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("审批时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill] = relationship(lazy="raise_on_sql")
