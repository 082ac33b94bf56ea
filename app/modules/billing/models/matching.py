"""Other people's books beside ours: the finance system's entries, the channel's daily bill, and what does not fit."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, ForeignKey, Integer, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, mask_all, mask_name, personal
from app.core.workflow import Move, Workflow
from app.modules.billing.models.bills import Bill
from app.modules.billing.models.money import CHANNELS, Payment, Refund
from app.modules.estate.models import Community
from app.modules.members.models import Customer

OPEN, RESOLVED = "open", "resolved"
UNMATCHED, BOOKED, IGNORED = "unmatched", "booked", "ignored"
SOURCES = {"interface": "接口", "import": "导入"}
ALERTS = {
    "amount": "金额不符",
    "currency": "币种不符",
    "unknown": "找不到缴费单",
    "merchant": "商户不符",
    "signature": "签名无效",
    "double": "重复缴费",
    "refund": "退款失败",
}
DIFFERENCES = {
    "CHANNEL_MISSING": "对账单中没有",
    "LOCAL_MISSING": "系统中没有",
    "AMOUNT_MISMATCH": "金额不一致",
    "STATUS_MISMATCH": "状态不一致",
    "REFUND_MISMATCH": "退款不一致",
}
FETCHING, EQUAL, DIFFERENT, WORKED_OFF = "fetching", "equal", "different", "worked_off"


class FinanceKey(Record):
    """财务接口密钥: by which a finance system signs its calls; without community it speaks for all."""

    __tablename__ = "finance_key"
    __label__ = "财务接口密钥"

    community_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    name: Mapped[str] = mapped_column(String(64), info=label("名称"))
    key_id: Mapped[str] = mapped_column(String(48), unique=True, info=label("密钥编号"))
    secret: Mapped[str] = mapped_column(Sealed, info=personal("密钥", "接口签名", sensitive=True, mask=mask_all))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class FinanceEntry(Record):
    """到账记录: money that the finance system says has arrived (B5, B6); ``external_no`` is its number there."""

    __tablename__ = "finance_entry"
    __label__ = "到账记录"
    __table_args__ = (UniqueConstraint("external_no"),)

    flow = Workflow(
        {UNMATCHED: "待匹配", BOOKED: "已入账", IGNORED: "已忽略"},
        book=Move((UNMATCHED,), BOOKED, "入账"),
        ignore=Move(
            (UNMATCHED,),
            IGNORED,
            "忽略",
            undo="restore",
            confirm="确认这笔到账与物业收费无关，不入账；以后可以恢复。",
        ),
        restore=Move((IGNORED,), UNMATCHED, "恢复", undo="ignore", confirm="恢复后回到待匹配，可以入账到账单。"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    external_no: Mapped[str] = mapped_column(String(64), info=label("财务流水号"))
    source: Mapped[str] = choice_column(SOURCES, "来源", "import")
    bill_no: Mapped[str] = mapped_column(String(40), default="", index=True, info=label("账单号"))
    customer_name: Mapped[str] = mapped_column(
        String(128), default="", info=personal("客户名称", "匹配账单", mask=mask_name, open=True)
    )
    payer: Mapped[str] = mapped_column(
        String(128), default="", info=personal("付款人", "匹配账单", mask=mask_name, open=True)
    )
    amount_fen: Mapped[Fen] = mapped_column(info=label("到账金额"))
    paid_on: Mapped[date] = mapped_column(Date, index=True, info=label("到账日期"))
    paid_at: Mapped[datetime | None] = mapped_column(Moment, info=label("到账时间"))
    note: Mapped[str] = mapped_column(String(200), default="", info=label("备注"))
    state: Mapped[str] = state_column(UNMATCHED)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("未匹配原因"))
    bill_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("bill.id"), info=label("账单"))
    payment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("payment.id"), unique=True, info=label("缴费记录"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment | None] = relationship(lazy="raise_on_sql")
    bill: Mapped[Bill | None] = relationship(lazy="raise_on_sql")


class PaymentAlert(Record):
    """收款异常: something about money that a person has to look at; nothing was booked for it unless it says so."""

    __tablename__ = "payment_alert"
    __label__ = "收款异常"

    flow = Workflow(
        {OPEN: "待处理", RESOLVED: "已处理"},
        resolve=Move((OPEN,), RESOLVED, "标记已处理", confirm="只记下处理结果，不改动任何款项和账单。"),
    )

    community_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    kind: Mapped[str] = choice_column(ALERTS, "异常")
    channel: Mapped[str] = choice_column(CHANNELS, "支付方式")
    payment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("payment.id"), index=True, info=label("缴费记录"))
    customer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("customer.id"), info=label("客户"))
    channel_no: Mapped[str] = mapped_column(String(64), default="", info=label("渠道流水号"))
    detail: Mapped[str] = mapped_column(String(300), info=label("说明"))
    dedupe: Mapped[str] = mapped_column(String(96), unique=True)
    """What makes two reports of one thing the same."""
    state: Mapped[str] = state_column(OPEN)
    resolution: Mapped[str] = mapped_column(String(200), default="", info=label("处理结果"))

    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment | None] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer | None] = relationship(lazy="raise_on_sql")


class Reconciliation(Record):
    """对账: a channel's day beside ours."""

    __tablename__ = "reconciliation"
    __label__ = "对账"
    __table_args__ = (UniqueConstraint("channel", "day"),)

    flow = Workflow(
        {FETCHING: "待取对账单", EQUAL: "一致", DIFFERENT: "有差异", WORKED_OFF: "差异已处理"},
        agree=Move((FETCHING, DIFFERENT, EQUAL), EQUAL, "一致"),
        differ=Move((FETCHING, EQUAL, DIFFERENT, WORKED_OFF), DIFFERENT, "有差异"),
        work_off=Move((DIFFERENT, WORKED_OFF), WORKED_OFF, "差异已处理"),
    )

    channel: Mapped[str] = choice_column(CHANNELS, "支付方式")
    day: Mapped[date] = mapped_column(Date, index=True, info=label("日期"))
    state: Mapped[str] = state_column(FETCHING)
    channel_count: Mapped[int] = mapped_column(Integer, default=0, info=label("渠道笔数"))
    channel_fen: Mapped[int] = mapped_column(BigInteger, default=0, info=label("渠道金额"))
    our_count: Mapped[int] = mapped_column(Integer, default=0, info=label("系统笔数"))
    our_fen: Mapped[int] = mapped_column(BigInteger, default=0, info=label("系统金额"))
    fetched_at: Mapped[datetime | None] = mapped_column(Moment, info=label("取单时间"))

    @classmethod
    def in_communities(cls, _ids: Iterable[int]) -> Any:
        """The channel's account is the company's: its totals are not for those who see single communities."""
        return false()

    def __str__(self) -> str:
        return f"{self.day}"


class ReconciliationDifference(Record):
    """对账差异: one thing that the two books say differently; worked off by staff."""

    __tablename__ = "reconciliation_difference"
    __label__ = "对账差异"
    __table_args__ = (UniqueConstraint("reconciliation_id", "kind", "reference"),)

    flow = Workflow(
        {OPEN: "待处理", RESOLVED: "已处理"},
        resolve=Move((OPEN,), RESOLVED, "标记已处理", confirm="只记下处理结果，不改动任何款项和账单。"),
    )

    reconciliation_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("reconciliation.id"), index=True, info=label("对账")
    )
    kind: Mapped[str] = choice_column(DIFFERENCES, "差异")
    reference: Mapped[str] = mapped_column(String(64), info=label("单号"))
    payment_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("payment.id"), info=label("缴费记录"))
    refund_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("refund.id"), info=label("退款"))
    channel_fen: Mapped[int | None] = mapped_column(BigInteger, info=label("渠道金额"))
    our_fen: Mapped[int | None] = mapped_column(BigInteger, info=label("系统金额"))
    detail: Mapped[str] = mapped_column(String(200), default="", info=label("说明"))
    state: Mapped[str] = state_column(OPEN)
    resolution: Mapped[str] = mapped_column(String(200), default="", info=label("处理结果"))

    @classmethod
    def in_communities(cls, _ids: Iterable[int]) -> Any:
        """As for the day that it belongs to."""
        return false()

    reconciliation: Mapped[Reconciliation] = relationship(lazy="raise_on_sql")
    payment: Mapped[Payment | None] = relationship(lazy="raise_on_sql")
    refund: Mapped[Refund | None] = relationship(lazy="raise_on_sql")
