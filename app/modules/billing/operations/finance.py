"""Money that the finance system reports (B5, B6): booked once per number, matched to bills, or left for a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api.caller import new_token
from app.core.api.machines import Machine
from app.core.db import conflict_insert, execute, yuan
from app.core.errors import Conflict, DomainError, Invalid
from app.modules.billing.models import Bill, FinanceEntry, FinanceKey
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.matching import UNMATCHED
from app.modules.billing.models.money import FINANCE
from app.modules.billing.operations import payments
from app.modules.members.models import Customer

MOST_MATCHED = 1000


@dataclass(frozen=True)
class Told:
    """One entry of the finance system: ``external_no`` is its own number for the money."""

    external_no: str
    bill_no: str
    amount_fen: int
    paid_at: datetime
    payer: str
    note: str


@dataclass(frozen=True)
class Answer:
    """What became of an entry: ``reason`` says why one was rejected."""

    outcome: Literal["booked", "duplicate", "rejected"]
    reason: str = ""


def find_machine(session: Session, key_id: str) -> Machine | None:
    """The finance system with this key, unless it was switched off."""
    key = session.scalar(select(FinanceKey).where(FinanceKey.key_id == key_id, FinanceKey.active.is_(True)))
    return None if key is None else Machine("finance", key.id, key.name, key.secret)


def make_key(session: Session, name: str, community_id: int | None) -> FinanceKey:
    """A key for a finance system; without community it speaks for all. The secret is shown once by who calls this."""
    if not name.strip():
        raise Invalid.field("name", _("请填写名称"))
    token, digest = new_token()
    key = FinanceKey(name=name.strip(), community_id=community_id, key_id=f"fk_{digest[:20]}", secret=token)
    session.add(key)
    session.flush()
    return key


def rotate(session: Session, key: FinanceKey) -> FinanceKey:
    """A new secret under the same key id; the old one is dead at once."""
    key.secret = new_token()[0]
    session.flush()
    return key


def take(session: Session, community_id: int | None, told: Told) -> Answer:
    """Book one entry; telling it again is ``duplicate``. Whatever is wrong with it concerns this entry alone.

    ``community_id`` None: the finance system of all communities.
    """
    before = session.scalar(select(FinanceEntry).where(FinanceEntry.external_no == told.external_no))
    if before is not None:
        same = (before.bill_no, before.amount_fen) == (told.bill_no, told.amount_fen)
        return Answer("duplicate") if same else Answer("rejected", _("流水号已用于另一笔到账"))
    bill = session.scalar(select(Bill).where(Bill.number == told.bill_no))
    if bill is None or community_id not in (None, bill.community_id):
        return Answer("rejected", _("账单号不存在"))
    if bill.state not in OPEN:
        return Answer("rejected", _("账单%(state)s", state=Bill.flow.title(bill.state)))
    try:
        with session.begin_nested():
            if not _keep(session, told, bill.community_id):
                return Answer("duplicate")
            entry = session.scalars(select(FinanceEntry).where(FinanceEntry.external_no == told.external_no)).one()
            book(session, entry, [bill.id])
    except DomainError as error:
        return Answer("rejected", "；".join(error.by_field().values()))
    return Answer("booked")


def _keep(session: Session, told: Told, community_id: int) -> bool:
    """Keep the entry; False when another call has just kept it."""
    insert = conflict_insert(session, FinanceEntry).values(
        community_id=community_id, external_no=told.external_no, source="interface", bill_no=told.bill_no,
        payer=told.payer, amount_fen=told.amount_fen, paid_on=clock.local(told.paid_at).date(), paid_at=told.paid_at,
        note=told.note, state=UNMATCHED,
    )  # fmt: skip
    return execute(session, insert.on_conflict_do_nothing()) == 1


def book(session: Session, entry: FinanceEntry, bill_ids: Sequence[int]) -> FinanceEntry:
    """Put an entry's money towards these bills of one customer; what is over becomes the customer's prepayment.

    Raises Conflict when somebody was faster or a bill is no longer open, Invalid for bills of several customers.
    """
    bills = session.scalars(select(Bill).where(Bill.id.in_(bill_ids), Bill.community_id == entry.community_id)).all()
    if len({bill.customer_id for bill in bills}) != 1 or len(bills) != len(set(bill_ids)):
        raise Invalid.field("bills", _("请选择同一客户的账单"))
    if any(bill.state not in OPEN for bill in bills):
        raise Conflict(_("所选账单已结清或已作废，请刷新后重试"))
    FinanceEntry.flow.apply(session, entry, "book", bill_id=bills[0].id, reason="")
    payment = payments.receive(
        session, community_id=entry.community_id, customer_id=bills[0].customer_id, bill_ids=list(bill_ids),
        amount_fen=entry.amount_fen, channel=FINANCE, channel_no=entry.external_no, paid_on=entry.paid_on,
        note=entry.note,
    )  # fmt: skip
    entry.payment_id = payment.id
    session.flush()
    return entry


def match_imported(session: Session, records: Mapping[Any, Sequence[Mapping[str, Any]]]) -> None:
    """After an import: each entry goes to the bill it names, or to its customer's only bill of that amount; what fits
    nowhere waits for a person, with the reason."""
    ids = [record["id"] for record in records.get(FinanceEntry, ())]
    for start in range(0, len(ids), MOST_MATCHED):
        part = select(FinanceEntry).where(FinanceEntry.id.in_(ids[start : start + MOST_MATCHED]))
        for entry in session.scalars(part.order_by(FinanceEntry.id)).all():
            bills, reason = _meant(session, entry)
            if bills:
                book(session, entry, bills)
            else:
                entry.reason = reason
    session.flush()


def _meant(session: Session, entry: FinanceEntry) -> tuple[list[int], str]:
    open_here = select(Bill).where(Bill.community_id == entry.community_id, Bill.state.in_(OPEN))
    if entry.bill_no:
        bill = session.scalar(select(Bill).where(Bill.number == entry.bill_no, Bill.community_id == entry.community_id))
        if bill is None:
            return [], _("账单号不存在")
        if bill.state not in OPEN:
            return [], _("账单%(state)s", state=Bill.flow.title(bill.state))
        return [bill.id], ""
    theirs = open_here.join(Customer, Customer.id == Bill.customer_id).where(Customer.name == entry.customer_name)
    bills = session.scalars(theirs.limit(payments.MOST_BILLS)).all() if entry.customer_name else []
    exact = [bill.id for bill in bills if bill.outstanding_fen == entry.amount_fen]
    if len(exact) == 1:
        return exact, ""
    whole = sum(bill.outstanding_fen for bill in bills) == entry.amount_fen
    if bills and whole and len({bill.customer_id for bill in bills}) == 1:
        return [bill.id for bill in bills], ""
    if exact:
        return [], _("该客户有 %(count)s 张同样金额的账单，请人工选择", count=len(exact))
    return [], _("没有找到客户与金额（%(amount)s）都一致的账单", amount=yuan(entry.amount_fen))


def totals_by_day(session: Session, start: date, end: date, communities: Iterable[int] | None) -> list[Any]:
    """Per day: what finance reported, what of it is booked, and what waits (count and fen of each)."""
    booked = FinanceEntry.state == "booked"
    waiting = FinanceEntry.state == UNMATCHED
    fen = FinanceEntry.amount_fen
    query = (
        select(
            FinanceEntry.paid_on,
            func.count(),
            func.sum(fen),
            func.sum(fen).filter(booked),
            func.count().filter(waiting),
            func.sum(fen).filter(waiting),
        )
        .where(FinanceEntry.paid_on.between(start, end), FinanceEntry.state != "ignored")
        .group_by(FinanceEntry.paid_on)
        .order_by(FinanceEntry.paid_on)
    )
    if communities is not None:
        query = query.where(FinanceEntry.community_id.in_(list(communities)))
    return list(session.execute(query))
