"""Cursor paging: the next page begins after the last row seen, whatever was added meanwhile.

A cursor is signed and belongs to one order, so that nobody's own values reach a query.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.core.api.schema import Schema
from app.core.errors import Invalid

T = TypeVar("T")


class PageQuery(Schema):
    """How many, and from where."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Page(Schema, Generic[T]):
    """One page; ``next`` is the cursor of the following one, or null."""

    items: list[T]
    next: str | None


def paginate(
    session: Session, query: Select[*tuple[Any, ...]], page: PageQuery, order: Sequence[InstrumentedAttribute[Any]]
) -> tuple[list[Any], str | None]:
    """The page's rows, newest first by ``order`` (the last column unique, none nullable), and the next cursor.

    A query of columns gives rows, which cost a third of records; one of a record class gives records.
    Raises Invalid for a cursor that is not one of ours.
    """
    if page.cursor:
        last = zip(read_cursor(page.cursor, order), order, strict=True)
        query = query.where(tuple_(*order) < tuple_(*(literal(value, column.type) for value, column in last)))
    found = session.execute(query.order_by(*(column.desc() for column in order)).limit(page.limit + 1))
    rows: list[Any] = list(found.scalars() if len(query.column_descriptions) == 1 else found)
    if len(rows) <= page.limit:
        return rows, None
    rows = rows[: page.limit]
    return rows, write_cursor([getattr(rows[-1], column.key) for column in order], order)


def write_cursor(values: Sequence[Any], order: Sequence[InstrumentedAttribute[Any]]) -> str:
    """The cursor after the row with these sort values."""
    text: str = _signer(order).dumps(msgspec.to_builtins(values))
    return text


def read_cursor(text: str, order: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    """The sort values in a cursor. Raises Invalid."""
    try:
        plain = _signer(order).loads(text)
    except BadData:
        raise Invalid.field("cursor", _("翻页标记无效，请从第一页重新开始")) from None
    return [msgspec.convert(value, _python_type(column.type)) for column, value in zip(order, plain, strict=True)]


def _python_type(kind: TypeEngine[Any]) -> type:
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _signer(order: Sequence[InstrumentedAttribute[Any]]) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="cursor:" + ",".join(str(one) for one in order))
