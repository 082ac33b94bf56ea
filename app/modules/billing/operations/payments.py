"""Paying: opening a payment, booking what has arrived, taking money at the counter.

Whatever says that money has arrived (callback, query, sweep, daily bill), ``book`` is the one way into the books, and
it books once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, messages
from app.core.db import yuan
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.modules.billing import queries
from app.modules.billing.models import Bill, LedgerEntry, Payment, PaymentItem, Receipt
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.ledger import CASH, LATE, PAYMENT, PREPAID, RECEIVABLE
from app.modules.billing.models.money import CREATED, PAID, PART_REFUNDED, REFUNDED, WECHAT
from app.modules.billing.operations import ledger, numbering
from app.modules.billing.operations.alerts import raise_alert
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, CustomerMember

PAY_WITHIN = timedelta(minutes=30)
MOST_BILLS = 100
BOOKED = (PAID, PART_REFUNDED, REFUNDED)


@dataclass(frozen=True)
class Opened:
    """A payment that waits for the money, and the open ones it takes the place of: close those at the channel first,
    or two people of a family pay the same bill."""

    payment: Payment
    superseded: list[Payment]


@dataclass(frozen=True)
class Booking:
    """What became of a notice of money: ``already`` it was booked before; ``refused`` nothing was booked and staff see
    an alert."""

    outcome: Literal["booked", "already", "refused"]
    payment: Payment | None


def open_payment(session: Session, member_id: int, bill_ids: Sequence[int], *, official: bool = False) -> Opened:
    """Make a payment of what is owed of these bills. The same bills and amounts again give the same open payment.

    ``official``: it is to be paid inside the official account; one that was opened in the mini-program cannot be.

    Raises Invalid for no or too many bills or bills of several customers or communities, NotFound for a bill that is
    not the member's (B2), Conflict for one that is not open.
    """
    bills = _lock(session, bill_ids, Bill.customer_id.in_(queries.customers_of(member_id)))
    if len({(bill.customer_id, bill.community_id) for bill in bills}) > 1:
        raise Invalid.field("bill_ids", _("所选账单属于不同的客户或园区，请分开缴纳"))
    for bill in bills:
        if bill.state not in OPEN:
            raise Conflict(_("账单 %(number)s 已结清或已作废，请刷新后重试", number=bill.number))
    owed = {bill.id: bill.outstanding_fen for bill in bills}
    others = session.scalars(
        select(Payment)
        .join(PaymentItem, PaymentItem.payment_id == Payment.id)
        .where(PaymentItem.bill_id.in_(owed), Payment.state == CREATED, Payment.channel == WECHAT)
        .options(selectinload(Payment.items))
        .order_by(Payment.id)
        .distinct()
    ).all()
    for other in others:
        meant = {item.bill_id: item.amount_fen for item in other.items}
        same = other.member_id == member_id and other.official == official and meant == owed
        if same and other.expires_at and other.expires_at > clock.now():
            return Opened(other, [payment for payment in others if payment is not other])
    payment = _new(
        session,
        bills[0].community_id,
        bills[0].customer_id,
        sum(owed.values()),
        channel=WECHAT,
        member_id=member_id,
        expires_at=clock.now() + PAY_WITHIN,
        official=official,
    )
    _mean(session, payment, owed)
    return Opened(payment, list(others))


def book(
    session: Session, number: str, *, channel_no: str, amount_fen: int, currency: str, paid_at: datetime
) -> Booking:
    """Book the money of a payment that its channel vouches for; once, however often it is told (invariant 3).

    An amount or currency that is not ours, or a number that we do not know, is booked nowhere and raised to staff.
    Money for a payment that was closed is money all the same.
    """
    payment = session.scalar(
        select(Payment).where(Payment.number == number).with_for_update().execution_options(populate_existing=True)
    )
    if payment is None:
        return _refuse(session, "unknown", None, channel_no, _("缴费单号 %(number)s 不存在", number=number))
    if payment.state in BOOKED and payment.channel_no == channel_no:
        return Booking("already", payment)
    taken = select(Payment.id).where(Payment.channel == payment.channel, Payment.channel_no == channel_no)
    if payment.state in BOOKED or session.scalar(taken) is not None:
        return _refuse(session, "double", payment, channel_no, _("该笔交易与已入账的交易冲突"))
    if currency != "CNY":
        return _refuse(session, "currency", payment, channel_no, _("渠道通知的币种为 %(currency)s", currency=currency))
    if amount_fen != payment.amount_fen:
        told = _("渠道通知 %(told)s，应为 %(ours)s", told=yuan(amount_fen), ours=yuan(payment.amount_fen))
        return _refuse(session, "amount", payment, channel_no, told)
    rest = _settle(session, payment, channel_no, paid_at)
    if rest:
        raise_alert(
            session,
            "double",
            channel=payment.channel,
            dedupe=f"rest:{payment.number}",
            detail=_("账单已由其他方式缴纳，%(rest)s 转为客户预存", rest=yuan(rest)),
            payment=payment,
            channel_no=channel_no,
        )
    return Booking("booked", payment)


def receive(
    session: Session,
    *,
    community_id: int,
    customer_id: int,
    bill_ids: Sequence[int],
    amount_fen: int,
    channel: str,
    paid_on: date,
    cashier_id: int | None = None,
    channel_no: str | None = None,
    note: str = "",
    prepay: bool = False,
) -> Payment:
    """Book money that is here: taken at the counter, or reported by the finance system.

    It goes to the bills given, in the order of their due dates (no bill given: to all that are open, or with ``prepay``
    to none), and what is left becomes the customer's prepayment. Raises Invalid for an amount that is none or a day to
    come, NotFound for a bill of somebody else.
    """
    problems = []
    if amount_fen <= 0:
        problems.append(FieldError("amount_fen", _("金额应大于 0")))
    if paid_on > clock.today():
        problems.append(FieldError("paid_on", _("收款日期不能晚于今天")))
    if problems:
        raise Invalid(errors=problems)
    theirs = (Bill.customer_id == customer_id, Bill.community_id == community_id)
    bills: list[Bill] = []
    if bill_ids:
        bills = _lock(session, bill_ids, *theirs)
    elif not prepay:
        open_bills = select(Bill.id).where(*theirs, Bill.state.in_(OPEN)).order_by(Bill.due_on, Bill.id)
        open_ids = session.scalars(open_bills.limit(MOST_BILLS)).all()
        bills = _lock(session, open_ids, *theirs) if open_ids else []
    payment = _new(
        session, community_id, customer_id, amount_fen, channel=channel, cashier_id=cashier_id, note=note.strip()
    )
    rest, meant = amount_fen, {}
    for bill in sorted((bill for bill in bills if bill.state in OPEN), key=lambda bill: (bill.due_on, bill.id)):
        if part := min(rest, bill.outstanding_fen):
            meant[bill.id] = part
            rest -= part
    _mean(session, payment, meant)
    _settle(session, payment, channel_no, clock.start_of(paid_on) if paid_on < clock.today() else clock.now())
    return payment


def close(session: Session, payment: Payment) -> None:
    """Give up a payment that its channel will take no money for any more. Raises Conflict when it is not open."""
    Payment.flow.apply(session, payment, "close")


def fail(session: Session, payment: Payment) -> None:
    """The channel says that this payment came to nothing. Raises Conflict when it is not open."""
    Payment.flow.apply(session, payment, "fail")


def allocated(session: Session, payment_id: int) -> list[tuple[int | None, str, int]]:
    """Where a payment's money stands now: (bill, account, fen) net of what refunds took back; newest first.

    The account is ``receivable`` or ``late_fee`` of a bill, or ``prepayment`` without one.
    """
    rows = session.scalars(
        select(LedgerEntry).where(LedgerEntry.payment_id == payment_id).order_by(LedgerEntry.id)
    ).all()
    net: dict[tuple[int | None, str], int] = {}
    for row in rows:
        for account, sign in ((row.credit, 1), (row.debit, -1)):
            if account in (RECEIVABLE, LATE, PREPAID):
                key = (row.bill_id, account)
                net[key] = net.get(key, 0) + sign * row.amount_fen
    return [(bill_id, account, fen) for (bill_id, account), fen in reversed(net.items()) if fen > 0]


def _lock(session: Session, bill_ids: Iterable[int], *conditions: Any) -> list[Bill]:
    """The bills, locked in one order for all. Raises Invalid for none or too many, NotFound when one is missing."""
    wanted = set(bill_ids)
    if not 1 <= len(wanted) <= MOST_BILLS:
        raise Invalid.field("bill_ids", _("请选择 1 至 %(most)s 张账单", most=MOST_BILLS))
    bills = session.scalars(
        select(Bill)
        .where(Bill.id.in_(wanted), *conditions)
        .order_by(Bill.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(bills) != len(wanted):
        raise NotFound(_("账单不存在"))
    return list(bills)


def _new(session: Session, community_id: int, customer_id: int, amount_fen: int, **values: Any) -> Payment:
    payment = Payment(
        community_id=community_id,
        customer_id=customer_id,
        amount_fen=amount_fen,
        number=numbering.drawn("P", clock.today()),
        **values,
    )
    session.add(payment)
    session.flush()
    return payment


def _mean(session: Session, payment: Payment, amounts: dict[int, int]) -> None:
    session.add_all(
        PaymentItem(payment_id=payment.id, bill_id=bill_id, amount_fen=fen) for bill_id, fen in amounts.items()
    )
    session.flush()


def _settle(session: Session, payment: Payment, channel_no: str | None, paid_at: datetime) -> int:
    """Mark paid, put the money where it was meant to go, the rest to the prepayment; returns the rest in fen."""
    Payment.flow.apply(
        session, payment, "book", channel_no=channel_no, paid_at=paid_at, paid_on=clock.local(paid_at).date()
    )
    items = session.execute(
        select(PaymentItem.bill_id, PaymentItem.amount_fen)
        .where(PaymentItem.payment_id == payment.id)
        .order_by(PaymentItem.id)
    ).all()
    bills = {bill.id: bill for bill in _lock(session, [item.bill_id for item in items])} if items else {}
    rest = payment.amount_fen
    for bill_id, meant_fen in items:
        rest -= ledger.settle(session, bills[bill_id], PAYMENT, CASH, min(rest, meant_fen), payment_id=payment.id)
    for bill_id, _meant_fen in items:  # a late fee that has grown since takes what another bill no longer needed
        if rest:
            rest -= ledger.settle(session, bills[bill_id], PAYMENT, CASH, rest, payment_id=payment.id)
    if rest:
        ledger.add_prepaid(session, payment.community_id, payment.customer_id, rest)
        ledger.enter(
            session, PAYMENT, CASH, PREPAID, rest,
            community_id=payment.community_id, customer_id=payment.customer_id, payment_id=payment.id,
        )  # fmt: skip
    session.flush()
    _give_receipt(session, payment, list(bills.values()), rest)
    _tell_members(session, payment)
    return rest


def _give_receipt(session: Session, payment: Payment, bills: list[Bill], rest: int) -> None:
    """The receipt says what was paid with the names of that day; a reprint years later says the same."""
    customer = session.get_one(Customer, payment.customer_id)
    community = session.get_one(Community, payment.community_id)
    units = {bill.unit_id for bill in bills if bill.unit_id}
    numbers = dict(session.execute(select(Unit.id, Unit.number).where(Unit.id.in_(units))).tuples().all())
    paid: dict[int, dict[str, int]] = {}
    for bill_id, account, fen in allocated(session, payment.id):
        if bill_id is not None:
            paid.setdefault(bill_id, {})[account] = fen
    items = [
        {
            "bill": bill.number,
            "fee_item_id": bill.fee_item_id,
            "title": bill.note,
            "unit": numbers.get(bill.unit_id or 0, ""),
            "period": bill.period,
            "principal_fen": paid[bill.id].get(RECEIVABLE, 0),
            "late_fen": paid[bill.id].get(LATE, 0),
        }
        for bill in bills
        if bill.id in paid
    ]
    day = payment.paid_on or clock.today()
    session.add(
        Receipt(
            community_id=payment.community_id,
            number=numbering.receipt(session, community.code, day),
            payment_id=payment.id,
            amount_fen=payment.amount_fen,
            issued_on=day,
            content={"customer": customer.name, "community": community.name, "items": items, "prepaid_fen": rest},
        )
    )
    session.flush()


def _tell_members(session: Session, payment: Payment) -> None:
    if payment.member_id is not None:
        members: Iterable[int] = [payment.member_id]
    else:
        members = session.scalars(
            select(CustomerMember.member_id).where(CustomerMember.customer_id == payment.customer_id).limit(50)
        ).all()
    for member_id in members:
        messages.send(
            session,
            member_id,
            "payment",
            _("缴费成功"),
            _("已收到您缴纳的 %(amount)s，感谢您的支持", amount=yuan(payment.amount_fen)),
            f"/pkg-billing/payment?id={payment.id}",
        )


def _refuse(session: Session, kind: str, payment: Payment | None, channel_no: str, detail: str) -> Booking:
    raise_alert(
        session,
        kind,
        channel=payment.channel if payment else WECHAT,
        dedupe=f"{kind}:{channel_no}",
        detail=detail,
        payment=payment,
        channel_no=channel_no,
    )
    return Booking("refused", payment)
