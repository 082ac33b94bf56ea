"""What a repair costs: offered by the technician, accepted before work, billed when confirmed, paid in billing (R8)."""

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.db import yuan
from app.core.errors import Conflict, Invalid
from app.modules.billing import operations as billing
from app.modules.billing.models import Bill
from app.modules.repairs.models import (
    ACCEPTED,
    AGREED,
    DECLINED,
    GRABBED,
    QUOTED,
    STAFF,
    RepairCategory,
    WorkOrder,
)
from app.modules.repairs.operations import steps
from app.modules.repairs.operations.steps import NOBODY, Who, reason_of

MOST_FEN = 10_000_000
"""A hundred thousand yuan: more than any repair that is agreed on a phone."""
ORIGIN = "work_order:"
BEFORE = (GRABBED, ACCEPTED)
"""The states in which a price may still be offered and answered."""


def quote(session: Session, order: WorkOrder, who: Who, amount_fen: int, note: str) -> WorkOrder:
    """The technician says what it costs, before work begins; 0 takes the offer back. Raises Invalid, Conflict."""
    mine = WorkOrder.technician_id == who.id
    in_time = WorkOrder.state.in_(BEFORE)
    if order.state not in BEFORE:
        raise Conflict(_("报价应在接单之后、开工之前提出"), code="wrong_state")
    if amount_fen == 0:
        steps.make(session, order, "withdraw_quote", who, mine, in_time, quote_fen=0, quote_note="")
        return order
    note = note.strip()
    if not 0 < amount_fen <= MOST_FEN:
        raise Invalid.field("amount_fen", _("报价应大于 0，且不超过 10 万元"))
    if not note or len(note) > 500:
        raise Invalid.field("note", _("请说明费用构成（不超过 500 个字）"))
    if order.customer_id is None:
        raise Conflict(_("该工单没有对应的商家或租客，不能收费"), code="nobody_to_bill")
    words = f"{yuan(amount_fen)}：{note}"
    steps.make(session, order, "quote", who, mine, in_time, note=words, quote_fen=amount_fen, quote_note=note)
    return order


def answer_quote(session: Session, order: WorkOrder, who: Who, accepted: bool, seen_fen: int | None = None,
                 reason: str = "") -> WorkOrder:  # fmt: skip
    """The reporter accepts or declines; ``seen_fen`` is the amount they saw, since an offer may have changed."""
    if who.actor == STAFF and order.reporter_id is not None:
        raise Conflict(_("请由报修人在小程序中确认报价"))
    if seen_fen is not None and seen_fen != order.quote_fen:
        raise Conflict(_("报价已变更，请刷新后重新确认"), code="quote_changed")
    words = yuan(order.quote_fen) if accepted else reason.strip()[:500]
    steps.make(session, order, "accept_quote" if accepted else "decline_quote", who,
               WorkOrder.quote_fen == order.quote_fen, WorkOrder.state.in_(BEFORE), note=words)  # fmt: skip
    return order


def charge(session: Session, order: WorkOrder) -> None:
    """Make the bill of an agreed fee; once, however often it is asked for."""
    assert order.customer_id is not None
    category = session.get_one(RepairCategory, order.category_id)
    bill = billing.charge(
        session,
        customer_id=order.customer_id,
        community_id=order.community_id,
        unit_id=order.unit_id,
        fee_key="repair",
        amount_fen=order.quote_fen,
        title=_("维修费：%(what)s", what=category.name),
        explanation=_("工单 %(number)s，%(note)s，客户已同意报价 %(amount)s", number=order.number,
                      note=order.quote_note, amount=yuan(order.quote_fen)),
        due_on=clock.today() + timedelta(days=settings.get("repairs.fee_days")),
        origin=f"{ORIGIN}{order.id}",
    )  # fmt: skip
    steps.make(session, order, "charge", NOBODY, note=yuan(order.quote_fen), bill_id=bill.id)


def drop(session: Session, order: WorkOrder, who: Who) -> None:
    """An order that is cancelled costs nothing: the offer goes, an agreed fee is waived."""
    if order.fee_state == AGREED:
        steps.make(session, order, "waive", who if who.actor == STAFF else NOBODY)
    elif order.fee_state in (QUOTED, DECLINED):
        steps.make(session, order, "withdraw_quote", NOBODY, quote_fen=0, quote_note="")


def waive(session: Session, order: WorkOrder, who: Who, reason: str) -> WorkOrder:
    """Staff with the right do without the fee; its bill is voided. Raises Conflict when something is paid."""
    reason = reason_of(reason)
    bill = None
    if order.bill_id is not None:  # locked first, as booking a payment does: bill, then order
        bill = session.scalars(select(Bill).where(Bill.id == order.bill_id).with_for_update()).one()
    steps.make(session, order, "waive", who, note=reason)
    if bill is not None and bill.state != "void":
        billing.void(session, bill, reason)
    return order


def follow_bill(session: Session, origin: str, move: str, words: str = "") -> None:
    """Billing says that the bill of an order was paid in full, that a refund took that back, or that it is void.

    What the order knows already, having caused it itself, moves nothing.
    """
    if not origin.startswith(ORIGIN):
        return
    order = session.get(WorkOrder, int(origin.removeprefix(ORIGIN)), with_for_update=True)
    if order is not None and order.fee_state in WorkOrder.fee_flow.moves[move].source:
        steps.make(session, order, move, NOBODY, note=words or yuan(order.quote_fen))


def on_settled(origin: Any, *, session: Session, **_rest: Any) -> None:
    """Receiver of ``bill_settled``."""
    follow_bill(session, origin, "settle")


def on_reopened(origin: Any, *, session: Session, **_rest: Any) -> None:
    """Receiver of ``bill_reopened``."""
    follow_bill(session, origin, "reopen_fee")


def on_voided(origin: Any, *, session: Session, reason: str, **_rest: Any) -> None:
    """Receiver of ``bill_voided``."""
    follow_bill(session, origin, "void_fee", reason)
