"""What must be true of the books at any moment: the invariants 1, 2, 3 and 5 of the domain, checked from the rows."""

from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.modules.billing.models import Account, Bill, Deposit, LedgerEntry, Payment, Receipt, Refund, Waiver
from app.modules.billing.models.ledger import CASH, DEPOSITS, INCOME, LATE, PREPAID, RECEIVABLE, REFUNDING, WAIVED
from app.modules.billing.operations.ledger import balance
from app.modules.billing.operations.ledger_days import movements

BOOKED = ("paid", "part_refunded", "refunded")


def check_books(session: Session, community_id: int) -> None:
    """Raise AssertionError when what bills, payments and accounts say differs from the ledger."""
    inside = LedgerEntry.community_id == community_id
    accounts = {
        account: session.scalar(select(balance(account)).where(inside)) or 0
        for account in (CASH, RECEIVABLE, INCOME, LATE, PREPAID, DEPOSITS, WAIVED, REFUNDING)
    }
    assert sum(accounts.values()) == 0
    assert _by_day(session, movements().c, community_id) == _by_day(session, LedgerEntry, community_id)
    _check_bills(session, community_id, accounts)
    _check_payments(session, community_id)
    prepaid = session.scalar(select(func.sum(Account.prepaid_fen)).where(Account.community_id == community_id)) or 0
    assert accounts[PREPAID] == -prepaid
    by_state = select(Refund.state, func.sum(Refund.amount_fen)).group_by(Refund.state)
    refunds = dict(session.execute(by_state.where(Refund.community_id == community_id)).tuples().all())
    assert accounts[REFUNDING] == -(refunds.get("approved", 0) + refunds.get("failed", 0))
    held = sum(
        deposit.amount_fen - deposit.deducted_fen
        for deposit in session.scalars(
            select(Deposit).where(Deposit.community_id == community_id, Deposit.state != "returned")
        )
    )
    assert accounts[DEPOSITS] == -held
    waived = session.scalar(
        select(func.sum(Waiver.amount_fen)).where(
            Waiver.community_id == community_id, Waiver.state == "approved", Waiver.part == "principal"
        )
    )
    assert accounts[WAIVED] == (waived or 0)


def _by_day(session: Session, rows: Any, community_id: int) -> dict[Any, int]:
    keys = (rows.booked_on, rows.kind, rows.debit, rows.credit)
    query = select(*keys, func.sum(rows.amount_fen)).where(rows.community_id == community_id).group_by(*keys)
    return {tuple(key): int(fen) for *key, fen in session.execute(query)}


def _check_bills(session: Session, community_id: int, accounts: dict[str, int]) -> None:
    def net(account: str, *kinds: str) -> object:
        sign = case((LedgerEntry.credit == account, 1), (LedgerEntry.debit == account, -1), else_=0)
        return func.coalesce(func.sum(case((LedgerEntry.kind.in_(kinds), LedgerEntry.amount_fen * sign), else_=0)), 0)

    received = ("payment", "offset", "refund", "deposit")
    rows = session.execute(
        select(Bill, net(RECEIVABLE, *received), net(LATE, *received), net(RECEIVABLE, "waiver"), net(INCOME, "issue"))
        .outerjoin(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Bill.community_id == community_id)
        .group_by(Bill.id)
        .execution_options(populate_existing=True)
    ).all()
    outstanding = 0
    for bill, paid, late_paid, waived, issued in rows:
        assert (bill.paid_fen, bill.late_paid_fen, bill.waived_fen, bill.amount_fen) == (
            paid,
            late_paid,
            waived,
            issued,
        )
        assert bill.principal_due_fen >= 0
        assert bill.late_due_fen >= 0
        expected = (
            "void" if bill.state == "void"
            else "paid" if bill.outstanding_fen == 0
            else "part_paid" if bill.paid_fen + bill.late_paid_fen
            else "unpaid"
        )  # fmt: skip
        assert bill.state == expected, (bill.number, bill.state, expected)
        if bill.state == "void":
            assert bill.paid_fen == bill.late_paid_fen == 0
        else:
            outstanding += bill.principal_due_fen
    assert accounts[RECEIVABLE] == outstanding


def _check_payments(session: Session, community_id: int) -> None:
    def signed(*names: str) -> object:
        sign = case((LedgerEntry.credit.in_(names), 1), (LedgerEntry.debit.in_(names), -1), else_=0)
        return func.coalesce(func.sum(LedgerEntry.amount_fen * sign), 0)

    payments = session.execute(
        select(Payment, signed(RECEIVABLE, LATE, PREPAID), func.count(LedgerEntry.id))
        .outerjoin(LedgerEntry, LedgerEntry.payment_id == Payment.id)
        .where(Payment.community_id == community_id)
        .group_by(Payment.id)
        .execution_options(populate_existing=True)
    ).all()
    receipts = {
        receipt.payment_id: receipt
        for receipt in session.scalars(select(Receipt).where(Receipt.community_id == community_id))
    }
    for payment, allocated, rows in payments:
        if payment.state in BOOKED:
            assert allocated == payment.amount_fen - payment.refunded_fen
            assert receipts[payment.id].amount_fen == payment.amount_fen
        else:
            assert rows == 0
            assert payment.id not in receipts
    numbers = sorted(int(receipt.number.rsplit("-", 1)[1]) for receipt in receipts.values())
    assert numbers == list(range(1, len(numbers) + 1)), "a gap among the receipts"
