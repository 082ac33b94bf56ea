"""A sheet: which columns of a record travel to and from spreadsheets, and what identifies a record there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import Session

from app.core.sheets.columns import Cell, Column, Lookup

MARKER = "填写说明"
"""The title of the template's last column; rows that say ``EXAMPLE`` in it are skipped on import."""
EXAMPLE = "示例行，导入时忽略"
REASON = "错误原因"
"""The title of the reasons in a file of failed rows; ignored when that file comes back corrected."""


NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True)
class Problem:
    """What is wrong with a cell (``column`` is None: with the whole row), in words without personal data."""

    column: Column | None
    message: str


@dataclass(slots=True)
class Draft:
    """Another record that a row brings along; ``parent`` names the attribute that takes the row's record id."""

    model: Any
    values: dict[str, Any]
    parent: str


@dataclass(slots=True)
class Row:
    """One row of a file on its way in. ``values`` holds what the file says; blank cells are absent."""

    number: int
    cells: Sequence[Cell]
    values: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    drafts: tuple[Draft, ...] = ()
    record_id: int | None = None
    stamp: datetime | None = None
    before: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Of an existing record: what the changed attributes hold now."""

    def refuse(self, column: Column | None, message: str) -> None:
        """Note what is wrong; the file will not be imported."""
        self.problems = (*self.problems, Problem(column, message))

    def bring(self, draft: Draft) -> None:
        """Have another record made together with this row's."""
        self.drafts = (*self.drafts, draft)


Prepare = Callable[[Session, list[Row]], None]
Finish = Callable[[Session, Mapping[Any, Sequence[Mapping[str, Any]]]], None]


class Sheet:
    """The declaration that makes template, import and export of one record class.

    ``key`` names the columns that identify a record: found → changed, else → created. It may be several such
    tuples; the first whose cells are all filled and that finds a record counts. ``prepare(session, rows)``
    may ``refuse`` rows for rules across columns, complete ``row.values``, and ``bring`` drafts; it is called with
    some thousand rows at a time, each with ``record_id`` set when the record exists, and must ask the database
    for all of them at once. ``finish(session, records)`` runs inside the import's transaction, and again when it
    is undone, with the attributes of the records made (or taken away) by model: for what follows from them.
    ``undoable=False`` for what books entries that nothing deletes.

    Raises LookupError for unknown names, so that a mistake stops the start.
    """

    def __init__(
        self,
        model: Any,
        *,
        key: Sequence[str] | Sequence[Sequence[str]],
        columns: Sequence[Column],
        area: str,
        title: str = "",
        name: str = "",
        prepare: Prepare | None = None,
        finish: Finish | None = None,
        undoable: bool = True,
    ) -> None:
        self.model, self.area, self.prepare, self.finish = model, area, prepare, finish
        self.undoable = undoable
        self.name = name or model.__tablename__
        self.title = title or model.__label__
        self.columns = tuple(columns)
        self.keys: tuple[tuple[str, ...], ...] = (
            (tuple(key),) if isinstance(key[0], str) else tuple(tuple(part) for part in key)  # type: ignore[arg-type]
        )
        for column in self.columns:
            column.bind(model)
        self.by_name = {column.name: column for column in self.columns}
        self._check()
        if len(self.keys) == 1:
            for name_in_key in self.keys[0]:
                self.by_name[name_in_key].required = True
        self.lookups = tuple(column for column in self.columns if isinstance(column, Lookup))
        self.own = tuple(column for column in self.columns if not column.extra)
        self.attributes = frozenset(model.__table__.c.keys()) - {column.name for column in self.columns if column.extra}
        """What the import may write: ``prepare`` can set attributes that are no columns of the sheet."""
        uniques = [(column.name,) for column in self.own if column.unique]
        self.identities = (*self.keys, *(unique for unique in uniques if unique not in self.keys))
        """What must not occur twice: the keys, and each unique column."""

    @property
    def endpoint(self) -> str:
        """The name under which the import pages are registered."""
        return "".join(part.title() for part in self.name.split("_")) + "Import"

    def key_titles(self) -> str:
        """What identifies a record, in words."""
        return " / ".join(" + ".join(self.by_name[name].title for name in key) for key in self.keys)

    def _check(self) -> None:
        titles = [column.title for column in self.columns]
        if len(set(titles)) != len(titles) or len(self.by_name) != len(self.columns):
            raise LookupError(f"sheet {self.name!r} has a column twice")
        for name in (name for key in self.keys for name in key):
            if name not in self.by_name or self.by_name[name].extra:
                raise LookupError(f"sheet {self.name!r} has no column {name!r} for its key")
            _ = self.by_name[name].found_by
        known: set[str] = set()
        for column in self.columns:
            if isinstance(column, Lookup) and not set(column.within.values()) <= known:
                raise LookupError(f"sheet {self.name!r}: {column.name!r} must stand after {column.within}")
            known.add(column.name)
