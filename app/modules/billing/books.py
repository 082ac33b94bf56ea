"""The books against the records that keep their sums: looked at by ``flask doctor`` and after a restore.

Each check is one set-based statement; it names how many records differ and the first few of them.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from app.core.module import Check
from app.modules.billing.models import Account, Bill, Deposit, LedgerEntry, Payment, Receipt, Refund
from app.modules.billing.models.ledger import (
    ACCOUNTS,
    DEPOSIT,
    DEPOSITS,
    INCOME,
    ISSUE,
    LATE,
    OFFSET,
    PAYMENT,
    PREPAID,
    RECEIVABLE,
    REFUND,
    REFUNDING,
    WAIVER,
)
from app.modules.billing.models.money import APPROVED, FAILED, PAID, PART_REFUNDED, REFUNDED, RETURNED
from app.modules.billing.operations import ledger_days
from app.modules.billing.operations.ledger import balance

NAMED = 5
RECEIVED = (PAYMENT, OFFSET, REFUND, DEPOSIT)
BOOKED = (PAID, PART_REFUNDED, REFUNDED)


def problems(session: Session) -> list[str]:
    """Where bills, payments and accounts say something else than the ledger (invariants 1, 2, 3 and 5)."""
    return [
        *_differing(session, "账单的应收、已收或减免与账目不符", bills_that_differ()),
        *_differing(session, "已入账的收款与账目不符", payments_that_differ()),
        *_differing(session, "已入账的收款没有收据，或收据金额不同", payments_without_receipt()),
        *_balances(session),
        *_days(session),
    ]


def sums(session: Session) -> dict[str, int]:
    """The balance of each account, and what bills and payments add up to; in fen."""
    columns = [balance(account).label(account) for account in ACCOUNTS]
    balances = session.execute(select(*columns).select_from(LedgerEntry)).one()
    found = {f"{title}余额": int(value) for title, value in zip(ACCOUNTS.values(), balances, strict=True)}
    for title, column in (("账单应收", Bill.amount_fen), ("账单已收", Bill.paid_fen), ("收款", Payment.amount_fen)):
        found[f"{title}合计"] = int(session.scalar(select(func.sum(column))) or 0)
    return found


def bills_that_differ() -> Select[Any]:
    """Bills whose kept sums are not those of their rows."""
    booked = (
        select(
            LedgerEntry.bill_id,
            _net((INCOME,), ISSUE).label("issued"),
            _net((RECEIVABLE,), *RECEIVED).label("paid"),
            _net((LATE,), *RECEIVED).label("late_paid"),
            _net((RECEIVABLE,), WAIVER).label("waived"),
        )
        .where(LedgerEntry.bill_id.is_not(None))
        .group_by(LedgerEntry.bill_id)
        .subquery()
    )
    pairs = (
        (Bill.amount_fen, booked.c.issued),
        (Bill.paid_fen, booked.c.paid),
        (Bill.late_paid_fen, booked.c.late_paid),
        (Bill.waived_fen, booked.c.waived),
    )
    differ = or_(*(kept != func.coalesce(sum_of, 0) for kept, sum_of in pairs))
    return select(Bill.number).outerjoin(booked, booked.c.bill_id == Bill.id).where(differ)


def payments_that_differ() -> Select[Any]:
    """Payments whose rows do not add up to what was paid and not taken back; unbooked ones have none."""
    booked = (
        select(LedgerEntry.payment_id, _net((RECEIVABLE, LATE, PREPAID)).label("fen"))
        .where(LedgerEntry.payment_id.is_not(None))
        .group_by(LedgerEntry.payment_id)
        .subquery()
    )
    due = case((Payment.state.in_(BOOKED), Payment.amount_fen - Payment.refunded_fen), else_=0)
    return (
        select(Payment.number)
        .outerjoin(booked, booked.c.payment_id == Payment.id)
        .where(func.coalesce(booked.c.fen, 0) != due)
    )


def payments_without_receipt() -> Select[Any]:
    """Booked payments without a receipt of their amount."""
    return (
        select(Payment.number)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(Payment.state.in_(BOOKED), func.coalesce(Receipt.amount_fen, 0) != Payment.amount_fen)
    )


def _net(accounts: Iterable[str], *kinds: str) -> ColumnElement[int]:
    names = tuple(accounts)
    sign = case((LedgerEntry.credit.in_(names), 1), (LedgerEntry.debit.in_(names), -1), else_=0)
    amount = LedgerEntry.amount_fen * sign
    return func.coalesce(func.sum(case((LedgerEntry.kind.in_(kinds), amount), else_=0) if kinds else amount), 0)


def _balances(session: Session) -> Iterable[str]:
    """The accounts that mirror a sum kept elsewhere."""
    held = select(func.sum(Deposit.amount_fen - Deposit.deducted_fen)).where(Deposit.state != RETURNED)
    owed = select(func.sum(Refund.amount_fen)).where(Refund.state.in_((APPROVED, FAILED)))
    for account, kept in ((PREPAID, select(func.sum(Account.prepaid_fen))), (DEPOSITS, held), (REFUNDING, owed)):
        booked, expected = -(session.scalar(select(balance(account))) or 0), session.scalar(kept) or 0
        if booked != expected:
            yield f"{ACCOUNTS[account]}账目余额 {booked} 分，明细合计 {expected} 分"


def _days(session: Session) -> Iterable[str]:
    if count := ledger_days.differing(session):
        yield f"账目日汇总与账目不符：{count} 行"


def _differing(session: Session, what: str, numbers: Select[Any]) -> Iterable[str]:
    count = session.scalar(select(func.count()).select_from(numbers.subquery())) or 0
    if count:
        first = "、".join(session.scalars(numbers.limit(NAMED)))
        yield f"{what}：{count} 笔（{first}{'…' if count > NAMED else ''}）"


CHECKS = (Check("billing", "账目", problems, sums),)
