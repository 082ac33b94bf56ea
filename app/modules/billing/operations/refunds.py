"""Refunds: asked for, approved by somebody with the right, booked at once, paid out by the channel.

Approval takes the money back from where the payment put it (prepayment first, then bills, newest first) into the
``refunding`` account, so that it cannot be used twice while the channel is at work.
"""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core import clock, jobs
from app.core.db import execute, yuan
from app.core.errors import Conflict, Invalid
from app.modules.billing.models import Account, Bill, Payment, Refund
from app.modules.billing.models.ledger import CASH, LATE, PREPAID, RECEIVABLE, REFUND, REFUND_PAID, REFUNDING
from app.modules.billing.models.money import DONE, PAID, PART_REFUNDED, PENDING, WECHAT
from app.modules.billing.operations import ledger, numbering, offset, payments
from app.modules.billing.operations.alerts import raise_alert


def request(session: Session, payment: Payment, amount_fen: int, reason: str, staff_id: int | None) -> Refund:
    """Ask for part of a payment back. Raises Invalid for an amount that it does not have, Conflict when not paid."""
    if not reason.strip():
        raise Invalid.field("reason", _("请填写退款原因"))
    session.refresh(payment, with_for_update=True)
    if payment.state not in (PAID, PART_REFUNDED):
        raise Conflict(_("该笔缴费不能退款"))
    waiting = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_fen), 0)).where(
            Refund.payment_id == payment.id, Refund.state == PENDING
        )
    )
    most = payment.amount_fen - payment.refunded_fen - int(waiting or 0)
    if not 0 < amount_fen <= most:
        raise Invalid.field("amount_fen", _("退款金额应大于 0，且不超过可退的 %(most)s", most=yuan(most)))
    refund = Refund(
        community_id=payment.community_id,
        number=numbering.drawn("R", clock.today()),
        payment_id=payment.id,
        amount_fen=amount_fen,
        reason=reason.strip()[:200],
        requested_by=staff_id,
    )
    session.add(refund)
    session.flush()
    return refund


def approve(session: Session, refund: Refund, staff_id: int | None) -> Refund:
    """Grant a refund: what it takes back is owed again, and the channel is asked to pay it out.

    Raises Conflict when somebody decided before, or the payment no longer has that much.
    """
    payment = session.get_one(Payment, refund.payment_id, with_for_update=True, populate_existing=True)
    Refund.flow.apply(session, refund, "approve", decided_by=staff_id, decided_at=clock.now())
    reserved = execute(
        session,
        update(Payment)
        .where(
            Payment.id == payment.id,
            Payment.state.in_((PAID, PART_REFUNDED)),
            Payment.refunded_fen + refund.amount_fen <= Payment.amount_fen,
        )
        .values(refunded_fen=Payment.refunded_fen + refund.amount_fen, updated_at=clock.now()),
    )
    if reserved != 1:
        raise Conflict(_("可退金额不足"))
    session.refresh(payment)
    _take_back(session, payment, refund)
    if payment.channel == WECHAT:
        jobs.put(session, "billing.refund", {"refund_id": refund.id})
    session.flush()
    return refund


def reject(session: Session, refund: Refund, staff_id: int | None) -> Refund:
    """Decline a refund; nothing is booked."""
    return Refund.flow.apply(session, refund, "reject", decided_by=staff_id, decided_at=clock.now())


def finish(session: Session, refund: Refund, channel_no: str | None = None, at: datetime | None = None) -> Refund:
    """The money has left: by the channel's word, or a cashier's for cash. Told again, it changes nothing."""
    session.refresh(refund, with_for_update=True)
    if refund.state == DONE:
        return refund
    Refund.flow.apply(session, refund, "finish", channel_no=channel_no, refunded_at=at or clock.now(), failure="")
    payment = session.get_one(Payment, refund.payment_id, with_for_update=True, populate_existing=True)
    ledger.enter(
        session, REFUND_PAID, REFUNDING, CASH, refund.amount_fen,
        community_id=payment.community_id, customer_id=payment.customer_id, payment_id=payment.id, refund_id=refund.id,
    )  # fmt: skip
    session.flush()
    done = session.scalar(
        select(func.sum(Refund.amount_fen)).where(Refund.payment_id == payment.id, Refund.state == DONE)
    )
    Payment.flow.apply(session, payment, "refund_all" if done == payment.amount_fen else "refund_part")
    return refund


def fail(session: Session, refund: Refund, failure: str) -> Refund:
    """The channel could not pay it out: staff see it and try again, or pay by hand and say so."""
    Refund.flow.apply(session, refund, "fail", failure=failure[:200])
    payment = session.get_one(Payment, refund.payment_id)
    raise_alert(
        session,
        "refund",
        channel=payment.channel,
        dedupe=f"refund:{refund.number}",
        detail=_("退款单 %(number)s 退款失败：%(failure)s", number=refund.number, failure=failure),
        payment=payment,
    )
    return refund


def retry(session: Session, refund: Refund) -> Refund:
    """Ask the channel again, under the same refund number."""
    Refund.flow.apply(session, refund, "retry")
    jobs.put(session, "billing.refund", {"refund_id": refund.id})
    return refund


def _take_back(session: Session, payment: Payment, refund: Refund) -> None:
    references = {"payment_id": payment.id, "refund_id": refund.id}
    who = {"community_id": payment.community_id, "customer_id": payment.customer_id}
    standing = payments.allocated(session, payment.id)
    left = refund.amount_fen
    put_by = sum(fen for bill_id, _account, fen in standing if bill_id is None)
    if part := min(left, put_by):
        account = session.scalar(
            select(Account)
            .where(Account.customer_id == payment.customer_id, Account.community_id == payment.community_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        short = part - (account.prepaid_fen if account else 0)
        if short > 0 and offset.undo(session, **who, fen=short, refund_id=refund.id) < short:
            raise Conflict(_("可退金额不足：预存款已用于其他账单"))
        if not ledger.take_prepaid(session, **who, fen=part):
            raise Conflict(_("可退金额不足"))
        ledger.enter(session, REFUND, PREPAID, REFUNDING, part, **who, **references)
        left -= part
    shares: dict[int, dict[str, int]] = {}
    for bill_id, account_name, fen in standing:
        if bill_id is not None:
            shares.setdefault(bill_id, {RECEIVABLE: 0, LATE: 0})[account_name] = fen
    for bill_id, share in shares.items():
        late = min(left, share[LATE])
        principal = min(left - late, share[RECEIVABLE])
        if late + principal:
            bill = session.get_one(Bill, bill_id)
            ledger.take_back(session, bill, REFUND, REFUNDING, principal, late, **references)
            left -= principal + late
    if left:
        raise Conflict(_("可退金额不足"))
