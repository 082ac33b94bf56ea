"""What modules keep about a member: each declares it, and the member's copy of their own data is made of it.

The law gives people a copy of what is kept about them (个人信息保护法 art. 45). A module names its records in
``Module.own_data``; ``GET /me/export`` reads them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Record

MOST = 500
"""Rows of a kind in a copy; nobody has more."""


@dataclass(frozen=True)
class Own:
    """Records about a member: which ones, and the columns that are theirs to read. The newest come first."""

    key: str
    model: type[Record]
    of: Callable[[int], ColumnElement[bool]]
    columns: tuple[str, ...]

    def copy(self, session: Session, member_id: int) -> list[dict[str, Any]]:
        """The member's rows, in full: choices in words, times as local ISO 8601."""
        chosen = [getattr(self.model, name) for name in self.columns]
        query = select(*chosen).where(self.of(member_id)).order_by(self.model.id.desc()).limit(MOST)
        words = {name: _words(self.model, name) for name in self.columns}
        return [
            {name: _readable(value, words[name]) for name, value in zip(self.columns, row, strict=True)}
            for row in session.execute(query)
        ]


def _words(model: Any, name: str) -> Mapping[Any, str]:
    """What the values of a choice or a state are called; empty for other columns."""
    info = inspect(model).columns[name].info
    return info.get("choices") or (model.flow.states if info.get("state") else {})


def _readable(value: Any, words: Mapping[Any, str]) -> Any:
    if isinstance(value, datetime):
        return clock.local(value).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    return words.get(value, value) if isinstance(value, str) else value
