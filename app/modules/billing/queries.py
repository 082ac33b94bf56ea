"""Reads of billing that more than one face needs."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, rights
from app.core.errors import NotFound
from app.modules.billing.models import (
    Account,
    Bill,
    Deposit,
    FeeItem,
    InvoiceRequest,
    LedgerEntry,
    Payment,
    PaymentAlert,
    Receipt,
    ReceiptPrint,
    ReconciliationDifference,
    Refund,
    Waiver,
)
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.ledger import LATE, PREPAID, RECEIVABLE
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, CustomerMember, Occupancy


def customers_of(member_id: int) -> Select[int]:
    """The ids of the customers on the books that a member acts for."""
    return (
        select(CustomerMember.customer_id)
        .join(Customer, Customer.id == CustomerMember.customer_id)
        .where(CustomerMember.member_id == member_id, Customer.active.is_(True))
    )


def bills_of(member_id: int) -> Select[Bill]:
    """A member's own bills that were not taken back (B2)."""
    return select(Bill).where(Bill.customer_id.in_(customers_of(member_id)), Bill.state != "void")


def my_bill(session: Session, member_id: int, bill_id: int) -> Bill:
    """One of them with what its page shows. Raises NotFound for any other."""
    query = bills_of(member_id).where(Bill.id == bill_id)
    bill = session.scalar(
        query.options(
            selectinload(Bill.lines), selectinload(Bill.fee_item), selectinload(Bill.unit).selectinload(Unit.building)
        )
    )
    if bill is None:
        raise NotFound
    return bill


def my_payment(session: Session, member_id: int, payment_id: int) -> Payment:
    """A payment for one of the member's customers. Raises NotFound for any other."""
    payment = session.scalar(
        select(Payment).where(Payment.id == payment_id, Payment.customer_id.in_(customers_of(member_id)))
    )
    if payment is None:
        raise NotFound
    return payment


def overdue() -> ColumnElement[bool]:
    """The bills that are owed past their day."""
    return and_(Bill.state.in_(OPEN), Bill.due_on < clock.today())


def payments_of_bill(session: Session, bill_id: int) -> list[tuple[Payment, int]]:
    """The payments that a bill has taken money from, each with how much of it stands there now."""
    sign = case((LedgerEntry.credit.in_((RECEIVABLE, LATE)), 1), else_=-1)
    taken = (
        select(LedgerEntry.payment_id, func.sum(LedgerEntry.amount_fen * sign).label("fen"))
        .where(LedgerEntry.bill_id == bill_id, LedgerEntry.payment_id.is_not(None))
        .group_by(LedgerEntry.payment_id)
        .subquery()
    )
    rows = session.execute(
        select(Payment, taken.c.fen)
        .join(taken, taken.c.payment_id == Payment.id)
        .where(taken.c.fen > 0)
        .order_by(Payment.id.desc())
    )
    return [(payment, int(fen)) for payment, fen in rows]


def prepaid_of(session: Session, member_id: int) -> int:
    """What the member's customers have prepaid, in fen."""
    query = select(func.sum(Account.prepaid_fen)).where(Account.customer_id.in_(customers_of(member_id)))
    return int(session.scalar(query) or 0)


STATEMENT = (RECEIVABLE, LATE, PREPAID)
"""The accounts that a customer's statement follows: what is owed, less what is prepaid."""


def statement(session: Session, customer_id: int, asked: Any) -> tuple[int, list[tuple[LedgerEntry, int, int]]]:
    """A customer's account in a time: the balance before, and each entry with its effect and the balance after (fen).

    Positive is owed by the customer, negative is theirs. A late fee enters when it is paid, so it moves no balance;
    setting a prepayment off moves none either, and both stand in the list all the same.
    """
    within = [LedgerEntry.customer_id == customer_id]
    if asked.communities is not None:
        within.append(LedgerEntry.community_id.in_(asked.communities))
    owed = (RECEIVABLE, PREPAID)
    effect = LedgerEntry.amount_fen * (
        case((LedgerEntry.debit.in_(owed), 1), else_=0) - case((LedgerEntry.credit.in_(owed), 1), else_=0)
    )
    before = session.scalar(select(func.sum(effect)).where(*within, LedgerEntry.booked_on < asked.start)) or 0
    rows = session.execute(
        select(LedgerEntry, effect)
        .where(
            *within,
            LedgerEntry.booked_on.between(asked.start, asked.end),
            or_(LedgerEntry.debit.in_(STATEMENT), LedgerEntry.credit.in_(STATEMENT)),
        )
        .order_by(LedgerEntry.booked_on, LedgerEntry.id)
        .options(selectinload(LedgerEntry.bill))
        .limit(5000)
    )
    balance, lines = int(before), []
    for entry, change in rows:
        balance += change
        lines.append((entry, int(change), balance))
    return int(before), lines


MANY = 1000
"""Where a to-do count stops: counting on would read all that is owed, and nobody works it off in a day."""


def count_in_scope(session: Session, model: Any, *conditions: Any) -> int:
    """How many records fulfil the conditions, within the signed-in person's communities; a thousand is many."""
    query = rights.within(select(model.id).where(*conditions), model)
    return session.scalar(select(func.count()).select_from(query.limit(MANY).subquery())) or 0


def count_refunds(session: Session) -> int:
    """Refunds that wait for a decision."""
    return count_in_scope(session, Refund, Refund.state == "pending")


def count_waivers(session: Session) -> int:
    """Waivers that wait for a decision."""
    return count_in_scope(session, Waiver, Waiver.state == "pending")


def count_deposits(session: Session) -> int:
    """Deposits that somebody wants to give back."""
    return count_in_scope(session, Deposit, Deposit.state == "returning")


def count_alerts(session: Session) -> int:
    """Things about money that nobody has looked at."""
    return count_in_scope(session, PaymentAlert, PaymentAlert.state == "open")


def count_differences(session: Session) -> int:
    """Differences to a channel's daily bill that nobody has worked off, for those who see the whole company's."""
    difference = ReconciliationDifference
    query = select(func.count()).select_from(difference).where(difference.state == "open")
    return 0 if rights.communities() is not None else session.scalar(query) or 0


def unit_with_community(session: Session, unit_id: int | None) -> Unit | None:
    """The unit of this number, or None."""
    return None if unit_id is None else session.get(Unit, unit_id)


def fee_key(session: Session, fee_item_id: int) -> str:
    """The key of a fee item."""
    return session.get_one(FeeItem, fee_item_id).key


def receipt_of(session: Session, payment_id: int) -> Receipt | None:
    """The receipt of a payment, once it is booked."""
    return session.scalar(select(Receipt).where(Receipt.payment_id == payment_id))


def prints_of(session: Session, receipt_id: int) -> int:
    """How often a receipt was put on paper."""
    query = select(func.count()).select_from(ReceiptPrint).where(ReceiptPrint.receipt_id == receipt_id)
    return session.scalar(query) or 0


def prepaid(session: Session, customer_id: int, community_id: int) -> int:
    """What a customer has prepaid in a community, in fen."""
    query = select(Account.prepaid_fen).where(Account.customer_id == customer_id, Account.community_id == community_id)
    return session.scalar(query) or 0


def communities_of_customer(session: Session, customer_id: int) -> list[Community]:
    """Where a customer has bills or holds a unit, within the signed-in person's scope."""
    billed = select(Bill.community_id).where(Bill.customer_id == customer_id)
    held = select(Occupancy.community_id).where(Occupancy.customer_id == customer_id)
    query = select(Community).where(Community.id.in_(billed.union(held))).order_by(Community.id)
    scope = rights.communities()
    return list(session.scalars(query if scope is None else query.where(Community.id.in_(scope))))


def count_invoices(session: Session) -> int:
    """Invoices that were asked for and not issued."""
    return count_in_scope(session, InvoiceRequest, InvoiceRequest.state == "pending")
