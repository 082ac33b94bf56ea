"""The ledger summed by day, so that a report over a year of millions of rows adds up thousands.

``LedgerDay`` holds the sums of all rows up to a mark; ``movements`` is those sums and the rows since, read in one
statement, so that a report is the sum over the ledger at any moment. Rows never change, so the sums never do either.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ScalarSelect, Select, Subquery, func, literal, select, text, union_all, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import clock, jobs
from app.core.db import conflict_insert, execute
from app.modules.billing.models import LedgerDay, LedgerEntry, LedgerMark, Payment

SUM_PART = "billing.sum_ledger_part"
ROWS_AT_ONCE = 50_000
"""So many rows are summed in one transaction: a fraction of a second, during which SQLite lets nobody else write."""
_ONLY = 1
_AMOUNT = "amount_fen"
_COLUMNS = (*LedgerDay.KEYS, _AMOUNT)
_ROW = {
    **{name: getattr(LedgerEntry, name) for name in ("community_id", "booked_on", "kind", "debit", "credit", _AMOUNT)},
    "period": func.coalesce(LedgerEntry.period, ""),
    "fee_item_id": func.coalesce(LedgerEntry.fee_item_id, 0),
    "channel": func.coalesce(Payment.channel, ""),
}


def movements() -> Subquery:
    """All movements of the ledger with the columns of ``LedgerDay``: sums where there are any, single rows after."""
    recent = _rows(LedgerEntry.id > _mark()).cte("recent").prefix_with("MATERIALIZED")  # a range of the primary key
    return union_all(_kept(), select(*(recent.c[name] for name in _COLUMNS))).subquery("movements")


def sum_ledger(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: have the rows summed that came since the last time.

    PostgreSQL numbers rows before they are committed: one with a smaller number may still appear after others. The
    end is read under a lock that is granted only when nobody is writing; else it is left for the next time.
    """
    if session.get_bind().dialect.name == "postgresql":
        try:
            with session.begin_nested():
                session.execute(text(f"LOCK TABLE {LedgerEntry.__tablename__} IN SHARE MODE NOWAIT"))
        except OperationalError:
            return
    last = session.scalar(select(func.max(LedgerEntry.id))) or 0
    if last > summed_through(session):
        jobs.put(session, SUM_PART, {"through_id": last})


def sum_part(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: sum the next rows, at most up to ``through_id``, and ask for the rest; one of several at once does it."""
    last, begin = payload["through_id"], summed_through(session)
    if begin >= last:
        return
    within = (LedgerEntry.id > begin, LedgerEntry.id <= last)
    part = select(LedgerEntry.id).where(*within).order_by(LedgerEntry.id).limit(ROWS_AT_ONCE).subquery()
    end = session.scalar(select(func.max(part.c.id)))
    execute(session, conflict_insert(session, LedgerMark).values(id=_ONLY).on_conflict_do_nothing())
    moved = execute(
        session,
        update(LedgerMark).where(LedgerMark.through_id == begin).values(through_id=end, updated_at=clock.now()),
    )
    if moved == 0:
        return
    _add_up(session, LedgerEntry.id > begin, LedgerEntry.id <= end)
    if end < last:
        jobs.put(session, SUM_PART, dict(payload))


def summed_through(session: Session) -> int:
    """The number of the last row that is in the sums; 0 before the first."""
    return session.scalar(select(_mark())) or 0


def differing(session: Session) -> int:
    """How many sums are not those of their rows."""
    kept, expected = _kept(), _sums(LedgerEntry.id <= _mark())
    wrong = union_all(kept.except_(expected).subquery().select(), expected.except_(kept).subquery().select()).subquery()
    return session.scalar(select(func.count()).select_from(wrong)) or 0


def _kept() -> Select[Any]:
    return select(*(getattr(LedgerDay, name) for name in _COLUMNS))


def _mark() -> ScalarSelect[int]:
    return select(func.coalesce(func.max(LedgerMark.through_id), 0)).scalar_subquery()


def _rows(*conditions: Any) -> Select[Any]:
    columns = (column.label(name) for name, column in _ROW.items())
    return select(*columns).outerjoin(Payment, Payment.id == LedgerEntry.payment_id).where(*conditions)


def _sums(*conditions: Any) -> Select[Any]:
    rows = _rows(*conditions).subquery()
    keys = [rows.c[name] for name in LedgerDay.KEYS]
    return select(*keys, func.sum(rows.c[_AMOUNT]).label(_AMOUNT)).group_by(*keys)


def _add_up(session: Session, *conditions: Any) -> None:
    at = clock.now()
    sums = _sums(*conditions).subquery()
    values = select(
        *(sums.c[name] for name in _COLUMNS),
        *(literal(at, type_=LedgerDay.created_at.type) for _name in ("created_at", "updated_at")),
    ).where(literal(True))  # SQLite needs a WHERE between SELECT and ON CONFLICT
    insert = conflict_insert(session, LedgerDay).from_select([*_COLUMNS, "created_at", "updated_at"], values)
    execute(
        session,
        insert.on_conflict_do_update(
            index_elements=list(LedgerDay.KEYS),
            set_={_AMOUNT: LedgerDay.amount_fen + insert.excluded.amount_fen, "updated_at": at},
        ),
    )
