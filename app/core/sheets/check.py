"""The check of a file against its sheet: what it would create and change, and what is wrong with which cell.

Rows pass through some thousand at a time, with one query per look-up and key for all of them. The same
check runs twice: for the dry run, and again before the import, since the data may have changed meanwhile.
"""

import gc
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from openpyxl.utils import get_column_letter
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.privacy import keyring
from app.core.sheets.columns import Cell, CellError, Column, Lookup, Masked
from app.core.sheets.files import MOST_ROWS, Numbered
from app.core.sheets.references import References
from app.core.sheets.sheet import EXAMPLE, MARKER, REASON, Row, Sheet

MOST_PROBLEMS = 200
MOST_PREVIEWS = 50
MOST_KNOWN = 5000
COLLECTION = (100_000, 50, 100)


@dataclass(slots=True)
class Plan:
    """What a file would do. ``created`` and ``updated`` hold the rows only when they are to be written."""

    total: int = 0
    created_rows: int = 0
    updated_rows: int = 0
    unchanged_rows: int = 0
    created: list[Row] = field(default_factory=list)
    updated: list[Row] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    previews: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    header: Sequence[Cell] = ()
    failed: list[tuple[Sequence[Cell], str]] = field(default_factory=list)


def check(
    session: Session,
    sheet: Sheet,
    batches: Iterable[list[Numbered]],
    *,
    scope: frozenset[int] | None,
    keep: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> Plan:
    """Read all rows; nothing is written. ``scope`` are the communities of who imports (None: all).

    Raises Invalid when the header does not fit or the file cannot be read.
    """
    run = _Check(session, sheet, scope, keep)
    with few_collections():
        for batch in batches:
            run.take(batch)
            progress(run.plan.total)
    if not run.plan.header:
        raise Invalid(_("文件里没有数据"))
    if not run.plan.total:
        raise Invalid(_("文件里只有表头，没有要导入的数据"))
    return run.plan


@contextmanager
def few_collections() -> Iterator[None]:
    """Rows by the hundred thousand hold no cycles; looking for some all the time took a fifth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTION)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def plain_title(cell: Cell) -> str:
    """A header without blanks, marks and differences of width."""
    return re.sub(r"[\s**]", "", unicodedata.normalize("NFKC", str(cell)))


class _Check:
    def __init__(self, session: Session, sheet: Sheet, scope: frozenset[int] | None, keep: bool) -> None:
        self.session, self.sheet, self.scope, self.keep = session, sheet, scope, keep
        self.plan = Plan()
        self.positions: list[tuple[int, Column]] = []
        self.marker = -1
        self.seen: dict[Any, int] = {}
        self.seen_used: dict[Any, int] = {}
        self.taken: dict[int, int] = {}
        self.parsed: dict[str, dict[Cell, Any]] = {column.name: {} for column in sheet.columns}
        self.references = References(session, sheet, scope)
        self.table = sheet.model.__table__

    def take(self, batch: list[Numbered]) -> None:
        if not self.plan.header:
            (_number, header), batch = batch[0], batch[1:]
            self._map_header(header)
        rows = [row for number, cells in batch if (row := self._parse(number, cells))]
        self.plan.total += len(rows)
        if self.plan.total > MOST_ROWS:
            raise Invalid(_("超过 200,000 行，请拆分后分批导入"))
        if not rows:
            return
        for lookup in self.sheet.lookups:
            self.references.resolve(lookup, rows)
        self._match(rows)
        if self.sheet.prepare:
            self.sheet.prepare(self.session, [row for row in rows if not row.problems])
        for row in rows:
            self._conclude(row)

    # -- header and cells

    def _map_header(self, header: Sequence[Cell]) -> None:
        self.plan.header = header
        known = {plain_title(column.title): column for column in self.sheet.columns}
        unknown = []
        for index, cell in enumerate(header):
            title = plain_title(cell)
            if title == MARKER:
                self.marker = index
            elif title in known:
                column = known[title]
                if any(column is other for _index, other in self.positions):
                    raise Invalid(_("表头“%(title)s”出现了两次，请只保留一列", title=column.title))
                self.positions.append((index, column))
            elif title and title != REASON:
                unknown.append(str(cell).strip()[:20])
        present = {column.name for _index, column in self.positions}
        missing = [column.title for column in self.sheet.columns if column.required and column.name not in present]
        if missing:
            raise Invalid(_("缺少必填的列：%(titles)s。请使用本页的模板，表头须在第一行", titles="、".join(missing)))
        if not any(set(key) <= present for key in self.sheet.keys):
            raise Invalid(_("缺少用于识别记录的列：%(titles)s", titles=self.sheet.key_titles()))
        if unknown:
            self.plan.notices.append(_("以下列不属于此表，已忽略：%(titles)s", titles="、".join(unknown[:20])))

    def _parse(self, number: int, cells: Sequence[Cell]) -> Row | None:
        if 0 <= self.marker < len(cells) and plain_title(cells[self.marker]) == plain_title(EXAMPLE):
            self.plan.notices.append(_("第 %(row)s 行是模板的示例行，已忽略", row=number))
            return None
        row, width, blank = Row(number, cells), len(cells), True
        for index, column in self.positions:
            cell = cells[index] if index < width else ""
            known = self.parsed[column.name]
            if cell in known and cell.__class__ is not bool:  # most cells of a sheet occur many times
                blank = False
                row.values[column.name] = known[cell]
                continue
            if cell == "" or (isinstance(cell, str) and not cell.strip()):
                if column.required:
                    row.refuse(column, _("必填"))
                continue
            blank = False
            try:
                row.values[column.name] = value = column.parse(cell)
            except CellError as error:
                row.refuse(column, str(error))
                continue
            if cell.__class__ is not bool and len(known) < MOST_KNOWN:
                known[cell] = value
        return None if blank else row

    # -- which record a row is about

    def _match(self, rows: list[Row]) -> None:
        """Find the record of each row, refuse what occurs twice, and note what would change."""
        keys = [self._keys(row) for row in rows]
        found = [
            self._owners(names, {key for own in keys if (key := own[i]) is not None})
            for i, names in enumerate(self.sheet.identities)
        ]
        for row, own in zip(rows, keys, strict=True):
            ids: set[int] = set()
            for index, key in enumerate(own[: len(self.sheet.keys)]):
                ids = found[index].get(key, set()) if key is not None else set()
                if ids:
                    break
            if len(ids) > 1:
                row.refuse(None, _("系统中有多条记录与此行相符，无法确定更新哪一条"))
            elif ids:
                row.record_id = next(iter(ids))
            for index, key in enumerate(own):
                names = self.sheet.identities[index]
                if key is None or len(names) > 1 or not self.sheet.by_name[names[0]].unique:
                    continue
                if found[index].get(key, set()) - {row.record_id}:
                    row.refuse(self.sheet.by_name[names[0]], _("已属于另一条记录"))
            self._refuse_twice(row, own)
        self._compare(rows)

    def _keys(self, row: Row) -> list[tuple[Any, ...] | None]:
        """For each identity the values by which the database finds it; None where cells are blank or masked."""
        keys: list[tuple[Any, ...] | None] = []
        for names in self.sheet.identities:
            values: list[Any] = [row.values.get(name) for name in names]
            if any(value is None or isinstance(value, Masked) for value in values):
                keys.append(None)
                continue
            found_by = [self.sheet.by_name[name].found_by for name in names]
            keys.append(
                tuple(
                    keyring().digest(value) if stored != name else value
                    for name, stored, value in zip(names, found_by, values, strict=True)
                )
            )
        if not row.problems and not any(key is not None for key in keys[: len(self.sheet.keys)]):
            masked = any(isinstance(row.values.get(name), Masked) for names in self.sheet.keys for name in names)
            row.refuse(
                None,
                _("%(titles)s是脱敏后的内容，无法据此识别记录", titles=self.sheet.key_titles())
                if masked
                else _("请填写%(titles)s，以便识别记录", titles=self.sheet.key_titles()),
            )
        return keys

    def _owners(self, names: tuple[str, ...], keys: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], set[int]]:
        """The ids of the records that have these keys: one query."""
        owners: dict[tuple[Any, ...], set[int]] = {}
        if keys:
            columns = [self.table.c[self.sheet.by_name[name].found_by] for name in names]
            condition = (
                columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(list(keys))
            )
            for record_id, *key in self.session.execute(select(self.table.c.id, *columns).where(condition)):
                owners.setdefault(tuple(key), set()).add(record_id)
        return owners

    def _refuse_twice(self, row: Row, keys: list[tuple[Any, ...] | None]) -> None:
        """Two rows of one file must not be about one record."""
        named = [(index, key) for index, key in enumerate(keys) if key is not None]
        used = next((item for item in named if item[0] < len(self.sheet.keys)), None)
        uniques = [item for item in named if len(self.sheet.identities[item[0]]) == 1]
        other = None
        for item in dict.fromkeys([*([used] if used else []), *uniques]):
            other = other or self.seen.get(item)
        for item in named:
            other = other or self.seen_used.get(item)
        if row.record_id is not None:
            other = other or self.taken.get(row.record_id)
            self.taken.setdefault(row.record_id, row.number)
        if other is not None:
            row.refuse(None, _("与第 %(row)s 行重复", row=other))
        for item in named:
            self.seen.setdefault(item, row.number)
        if used:
            self.seen_used.setdefault(used, row.number)

    def _compare(self, rows: list[Row]) -> None:
        """Reduce the values of rows that have a record to what differs from it."""
        by_id = {row.record_id: row for row in rows if row.record_id is not None}
        if by_id:
            query = select(self.table).where(self.table.c.id.in_(list(by_id)))
            condition = None if self.scope is None else self.sheet.model.in_communities(self.scope)
            inside = (
                None
                if condition is None
                else set(
                    self.session.scalars(select(self.table.c.id).where(self.table.c.id.in_(list(by_id)), condition))
                )
            )
            for stored in self.session.execute(query).mappings():
                row = by_id[stored["id"]]
                row.stamp = stored["updated_at"]
                if inside is not None and stored["id"] not in inside:
                    row.refuse(None, _("该记录不在您的数据权限范围内"))
                    continue
                for column in self.sheet.own:
                    value = row.values.get(column.name)
                    if isinstance(value, Masked):
                        now = stored[column.name]
                        if now is None or column.privacy is None or column.privacy.mask(now) != value.text:
                            row.refuse(column, _("是脱敏后的内容，与原值不符；请填写完整，或留空表示不修改"))
                        del row.values[column.name]
                row.before = {
                    name: stored[name]
                    for name, value in row.values.items()
                    if name in self.sheet.attributes and not self._same(name, stored[name], value)
                }
        for row in rows:
            if row.record_id is None and not row.problems:
                for column in self.sheet.own:
                    if isinstance(row.values.get(column.name), Masked):
                        row.refuse(column, _("是脱敏后的内容，请填写完整"))

    def _same(self, name: str, stored: Any, value: Any) -> bool:
        column = self.sheet.by_name.get(name)
        return stored == value if column is None else column.same(stored, value)

    # -- outcome

    def _conclude(self, row: Row) -> None:
        plan = self.plan
        if row.problems:
            self._report(row)
        elif row.record_id is None:
            plan.created_rows += 1
            if self.keep:
                plan.created.append(row)
        elif row.before or row.drafts:
            plan.updated_rows += 1
            if self.keep:
                plan.updated.append(row)
            else:
                self._preview(row)
        else:
            plan.unchanged_rows += 1
        if self.keep:
            row.cells = ()

    def _report(self, row: Row) -> None:
        places = {column.name: index + 1 for index, column in self.positions}
        lines = []
        for place, problem in sorted(
            ((places.get(p.column.name, 0) if p.column else 0, p) for p in row.problems), key=lambda item: item[0]
        ):
            cell = f"{get_column_letter(place)}{row.number}" if place else _("第 %(row)s 行", row=row.number)
            title = problem.column.title if problem.column else ""
            lines.append(f"{title}：{problem.message}" if title else problem.message)
            if len(self.plan.problems) < MOST_PROBLEMS:
                self.plan.problems.append({"row": row.number, "cell": cell, "title": title, "message": problem.message})
        self.plan.failed.append((row.cells, "；".join(lines)))

    def _preview(self, row: Row) -> None:
        for name, before in row.before.items():
            if len(self.plan.previews) >= MOST_PREVIEWS or name not in self.sheet.by_name:
                return
            column = self.sheet.by_name[name]
            self.plan.previews.append(
                {
                    "row": row.number,
                    "title": column.title,
                    "before": self._shown(column, before),
                    "after": self._shown(column, row.values[name]),
                }
            )

    def _shown(self, column: Column, value: Any) -> str:
        """A value as staff see it in a list: personal ones masked."""
        if value is None:
            return ""
        if isinstance(column, Lookup):
            target = column.target.__table__.c
            value = self.session.scalar(select(target[column.by[0]]).where(target.id == value))
        text = str(column.render(value))
        return (column.privacy.shown(text) or "") if column.privacy else text
