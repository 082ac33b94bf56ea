"""Reconciliation (对账): a channel's own list of a day beside ours, each difference named and worked off by staff.

Run again, it names what is new, forgets what has come right, and leaves alone what somebody has worked off.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, jobs
from app.core.db import conflict_insert, execute
from app.core.errors import Invalid
from app.modules.billing.channels import StatementRow
from app.modules.billing.models import Payment, Reconciliation, ReconciliationDifference, Refund
from app.modules.billing.models.matching import DIFFERENT, FETCHING, OPEN
from app.modules.billing.models.money import APPROVED, DONE, FAILED
from app.modules.billing.operations.payments import BOOKED

CHUNK = 500
Difference = ReconciliationDifference


@dataclass(frozen=True)
class _Found:
    """A difference before it stands in the database."""

    kind: str
    reference: str
    detail: str
    channel_fen: int | None = None
    our_fen: int | None = None
    payment_id: int | None = None
    refund_id: int | None = None


def day_of(session: Session, channel: str, day: date) -> Reconciliation:
    """The reconciliation of a channel's day, made when it is missing."""
    insert = conflict_insert(session, Reconciliation)
    execute(session, insert.values(channel=channel, day=day, state=FETCHING).on_conflict_do_nothing())
    return session.scalars(
        select(Reconciliation)
        .where(Reconciliation.channel == channel, Reconciliation.day == day)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def compare(session: Session, channel: str, day: date, rows: Sequence[StatementRow]) -> Reconciliation:
    """Compare a day's bill with our payments and refunds, and write down totals and differences.

    A payment that the channel has and we have not booked is asked about at once: the answer books it.
    """
    entry = day_of(session, channel, day)
    paid = [row for row in rows if row.kind == "payment"]
    found = [
        *_payments(session, channel, day, paid),
        *_refunds(session, channel, day, [row for row in rows if row.kind == "refund"]),
    ]
    _write(session, entry, found)
    ours = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_fen), 0)).where(*_ours(channel, day))
    )
    our_count, our_fen = ours.one()
    totals = {
        "channel_count": len(paid),
        "channel_fen": sum(row.amount_fen for row in paid),
        "our_count": our_count,
        "our_fen": int(our_fen),
        "fetched_at": clock.now(),
    }
    standing = set(session.scalars(select(Difference.state).where(Difference.reconciliation_id == entry.id).distinct()))
    if OPEN in standing:
        Reconciliation.flow.apply(session, entry, "differ", **totals)
    elif not standing:
        Reconciliation.flow.apply(session, entry, "agree", **totals)
    else:
        Reconciliation.flow.apply(session, entry, "work_off", **totals)
    return entry


def resolve(session: Session, difference: Difference, resolution: str) -> Difference:
    """Somebody has worked a difference off and says how. Raises Invalid without words, Conflict when it was done."""
    if not resolution.strip():
        raise Invalid.field("resolution", _("请填写处理结果"))
    entry = session.get_one(Reconciliation, difference.reconciliation_id, with_for_update=True)
    Difference.flow.apply(session, difference, "resolve", resolution=resolution.strip()[:200])
    left = session.scalar(
        select(func.count()).where(Difference.reconciliation_id == entry.id, Difference.state == OPEN)
    )
    if not left and entry.state == DIFFERENT:
        Reconciliation.flow.apply(session, entry, "work_off")
    return difference


def unfinished(session: Session, channel: str, since: date) -> list[date]:
    """The days whose bill has not come yet."""
    query = select(Reconciliation.day).where(
        Reconciliation.channel == channel, Reconciliation.state == FETCHING, Reconciliation.day >= since
    )
    return list(session.scalars(query.order_by(Reconciliation.day)))


def _ours(channel: str, day: date) -> tuple[Any, ...]:
    return (Payment.channel == channel, Payment.paid_on == day, Payment.state.in_(BOOKED))


def _payments(session: Session, channel: str, day: date, rows: Sequence[StatementRow]) -> Iterator[_Found]:
    known = _by_number(session, Payment, [row.number for row in rows])
    listed = {row.number for row in rows}
    for row in rows:
        payment = known.get(row.number)
        if payment is None or payment.channel != channel:
            yield _Found("LOCAL_MISSING", row.number, _("渠道流水号 %(no)s", no=row.channel_no), row.amount_fen)
            continue
        both = {"channel_fen": row.amount_fen, "our_fen": payment.amount_fen, "payment_id": payment.id}
        if payment.state not in BOOKED:
            state = Payment.flow.title(payment.state)
            yield _Found("STATUS_MISMATCH", row.number, _("渠道已收款，系统为“%(state)s”", state=state), **both)
            jobs.put(session, "billing.ask_payment", {"payment_id": payment.id})
        elif payment.channel_no != row.channel_no:
            told = _("渠道流水号 %(no)s 与入账的 %(ours)s 不同", no=row.channel_no, ours=payment.channel_no or "")
            yield _Found("STATUS_MISMATCH", row.number, told, **both)
        if row.amount_fen != payment.amount_fen:
            yield _Found("AMOUNT_MISMATCH", row.number, _("两边金额不同"), **both)
    ours = session.execute(
        select(Payment.id, Payment.number, Payment.amount_fen).where(*_ours(channel, day)).order_by(Payment.id)
    )
    for payment_id, number, fen in ours:
        if number not in listed:
            detail = _("系统已入账，渠道对账单中没有")
            yield _Found("CHANNEL_MISSING", number, detail, our_fen=fen, payment_id=payment_id)


def _refunds(session: Session, channel: str, day: date, rows: Sequence[StatementRow]) -> Iterator[_Found]:
    known = _by_number(session, Refund, [row.number for row in rows])
    listed = {row.number for row in rows}
    for row in rows:
        refund = known.get(row.number)
        if refund is None:
            yield _Found("REFUND_MISMATCH", row.number, _("渠道有此退款，系统中没有"), row.amount_fen)
            continue
        both = {
            "channel_fen": row.amount_fen, "our_fen": refund.amount_fen,
            "payment_id": refund.payment_id, "refund_id": refund.id,
        }  # fmt: skip
        if refund.amount_fen != row.amount_fen:
            yield _Found("REFUND_MISMATCH", row.number, _("两边退款金额不同"), **both)
        elif refund.state != DONE:
            state = Refund.flow.title(refund.state)
            yield _Found("REFUND_MISMATCH", row.number, _("渠道已退款，系统为“%(state)s”", state=state), **both)
            if refund.state in (APPROVED, FAILED):
                jobs.put(session, "billing.ask_refund", {"refund_id": refund.id})
    following = clock.start_of(date.fromordinal(day.toordinal() + 1))
    ours = session.scalars(
        select(Refund)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            Payment.channel == channel,
            Refund.state == DONE,
            Refund.channel_no.is_not(None),  # what a cashier paid back by hand is in no channel's bill
            Refund.refunded_at >= clock.start_of(day),
            Refund.refunded_at < following,
        )
        .order_by(Refund.id)
    )
    for refund in ours:
        if refund.number not in listed:
            yield _Found(
                "REFUND_MISMATCH", refund.number, _("系统已退款，渠道对账单中没有"), our_fen=refund.amount_fen,
                payment_id=refund.payment_id, refund_id=refund.id,
            )  # fmt: skip


def _by_number(session: Session, model: Any, numbers: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(numbers), CHUNK):
        some = session.scalars(select(model).where(model.number.in_(numbers[start : start + CHUNK])))
        found |= {record.number: record for record in some}
    return found


def _write(session: Session, entry: Reconciliation, found: Sequence[_Found]) -> None:
    """Add what is new; what stood open and is no longer so has come right by itself."""
    insert = conflict_insert(session, Difference)
    for one in found:
        values = {name: getattr(one, name) for name in one.__dataclass_fields__}
        statement = insert.values(reconciliation_id=entry.id, state=OPEN, **values)
        execute(session, statement.on_conflict_do_nothing())
    now = {(one.kind, one.reference) for one in found}
    for standing in session.scalars(
        select(Difference).where(Difference.reconciliation_id == entry.id, Difference.state == OPEN)
    ).all():
        if (standing.kind, standing.reference) not in now:
            Difference.flow.apply(session, standing, "resolve", resolution=_("重新对账后已一致"))
