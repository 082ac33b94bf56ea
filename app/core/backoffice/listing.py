"""One page of a list: the rows by keyset, a count that stops at ten thousand, and the way to the next page.

A cursor holds the sort values of the row at the edge, sealed, so that neither a personal name nor a
forged value stands in an address. Nulls are ordered as each database does by itself, so that indexes serve.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from app.core.backoffice.attributes import Attribute, Kind, attribute
from app.core.backoffice.filters import seal_text, unseal_text

COUNT_LIMIT = 10_000
SIZES = (20, 50, 100)
FIRST, LAST = "first", "last"


@dataclass(frozen=True)
class Sort:
    """One column of an order."""

    attribute: Attribute
    descending: bool


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after or before the row with these sort values; or the last page."""

    way: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Rows:
    """One page of records, and whether there are more before and after it."""

    records: list[Any]
    count: int
    """Up to ``COUNT_LIMIT`` exactly; above it, one more than that."""
    previous: str | None
    next: str | None

    @property
    def capped(self) -> bool:
        return self.count > COUNT_LIMIT

    @property
    def count_text(self) -> str:
        return f"{COUNT_LIMIT}+" if self.capped else str(self.count)


def sorts(model: Any, names: Sequence[str]) -> list[Sort]:
    """The order that names such as ``-created_at`` describe, made unique by the id. Raises LookupError."""
    order = [Sort(attribute(model, name.removeprefix("-")), name.startswith("-")) for name in names]
    for sort in order:
        if sort.attribute.sealed or sort.attribute.kind in (Kind.JSON, Kind.SEVERAL):
            raise LookupError(f"{model.__name__}.{sort.attribute.name} cannot be sorted by")
    if "id" not in {sort.attribute.key for sort in order}:
        order.append(Sort(attribute(model, "id"), order[0].descending if order else True))
    return order


def order_key(order: Sequence[Sort]) -> str:
    """The order as text: a cursor holds for the order that it was made in."""
    return ",".join(f"{'-' if sort.descending else ''}{sort.attribute.key}" for sort in order)


def page(
    session: Session,
    query: Select[Any],
    order: Sequence[Sort],
    size: int,
    cursor: Cursor | None,
    options: Sequence[Any],
) -> Rows:
    """The page of ``query`` (scoped and filtered, without order) at ``cursor``."""
    rows = _fetch(session, query, order, size, cursor, options)
    backwards = cursor is not None and cursor.way in ("before", LAST)
    if cursor is not None and cursor.way == "before" and len(rows) <= size:
        cursor, backwards = None, False
        rows = _fetch(session, query, order, size, None, options)
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next = cursor is not None and cursor.way == "before" if backwards else more
    has_previous = more if backwards else cursor is not None
    return Rows(
        rows,
        len(rows) if cursor is None and not more else count(session, query),
        write_cursor(order, "before", rows[0]) if rows and has_previous else FIRST if has_previous else None,
        write_cursor(order, "after", rows[-1]) if rows and has_next else None,
    )


def count(session: Session, query: Select[Any], limit: int = COUNT_LIMIT) -> int:
    """How many rows ``query`` has; counting stops one above ``limit``."""
    counted = query.with_only_columns(1, maintain_column_froms=True).order_by(None).limit(limit + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def write_cursor(order: Sequence[Sort], way: str, record: Any) -> str:
    """The cursor of a page that begins after, or ends before, ``record``."""
    values = [_plain(getattr(record, sort.attribute.key)) for sort in order]
    return seal_text(json.dumps([order_key(order), way, values]))


def read_cursor(order: Sequence[Sort], text: str) -> Cursor | None:
    """The cursor that ``text`` stands for. Raises ValueError when it is not one of ours for this order."""
    if text in ("", FIRST):
        return None
    if text == LAST:
        return Cursor(LAST)
    opened = unseal_text(text) if text.startswith("~") else None
    if opened is None:
        raise ValueError(text)
    try:
        key, way, values = json.loads(opened)
        if key != order_key(order) or way not in ("after", "before"):
            raise ValueError(text)
        return Cursor(way, tuple(_typed(s.attribute, v) for s, v in zip(order, values, strict=True)))
    except (TypeError, KeyError, ArithmeticError):
        raise ValueError(text) from None


def _fetch(
    session: Session,
    query: Select[Any],
    order: Sequence[Sort],
    size: int,
    cursor: Cursor | None,
    options: Sequence[Any],
) -> list[Any]:
    backwards = cursor is not None and cursor.way in ("before", LAST)
    directed = [Sort(sort.attribute, sort.descending != backwards) for sort in order]
    if cursor is not None and cursor.values:
        nulls_low = session.get_bind().dialect.name == "sqlite"
        query = query.where(_after(directed, cursor.values, nulls_low))
    ordering = [s.attribute.expression.desc() if s.descending else s.attribute.expression for s in directed]
    return list(session.scalars(query.order_by(*ordering).limit(size + 1).options(*options)))


def _after(order: Sequence[Sort], values: Sequence[Any], nulls_low: bool) -> Any:
    """The rows after ``values`` in ``order``; one row comparison where the columns allow it, which an index serves."""
    if len({sort.descending for sort in order}) == 1 and not any(sort.attribute.nullable for sort in order):
        columns, edge = tuple_(*(sort.attribute.expression for sort in order)), tuple_(*_bound(order, values))
        return columns < edge if order[0].descending else columns > edge
    alternatives: list[Any] = []
    equal: list[Any] = []
    for sort, value in zip(order, values, strict=True):
        alternatives.append(and_(*equal, _beyond(sort, value, nulls_low)))
        equal.append(sort.attribute.expression.is_(None) if value is None else sort.attribute.expression == value)
    return or_(*alternatives)


def _beyond(sort: Sort, value: Any, nulls_low: bool) -> Any:
    column = sort.attribute.expression
    nulls_come_later = sort.descending == nulls_low
    if value is None:
        return false() if nulls_come_later else column.is_not(None)
    beyond = column < value if sort.descending else column > value
    return or_(beyond, column.is_(None)) if nulls_come_later and sort.attribute.nullable else beyond


def _bound(order: Sequence[Sort], values: Sequence[Any]) -> list[Any]:
    return [literal(value, sort.attribute.column.type) for sort, value in zip(order, values, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(what: Attribute, value: Any) -> Any:
    if value is None:
        return None
    if what.kind is Kind.MOMENT:
        return datetime.fromisoformat(value)
    if what.kind is Kind.DATE:
        return date.fromisoformat(value)
    return Decimal(value) if what.kind is Kind.DECIMAL else value
