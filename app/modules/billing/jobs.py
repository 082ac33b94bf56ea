"""Work with the payment channel that no request waits for: refunds, pending payments, the daily bill."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, jobs
from app.core.errors import Unavailable
from app.core.jobs import Job, Outside, Timed
from app.modules.billing import connections, enquiries
from app.modules.billing.channels import Repayment, StatementRow, Trade
from app.modules.billing.models import Payment, Refund
from app.modules.billing.models.money import APPROVED, CREATED, WECHAT
from app.modules.billing.operations import reconciliation, trades

QUIET = timedelta(minutes=1)
"""A payment this young is left to its callback and its payer's return."""
REFUND_QUIET = timedelta(minutes=10)
MOST = 200
BILLS_KEPT = timedelta(days=89)
"""How far back the channel gives daily bills: three months."""
BILL_READY = timedelta(hours=10, minutes=5)
"""Into the day after: the channel makes a bill from ten o'clock on."""

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class _Asked:
    payment_id: int
    number: str
    over: bool


@dataclass(frozen=True)
class _Repaid:
    number: str
    payment_number: str
    amount_fen: int
    total_fen: int
    reason: str


def _pending(session: Session, _payload: Payload) -> list[_Asked] | None:
    waiting = session.scalars(
        select(Payment)
        .where(Payment.state == CREATED, Payment.channel == WECHAT, Payment.created_at < clock.now() - QUIET)
        .order_by(Payment.created_at)
        .limit(MOST)
    )
    return [_Asked(payment.id, payment.number, trades.expired(payment)) for payment in waiting] or None


def _ask_all(pending: list[_Asked]) -> list[tuple[_Asked, Trade]]:
    """Up to the first question without an answer: the channel is away, and the next sweep asks again."""
    answers = []
    for asked in pending:
        try:
            answers.append((asked, _ask(asked)))
        except Unavailable:
            break
    return answers


def _follow_all(session: Session, _payload: Payload, answers: list[tuple[_Asked, Trade]]) -> None:
    """Close what is over; what was paid is booked in a transaction of its own, so that none keeps others back."""
    for asked, trade in answers:
        if trade.state == "paid":
            jobs.put(session, "billing.ask_payment", {"payment_id": asked.payment_id})
        else:
            trades.follow(session, trade)


def sweep_refunds(session: Session, _payload: Payload) -> None:
    """Job: have the channel asked about refunds that it has not paid out yet, each by itself."""
    unpaid = (
        select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.state == APPROVED, Payment.channel == WECHAT, Refund.updated_at < clock.now() - REFUND_QUIET)
        .order_by(Refund.id)
        .limit(MOST)
    )
    for refund_id in session.scalars(unpaid):
        jobs.put(session, "billing.refund", {"refund_id": refund_id})


def _waiting(session: Session, payload: Payload) -> _Asked | None:
    payment = session.get(Payment, payload["payment_id"])
    if payment is None or payment.state in ("paid", "part_refunded", "refunded"):
        return None
    return _Asked(payment.id, payment.number, trades.expired(payment))


def _ask(asked: _Asked) -> Trade:
    return enquiries.ask(connections.channel(), asked.number, give_up=asked.over)


def _follow(session: Session, _payload: Payload, trade: Trade) -> None:
    trades.follow(session, trade)


def _unpaid(session: Session, payload: Payload) -> _Repaid | None:
    refund = session.get(Refund, payload["refund_id"])
    if refund is None or refund.state != APPROVED:
        return None
    payment = session.get_one(Payment, refund.payment_id)
    return _Repaid(refund.number, payment.number, refund.amount_fen, payment.amount_fen, refund.reason)


def _repay(repaid: _Repaid) -> Repayment:
    """Ask first: a refund that the channel has is not sent again, one it does not have is sent under its number."""
    channel = connections.channel()
    known = channel.query_refund(repaid.number)
    if known.state != "absent":
        return known
    return channel.refund(repaid.number, repaid.payment_number, repaid.amount_fen, repaid.total_fen, repaid.reason)


def _follow_refund(session: Session, _payload: Payload, repayment: Repayment) -> None:
    trades.follow_refund(session, repayment)


def _standing_refund(session: Session, payload: Payload) -> str | None:
    refund = session.get(Refund, payload["refund_id"])
    return refund.number if refund else None


def _ask_refund(number: str) -> Repayment:
    return connections.channel().query_refund(number)


def reconcile(session: Session, _payload: Payload) -> None:
    """Job: fetch yesterday's bill, and those of earlier days that did not come."""
    if not connections.has_channel():
        return
    reconciliation.day_of(session, WECHAT, clock.today() - timedelta(days=1))
    for day in reconciliation.unfinished(session, WECHAT, clock.today() - BILLS_KEPT):
        ready = clock.start_of(day + timedelta(days=1)) + BILL_READY
        jobs.put(session, "billing.fetch_bill", {"day": day.isoformat()}, run_at=max(clock.now(), ready))


def _day(_session: Session, payload: Payload) -> date:
    return date.fromisoformat(payload["day"])


def _fetch(day: date) -> list[StatementRow]:
    return connections.channel().daily_bill(day)


def _compare(session: Session, payload: Payload, rows: list[StatementRow]) -> None:
    reconciliation.compare(session, WECHAT, _day(session, payload), rows)


JOBS = {
    "billing.sweep": Job("查询待支付的缴费", Outside(_pending, _ask_all, _follow_all)),
    "billing.sweep_refunds": Job("查询处理中的退款", sweep_refunds),
    "billing.ask_payment": Job("查询缴费结果", Outside(_waiting, _ask, _follow)),
    "billing.refund": Job("退款", Outside(_unpaid, _repay, _follow_refund)),
    "billing.ask_refund": Job("查询退款结果", Outside(_standing_refund, _ask_refund, _follow_refund)),
    "billing.reconcile": Job("渠道对账", reconcile),
    "billing.fetch_bill": Job("获取渠道账单", Outside(_day, _fetch, _compare)),
}
SCHEDULE = (
    Timed("billing.sweep", every_minutes=2),
    Timed("billing.sweep_refunds", every_minutes=30),
    Timed("billing.reconcile", daily_at="10:10"),
)
