"""Cursor paging: the next page begins after the last row seen, whatever was added meanwhile."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from flask_babel import gettext as _
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.api.schema import Schema
from app.core.errors import Invalid

T = TypeVar("T")


class PageQuery(Schema):
    """How many, and from where."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Page(Schema, Generic[T]):
    """One page; ``next`` is the cursor of the following one, or null."""

    items: list[T]
    next: str | None


def paginate(
    session: Session, query: Select[Any], page: PageQuery, order: Sequence[InstrumentedAttribute[Any]]
) -> tuple[list[Any], str | None]:
    """The page's rows, newest first by ``order`` (the last column unique, none nullable), and the next cursor.

    Raises Invalid for a cursor that is not one of ours.
    """
    if page.cursor:
        query = query.where(tuple_(*order) < tuple_(*read_cursor(page.cursor, order)))
    rows = list(session.execute(query.order_by(*(column.desc() for column in order)).limit(page.limit + 1)).scalars())
    if len(rows) <= page.limit:
        return rows, None
    rows = rows[: page.limit]
    return rows, write_cursor([getattr(rows[-1], column.key) for column in order])


def write_cursor(values: Sequence[Any]) -> str:
    """The cursor after the row with these sort values."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(msgspec.json.encode(plain)).decode().rstrip("=")


def read_cursor(text: str, order: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    """The sort values in a cursor. Raises Invalid."""
    try:
        plain = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return [
            msgspec.convert(value, column.type.python_type, strict=True)
            for column, value in zip(order, plain, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError):
        raise Invalid.field("cursor", _("翻页标记无效,请从第一页重新开始")) from None
