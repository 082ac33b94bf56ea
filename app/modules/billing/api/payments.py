"""Mobile endpoints of paying, and the callback of WeChat Pay (B3)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from flask import Response, g, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core import clock, limits
from app.core.api import Caller, Endpoints, Id, Schema, as_id
from app.core.api.problem import problem
from app.core.audit import Actor, act_as
from app.core.db import db, reading, transaction
from app.core.errors import Conflict, Unavailable
from app.core.logs import log
from app.modules.billing import connections, enquiries, queries
from app.modules.billing.api.bills import PaymentRowOut, payment_row
from app.modules.billing.channels import ChannelRefused, Order, RefusedNotice, Repayment, Trade
from app.modules.billing.models import Bill, Payment, PaymentItem
from app.modules.billing.models.money import CREATED, WECHAT
from app.modules.billing.operations import payments, trades
from app.modules.estate.models import Community
from app.modules.members import queries as members
from app.modules.members.models import Member

api = Endpoints("payments", "缴费")
RESIDENTS = ("merchant", "tenant")
MOST_NOTICE = 64 * 1024
TRIES = 3
"""Each try closes what stands in the way; more would mean that a family races itself."""


class PaymentIn(Schema):
    """要缴的账单"""

    bill_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=payments.MOST_BILLS)]


class PayOut(Schema):
    """待支付的缴费单；pay_params 交给微信支付（wx.requestPayment），已支付时为空"""

    id: str
    number: str
    state: str
    state_text: str
    amount_fen: int
    expires_at: datetime | None
    pay_params: dict[str, str] | None


class PaidBillOut(Schema):
    """缴费单中的一张账单"""

    bill_id: str
    number: str
    title: str
    period: str
    amount_fen: int


class PaymentOut(Schema):
    """缴费单详情"""

    payment: PaymentRowOut
    expires_at: datetime | None
    receipt_number: str | None
    bills: list[PaidBillOut]


def place_order(caller: Caller, body: PaymentIn) -> int:
    """Open the payment, give up what it takes the place of, and place it with the channel; the payment's number."""
    channel = connections.channel()
    bill_ids = [as_id(number) for number in body.bill_ids]
    session = db.session()
    for _try in range(TRIES):
        with transaction():
            official = members.through_official_account(session, caller.token_digest)
            opened = payments.open_payment(session, caller.member_id, bill_ids, official=official)
            payment_id, number, placed = opened.payment.id, opened.payment.number, opened.payment.prepay_id
            superseded = [other.number for other in opened.superseded]
            order = _order(opened.payment)
        paid = [other for other in superseded if enquiries.give_up(channel, other)]
        if paid:
            _leave(payment_id)  # its bills were paid just now: what is owed has changed
            continue
        if placed:  # a second tap: it may have been paid since the first
            state = enquiries.settle(channel, number).state
            if state in ("paid", "pending"):
                return payment_id
            continue
        try:
            prepay_id = channel.prepay(order)
        except ChannelRefused:  # paid or closed there, and we do not know it yet
            if enquiries.settle(channel, number, give_up=True).state == "paid":
                return payment_id
            continue
        with transaction():
            kept = trades.keep_prepay(session, session.get_one(Payment, payment_id), prepay_id)
        if kept:
            return payment_id
        channel.close(number)  # somebody else's order for the same bills took its place meanwhile
        raise Conflict(_("这些账单正由其他成员支付，请刷新后重试"), code="superseded")
    raise Unavailable(_("暂时无法发起支付，请稍后再试"))


@api.post(
    "/payments", roles=RESIDENTS, body=PaymentIn, returns=PayOut, status=201, menu="billing", limit="60/hour",
    prepare=place_order,
)  # fmt: skip
def pay(caller: Caller, prepared: int) -> PayOut:
    """发起缴费：可一次缴多张账单；重复点击得到同一张缴费单"""
    payment = queries.my_payment(db.session(), caller.member_id, prepared)
    ready = payment.state == CREATED and payment.prepay_id is not None
    back = f"/m/#/pkg-billing/payment?id={payment.id}"
    return PayOut(
        id=str(payment.id),
        number=payment.number,
        state=payment.state,
        state_text=Payment.flow.title(payment.state),
        amount_fen=payment.amount_fen,
        expires_at=payment.expires_at and clock.local(payment.expires_at),
        pay_params=connections.channel().pay_params(payment.prepay_id or "", back, official=payment.official)
        if ready
        else None,
    )


def ask_channel(caller: Caller, payment_id: str) -> None:
    """While it is pending, hear from the channel and follow what it says; a silent channel changes nothing."""
    number = _pending(caller, payment_id)
    if number is not None:
        try:
            enquiries.settle(connections.channel(), number)
        except (Unavailable, ChannelRefused) as error:
            log.warning("channel not asked", code=error.code)


@api.get("/payments/<payment_id>", roles=RESIDENTS, returns=PaymentOut, menu="billing", prepare=ask_channel)
def show_payment(caller: Caller, payment_id: str) -> PaymentOut:
    """缴费单详情；待支付时向微信支付查询结果"""
    session = db.session()
    payment = queries.my_payment(session, caller.member_id, as_id(payment_id))
    items = session.scalars(
        select(PaymentItem)
        .where(PaymentItem.payment_id == payment.id)
        .order_by(PaymentItem.id)
        .options(selectinload(PaymentItem.bill).selectinload(Bill.fee_item))
    )
    receipt = queries.receipt_of(session, payment.id)
    return PaymentOut(
        payment=payment_row(payment),
        expires_at=payment.expires_at and clock.local(payment.expires_at),
        receipt_number=receipt.number if receipt else None,
        bills=[
            PaidBillOut(
                bill_id=str(item.bill_id),
                number=item.bill.number,
                title=item.bill.note or item.bill.fee_item.name,
                period=item.bill.period,
                amount_fen=item.amount_fen,
            )
            for item in items
        ],
    )


def give_up(caller: Caller, payment_id: str) -> None:
    """Close it at the channel, unless the money has come."""
    number = _pending(caller, payment_id)
    if number is not None:
        enquiries.give_up(connections.channel(), number)


@api.post("/payments/<payment_id>/cancel", roles=RESIDENTS, returns=PaymentRowOut, menu="billing", prepare=give_up)
def cancel_payment(caller: Caller, payment_id: str) -> PaymentRowOut:
    """取消待支付的缴费单；已经支付的照常入账"""
    return payment_row(queries.my_payment(db.session(), caller.member_id, as_id(payment_id)))


def read_notice() -> Trade | Repayment | RefusedNotice:
    """What a callback tells; proved before anything else is done with it."""
    act_as(Actor("channel", WECHAT, _("微信支付"), request.remote_addr or "", g.request_id))
    try:
        if (request.content_length or 0) > MOST_NOTICE:
            raise RefusedNotice("content")
        return connections.channel().read_callback(dict(request.headers), request.get_data())
    except RefusedNotice as refused:
        limits.spend(limits.ANONYMOUS, limits.address())
        return refused


@api.post(
    "/callbacks/wechatpay", returns=Response, webhook=True, prepare=read_notice,
    openapi={"responses": {
        "204": {"description": "已收到"},
        "400": {"description": "未通过验证或与记录不符", "content": {"application/problem+json": {}}},
    }},
)  # fmt: skip
def wechatpay_notice(prepared: Trade | Repayment | RefusedNotice) -> Response:
    """微信支付回调：支付结果与退款结果"""
    session = db.session()
    if isinstance(prepared, RefusedNotice):
        log.warning("callback refused", reason=prepared.reason)
        if prepared.suspicious:
            trades.report_forgery(session, prepared.reason)
        return problem(400, "bad_signature", _("回调未通过验证"))
    follow: Any = trades.follow if isinstance(prepared, Trade) else trades.follow_refund
    if not follow(session, prepared):
        return problem(400, "mismatch", _("回调与本系统的记录不符"))  # returned, not raised: what staff see is kept
    return Response(status=204)


def _order(payment: Payment) -> Order:
    session = db.session()
    community = session.get_one(Community, payment.community_id)
    payer = session.get_one(Member, payment.member_id)
    named = payer.official_openid if payment.official else payer.openid
    assert payment.expires_at is not None
    assert named is not None
    return Order(
        number=payment.number,
        amount_fen=payment.amount_fen,
        description=_("%(community)s 物业缴费", community=community.name[:24]),
        payer=named,
        expires_at=payment.expires_at,
        official=payment.official,
    )


def _pending(caller: Caller, payment_id: str) -> str | None:
    """The number of one's own payment that waits for its channel. Raises NotFound for another's."""
    session = db.session()
    session.rollback()  # what was read to know the caller is over before the channel is asked
    with reading():
        payment = queries.my_payment(session, caller.member_id, as_id(payment_id))
        number = payment.number if payment.state == CREATED and payment.channel == WECHAT else None
        session.rollback()
    return number


def _leave(payment_id: int) -> None:
    """Give up a payment that was never placed."""
    session = db.session()
    with transaction():
        payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
        if payment.state == CREATED:
            payments.close(session, payment)
