"""Deposits: taken at the counter, set off against bills, given back with approval."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import FieldError, Invalid
from app.modules.billing.models import Bill, Deposit
from app.modules.billing.models.ledger import CASH, DEPOSIT, DEPOSITS
from app.modules.billing.models.money import COUNTER_CHANNELS
from app.modules.billing.operations import ledger, numbering


def receive(
    session: Session,
    *,
    community_id: int,
    customer_id: int,
    unit_id: int | None,
    title: str,
    amount_fen: int,
    channel: str,
    received_on: date,
) -> Deposit:
    """Take a deposit. Raises Invalid for an amount, channel or day that is none."""
    problems = []
    if amount_fen <= 0:
        problems.append(FieldError("amount_fen", _("金额应大于 0")))
    if channel not in COUNTER_CHANNELS:
        problems.append(FieldError("channel", _("请选择收款方式")))
    if received_on > clock.today():
        problems.append(FieldError("received_on", _("收取日期不能晚于今天")))
    if not title.strip():
        problems.append(FieldError("title", _("请填写押金名称")))
    if problems:
        raise Invalid(errors=problems)
    deposit = Deposit(
        community_id=community_id,
        number=numbering.drawn("D", clock.today()),
        customer_id=customer_id,
        unit_id=unit_id,
        title=title.strip(),
        amount_fen=amount_fen,
        channel=channel,
        received_on=received_on,
    )
    session.add(deposit)
    session.flush()
    ledger.enter(session, DEPOSIT, CASH, DEPOSITS, amount_fen, **_of(deposit))
    session.flush()
    return deposit


def deduct(session: Session, deposit: Deposit, bill: Bill, amount_fen: int) -> Deposit:
    """Set part of a deposit off against a bill of the same customer.

    Raises Invalid for more than is held or owed, Conflict when it is no longer held.
    """
    if (bill.customer_id, bill.community_id) != (deposit.customer_id, deposit.community_id):
        raise Invalid.field("bill", _("账单与押金不属于同一客户和园区"))
    session.refresh(deposit, with_for_update=True)
    if not 0 < amount_fen <= deposit.amount_fen - deposit.deducted_fen:
        raise Invalid.field("amount_fen", _("抵扣金额应大于 0，且不超过押金余额"))
    Deposit.flow.apply(
        session,
        deposit,
        "deduct",
        Deposit.deducted_fen + amount_fen <= Deposit.amount_fen,
        deducted_fen=Deposit.deducted_fen + amount_fen,
    )
    if ledger.settle(session, bill, DEPOSIT, DEPOSITS, amount_fen, deposit_id=deposit.id) != amount_fen:
        raise Invalid.field("amount_fen", _("抵扣金额超过账单尚欠金额"))
    session.flush()
    return deposit


def request_return(session: Session, deposit: Deposit, reason: str) -> Deposit:
    """Ask to give back what is left of a deposit."""
    return Deposit.flow.apply(session, deposit, "request_return", reason=reason.strip()[:200])


def refuse_return(session: Session, deposit: Deposit) -> Deposit:
    """Keep it for now."""
    return Deposit.flow.apply(session, deposit, "refuse_return")


def give_back(session: Session, deposit: Deposit) -> Deposit:
    """What was left has been paid out. Raises Conflict unless a return was asked for."""
    Deposit.flow.apply(session, deposit, "give_back", returned_on=clock.today())
    if left := deposit.amount_fen - deposit.deducted_fen:
        ledger.enter(session, DEPOSIT, DEPOSITS, CASH, left, **_of(deposit))
        session.flush()
    return deposit


def _of(deposit: Deposit) -> dict[str, Any]:
    return {
        "community_id": deposit.community_id,
        "customer_id": deposit.customer_id,
        "deposit_id": deposit.id,
    }
