"""Money that comes and goes: payments and what they are for, refunds, prepayments, deposits, receipts, invoices."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, mask_all, mask_id, mask_name, personal
from app.core.workflow import Move, Workflow
from app.modules.billing.models.bills import Bill
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, Member

CREATED, PAID, FAILED, CLOSED = "created", "paid", "failed", "closed"
PART_REFUNDED, REFUNDED = "part_refunded", "refunded"
PENDING, APPROVED, REJECTED, DONE = "pending", "approved", "rejected", "done"
HELD, RETURNING, RETURNED = "held", "returning", "returned"
WECHAT, FINANCE = "wechat", "finance"
COUNTER_CHANNELS = {"cash": "现金", "pos": "POS 刷卡", "transfer": "银行转账"}
CHANNELS = {WECHAT: "微信支付", **COUNTER_CHANNELS, FINANCE: "财务系统"}


class Payment(Record):
    """缴费: one attempt to pay, with its channel and the channel's own number; books once (invariant 3).

    ``refunded_fen`` is what refunds that were approved take back, paid out or not.
    """

    __tablename__ = "payment"
    __label__ = "缴费记录"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= amount_fen", name="refunded"),
        UniqueConstraint("channel", "channel_no"),
        Index("ix_payment_customer", "customer_id", "id"),
        Index("ix_payment_day", "community_id", "paid_on", "channel"),
        Index("ix_payment_open", "state", "channel", "created_at"),
    )

    flow = Workflow(
        {
            CREATED: "待支付",
            PAID: "已支付",
            FAILED: "支付失败",
            CLOSED: "已关闭",
            PART_REFUNDED: "部分退款",
            REFUNDED: "已退款",
        },
        book=Move((CREATED, CLOSED, FAILED), PAID, "入账"),
        close=Move((CREATED,), CLOSED, "关闭"),
        fail=Move((CREATED,), FAILED, "支付失败"),
        refund_part=Move((PAID, PART_REFUNDED), PART_REFUNDED, "部分退款"),
        refund_all=Move((PAID, PART_REFUNDED), REFUNDED, "全额退款"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    number: Mapped[str] = mapped_column(String(32), unique=True, info=label("缴费单号"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), info=label("客户"))
    member_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("member.id"), index=True, info=label("付款用户"))
    channel: Mapped[str] = choice_column(CHANNELS, "支付方式")
    channel_no: Mapped[str | None] = mapped_column(String(64), info=label("渠道流水号"))
    official: Mapped[bool] = mapped_column(Boolean, default=False, info=label("经公众号支付"))
    prepay_id: Mapped[str | None] = mapped_column(String(96), info=label("预支付编号"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))
    refunded_fen: Mapped[Fen] = mapped_column(default=0, info=label("退款金额"))
    state: Mapped[str] = state_column(CREATED)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, info=label("支付有效期至"))
    paid_at: Mapped[datetime | None] = mapped_column(Moment, info=label("支付时间"))
    paid_on: Mapped[date | None] = mapped_column(Date, info=label("入账日期"))
    cashier_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("收款人"))
    note: Mapped[str] = mapped_column(String(200), default="", info=label("备注"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql")
    items: Mapped[list["PaymentItem"]] = relationship(lazy="raise_on_sql", order_by="PaymentItem.id")

    def __str__(self) -> str:
        return self.number


class PaymentItem(Record):
    """What a payment was meant for: a bill, and what was owed of it when the payment was made."""

    __tablename__ = "payment_item"
    __label__ = "缴费明细"
    __audited__ = False
    __table_args__ = (UniqueConstraint("payment_id", "bill_id"),)

    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payment.id"), info=label("缴费记录"))
    bill_id: Mapped[int] = mapped_column(BigId, ForeignKey("bill.id"), index=True, info=label("账单"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))

    bill: Mapped[Bill] = relationship(lazy="raise_on_sql")


class Refund(Record):
    """退款: takes back part of a payment; booked when approved, over when the channel has paid it out."""

    __tablename__ = "refund"
    __label__ = "退款"
    __table_args__ = (CheckConstraint("amount_fen > 0", name="amount"),)

    flow = Workflow(
        {PENDING: "待审批", APPROVED: "退款中", DONE: "已退款", FAILED: "退款失败", REJECTED: "已驳回"},
        approve=Move(
            (PENDING,),
            APPROVED,
            "同意退款",
            right="approve",
            confirm="同意后款项原路退回，不能撤回；相应账单恢复欠费。",
        ),
        reject=Move((PENDING,), REJECTED, "驳回", right="approve", confirm="驳回后不退款，缴费和账单不变。"),
        finish=Move(
            (APPROVED, FAILED),
            DONE,
            "确认已退",
            right="approve",
            confirm="确认款项已经退给客户，随即记入账目，不能撤回。",
        ),
        fail=Move((APPROVED,), FAILED, "退款失败"),
        retry=Move(
            (FAILED,), APPROVED, "重新退款", right="approve", confirm="将以同一退款单号再次请支付渠道退款，不会重复退。"
        ),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    number: Mapped[str] = mapped_column(String(32), unique=True, info=label("退款单号"))
    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payment.id"), index=True, info=label("缴费记录"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("退款金额"))
    reason: Mapped[str] = mapped_column(String(200), info=label("退款原因"))
    state: Mapped[str] = state_column(PENDING)
    channel_no: Mapped[str | None] = mapped_column(String(64), info=label("渠道退款流水号"))
    refunded_at: Mapped[datetime | None] = mapped_column(Moment, info=label("退款时间"))
    requested_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("申请人"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("审批人"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("审批时间"))
    failure: Mapped[str] = mapped_column(String(200), default="", info=label("失败原因"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment] = relationship(lazy="raise_on_sql")


class Account(Record):
    """客户账户: what a customer has prepaid in a community; never below zero."""

    __tablename__ = "customer_account"
    __label__ = "客户账户"
    __audited__ = False
    __table_args__ = (
        UniqueConstraint("customer_id", "community_id"),
        CheckConstraint("prepaid_fen >= 0", name="prepaid"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), info=label("客户"))
    prepaid_fen: Mapped[Fen] = mapped_column(default=0, info=label("预存余额"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")


class Deposit(Record):
    """押金: held for a customer, set off against bills or given back with approval."""

    __tablename__ = "deposit"
    __label__ = "押金"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("deducted_fen >= 0 AND deducted_fen <= amount_fen", name="deducted"),
    )

    flow = Workflow(
        {HELD: "在押", RETURNING: "退还待审批", RETURNED: "已退还"},
        deduct=Move((HELD,), HELD, "抵扣账单", right="approve"),
        request_return=Move(
            (HELD,), RETURNING, "申请退还", confirm="申请退还押金余额，由有审批权限的人同意后退给客户。"
        ),
        refuse_return=Move(
            (RETURNING,), HELD, "驳回退还", right="approve", confirm="驳回后押金继续保留，可以再次申请。"
        ),
        give_back=Move(
            (RETURNING,),
            RETURNED,
            "同意退还",
            right="approve",
            confirm="确认押金余额已退给客户，随即记入账目，不能撤回。",
        ),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    number: Mapped[str] = mapped_column(String(32), unique=True, info=label("押金单号"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("客户"))
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), info=label("房号"))
    title: Mapped[str] = mapped_column(String(64), info=label("押金名称"))
    channel: Mapped[str] = choice_column(COUNTER_CHANNELS, "收款方式", "cash")
    amount_fen: Mapped[Fen] = mapped_column(info=label("押金金额"))
    deducted_fen: Mapped[Fen] = mapped_column(default=0, info=label("已抵扣"))
    state: Mapped[str] = state_column(HELD)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("退还说明"))
    received_on: Mapped[date] = mapped_column(Date, info=label("收取日期"))
    returned_on: Mapped[date | None] = mapped_column(Date, info=label("退还日期"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.number


class Counter(Record):
    """The last number of a series without gaps: raised in the transaction that uses the number."""

    __tablename__ = "billing_counter"
    __label__ = "编号序列"
    __audited__ = False

    key: Mapped[str] = mapped_column(String(48), unique=True)
    value: Mapped[int] = mapped_column(BigInteger, default=0)


class Receipt(Record):
    """收据: numbered without gaps per community and year; what it says is kept as it was then."""

    __tablename__ = "receipt"
    __label__ = "收据"
    __append_only__ = True

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    number: Mapped[str] = mapped_column(String(40), unique=True, info=label("收据号"))
    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payment.id"), unique=True, info=label("缴费记录"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))
    issued_on: Mapped[date] = mapped_column(Date, info=label("开具日期"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("收据内容"))

    payment: Mapped[Payment] = relationship(lazy="raise_on_sql")
    community: Mapped[Community] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.number


class ReceiptPrint(Record):
    """收据打印: each time a receipt was put on paper, so that only the first passes for the original."""

    __tablename__ = "receipt_print"
    __label__ = "收据打印"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("receipt_id", "number"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    receipt_id: Mapped[int] = mapped_column(BigId, ForeignKey("receipt.id"), info=label("收据"))
    number: Mapped[int] = mapped_column(Integer, info=label("第几次"))
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("打印人"))

    receipt: Mapped[Receipt] = relationship(lazy="raise_on_sql")


class InvoiceRequest(Record):
    """开票申请: the title and tax number for a payment's invoice, which finance issues in its own system."""

    __tablename__ = "invoice_request"
    __label__ = "开票申请"

    flow = Workflow(
        {PENDING: "待开票", DONE: "已开票", REJECTED: "已驳回"},
        issue=Move((PENDING,), DONE, "登记已开票", confirm="登记后申请人会收到发票号码，请核对无误。"),
        reject=Move((PENDING,), REJECTED, "驳回", confirm="申请人会收到通知和下面填写的原因，可以再次申请。"),
        ask_again=Move((REJECTED,), PENDING, "再次申请"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    payment_id: Mapped[int] = mapped_column(BigId, ForeignKey("payment.id"), unique=True, info=label("缴费记录"))
    member_id: Mapped[int] = mapped_column(BigId, ForeignKey("member.id"), index=True, info=label("申请用户"))
    title: Mapped[str] = mapped_column(String(128), info=personal("发票抬头", "开具发票", mask=mask_name, open=True))
    tax_number: Mapped[str | None] = mapped_column(Sealed, info=personal("税号", "开具发票", mask=mask_id))
    email: Mapped[str | None] = mapped_column(Sealed, info=personal("接收邮箱", "寄送电子发票", mask=mask_all))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))
    state: Mapped[str] = state_column(PENDING)
    invoice_no: Mapped[str] = mapped_column(String(64), default="", info=label("发票号码"))
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("驳回原因"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment] = relationship(lazy="raise_on_sql")
