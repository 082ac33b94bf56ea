"""What a channel says about our orders and refunds, compared with our rows and followed.

Callback, query on return, sweep and daily bill all come here, in any order and any number of times: the first that
says that the money has come books it, every other changes nothing.
"""

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import execute, yuan
from app.modules.billing.channels import Repayment, Trade
from app.modules.billing.models import Payment, Refund
from app.modules.billing.models.money import APPROVED, CREATED, FAILED, WECHAT
from app.modules.billing.operations import payments, refunds
from app.modules.billing.operations.alerts import raise_alert

REASONS = {
    "stale": "时间戳已过期",
    "serial": "签名密钥不是微信支付的",
    "signature": "签名或密文不正确",
    "content": "内容不完整",
}


def follow(session: Session, trade: Trade, *, give_up: bool = False) -> bool:
    """Book what was paid, close what will not be paid; False when it does not fit our rows and staff were told.

    ``give_up``: an order that the channel has never heard of is closed too, though its time is not over.
    """
    if not trade.ours:
        said = _("渠道通知的商户号或应用与本系统不符，缴费单号 %(number)s", number=trade.number)
        raise_alert(
            session, "merchant", channel=WECHAT, dedupe=f"merchant:{trade.channel_no or trade.number}", detail=said,
            payment=session.scalar(select(Payment).where(Payment.number == trade.number)),
            channel_no=trade.channel_no,
        )  # fmt: skip
        return False
    if trade.state == "paid":
        booking = payments.book(
            session,
            trade.number,
            channel_no=trade.channel_no,
            amount_fen=trade.amount_fen,
            currency=trade.currency,
            paid_at=trade.paid_at or clock.now(),
        )
        return booking.outcome != "refused"
    payment = session.scalar(
        select(Payment)
        .where(Payment.number == trade.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None or payment.state != CREATED:
        return True
    if trade.state == "failed":
        payments.fail(session, payment)
    elif trade.state == "closed" or (trade.state == "absent" and (give_up or expired(payment))):
        payments.close(session, payment)
    return True


def expired(payment: Payment) -> bool:
    """Whether its time to be paid is over."""
    return payment.expires_at is None or payment.expires_at <= clock.now()


def follow_refund(session: Session, repayment: Repayment) -> bool:
    """End a refund as the channel says; False when it does not fit our rows and staff were told."""
    refund = session.scalar(
        select(Refund)
        .where(Refund.number == repayment.number)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    payment = session.get(Payment, refund.payment_id) if refund else None
    if refund is None or not repayment.ours or repayment.amount_fen != refund.amount_fen:
        kind = "unknown" if refund is None else "merchant" if not repayment.ours else "amount"
        told = _("渠道通知退款单 %(number)s 退款 %(told)s", number=repayment.number, told=yuan(repayment.amount_fen))
        raise_alert(
            session, kind, channel=WECHAT, dedupe=f"refund:{kind}:{repayment.number}", detail=told, payment=payment,
            channel_no=repayment.channel_no,
        )  # fmt: skip
        return False
    if repayment.state == "done" and refund.state in (APPROVED, FAILED):
        refunds.finish(session, refund, repayment.channel_no, repayment.done_at)
    elif repayment.state == "failed" and refund.state == APPROVED:
        refunds.fail(session, refund, repayment.failure)
    return True


def keep_prepay(session: Session, payment: Payment, prepay_id: str) -> bool:
    """Note the channel's number of an order; False when the payment was given up meanwhile."""
    kept = execute(
        session,
        update(Payment)
        .where(Payment.id == payment.id, Payment.state == CREATED)
        .values(prepay_id=prepay_id, updated_at=clock.now()),
    )
    return kept == 1


def report_forgery(session: Session, reason: str) -> None:
    """Tell staff, once a day and reason, that somebody sends callbacks that are not the channel's."""
    raise_alert(
        session,
        "signature",
        channel=WECHAT,
        dedupe=f"signature:{reason}:{clock.today()}",
        detail=_("收到未通过验证的支付回调：%(reason)s。未入账，请留意是否有人伪造回调", reason=REASONS[reason]),
    )
