"""The ledger: every movement of money as one row between two accounts; reports are sums over it.

A row takes ``amount_fen`` from its ``credit`` account to its ``debit`` account, so the accounts balance by
construction. An allocation (核销) is a row that credits ``receivable`` or ``late_fee`` and names payment and bill.
Nothing here is changed or deleted: what was wrong is reversed by a row the other way round. Reports do not read
millions of rows for that: ``LedgerDay`` keeps the sums of all rows up to ``LedgerMark``.
"""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Record, label
from app.modules.billing.models.bills import Bill
from app.modules.estate.models import Community
from app.modules.members.models import Customer

RECEIVABLE, INCOME, LATE, CASH = "receivable", "income", "late_fee", "cash"
PREPAID, DEPOSITS, WAIVED, REFUNDING = "prepayment", "deposit", "waived", "refunding"
ACCOUNTS = {
    RECEIVABLE: "应收账款",
    INCOME: "收入",
    LATE: "滞纳金收入",
    CASH: "收款",
    PREPAID: "预存款",
    DEPOSITS: "押金",
    WAIVED: "减免",
    REFUNDING: "待退款",
}
ISSUE, VOIDING, PAYMENT, OFFSET, WAIVER, REFUND, REFUND_PAID, DEPOSIT = (
    "issue", "void", "payment", "offset", "waiver", "refund", "refund_paid", "deposit",
)  # fmt: skip
KINDS = {
    ISSUE: "出账",
    VOIDING: "作废",
    PAYMENT: "收款",
    OFFSET: "预存抵扣",
    WAIVER: "减免",
    REFUND: "退款冲回",
    REFUND_PAID: "退款支付",
    DEPOSIT: "押金",
}


class LedgerEntry(Record):
    """账目: one movement, in fen, always positive."""

    __tablename__ = "ledger_entry"
    __label__ = "账目"
    __append_only__ = True
    __audited__ = False
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("debit <> credit", name="accounts"),
        Index("ix_ledger_entry_customer", "customer_id", "id"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), info=label("园区"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), info=label("客户"))
    booked_on: Mapped[date] = mapped_column(Date, info=label("入账日期"))
    kind: Mapped[str] = mapped_column(String(24), info=label("业务", choices=KINDS))
    debit: Mapped[str] = mapped_column(String(24), info=label("借方", choices=ACCOUNTS))
    credit: Mapped[str] = mapped_column(String(24), info=label("贷方", choices=ACCOUNTS))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))
    bill_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("bill.id"), index=True, info=label("账单"))
    fee_item_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("fee_item.id"), info=label("费用项"))
    period: Mapped[str | None] = mapped_column(String(7), info=label("账期"))
    payment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("payment.id"), index=True, info=label("收款"))
    refund_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("refund.id"), index=True, info=label("退款"))
    waiver_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("waiver.id"), index=True, info=label("减免"))
    deposit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("deposit.id"), index=True, info=label("押金"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill | None] = relationship(lazy="raise_on_sql")


class LedgerDay(Record):
    """账目日汇总: the sum of the rows up to the mark that are alike in all that reports ask for; it follows from them.

    What a row lacks stands as 0 or as an empty text, because a unique constraint takes no NULL for another.
    """

    __tablename__ = "ledger_day"
    __label__ = "账目日汇总"
    __audited__ = False
    KEYS = ("community_id", "booked_on", "period", "fee_item_id", "kind", "debit", "credit", "channel")
    __table_args__ = (UniqueConstraint(*KEYS, name="uq_ledger_day_keys"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), info=label("园区"))
    booked_on: Mapped[date] = mapped_column(Date, index=True, info=label("入账日期"))
    period: Mapped[str] = mapped_column(String(7), index=True, info=label("账期"))
    fee_item_id: Mapped[int] = mapped_column(BigId, info=label("费用项"))
    kind: Mapped[str] = mapped_column(String(24), info=label("业务", choices=KINDS))
    debit: Mapped[str] = mapped_column(String(24), info=label("借方", choices=ACCOUNTS))
    credit: Mapped[str] = mapped_column(String(24), info=label("贷方", choices=ACCOUNTS))
    channel: Mapped[str] = mapped_column(String(24), info=label("收款渠道"))
    amount_fen: Mapped[Fen] = mapped_column(info=label("金额"))


class LedgerMark(Record):
    """账目汇总进度: one row that says up to which ledger row ``LedgerDay`` holds the sums."""

    __tablename__ = "ledger_mark"
    __label__ = "账目汇总进度"
    __audited__ = False

    through_id: Mapped[int] = mapped_column(BigId, default=0, info=label("已汇总至账目编号"))
