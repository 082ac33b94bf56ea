"""What stands on a record's page beside its values: related records, workflow moves, and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.core import audit, richtext, rights
from app.core.audit import AuditEntry
from app.core.backoffice import audit_words, screens
from app.core.backoffice.attributes import Attribute, Kind, attribute, describable
from app.core.backoffice.cells import plain, staff_names
from app.core.db import column_label
from app.core.workflow import Move

if TYPE_CHECKING:
    from app.core.backoffice.declaration import Declaration
    from app.core.backoffice.elements import Shown

RELATED_ROWS = 20
HISTORY_ROWS = 20


@dataclass(frozen=True)
class Table:
    """Rows ready to be drawn: the screen they belong to, and cells by column."""

    view: "Declaration"
    rows: list[tuple[Any, list[tuple["Shown", Any]]]]
    more: bool = False
    link: str = ""


@dataclass(frozen=True)
class HistoryLine:
    """One audit entry in words."""

    when: str
    who: str
    action: str
    changes: list[tuple[str, str, str | None]]
    """(what, before or value, after or None)."""


def table(view: "Declaration", session: Session, records: list[Any], shown: "list[Shown]") -> list[Any]:
    """The rows of a table: each record with its cells. Computed columns and staff names are read once for all rows."""
    values, names = gather(session, records, shown)
    return [(record, [(column, view.cell(column, record, values, names)) for column in shown]) for record in records]


def gather(session: Session, records: list[Any], shown: "list[Shown]") -> tuple[dict[str, Any], dict[int, str]]:
    """What cells need beyond the records: computed columns by name, and the names of staff."""
    values = {column.name: column.compute(session, records) for column in shown if column.compute}
    attributes = [column.attribute for column in shown if column.attribute]
    return values, staff_names(session, attributes, records)


def related_tables(view: "Declaration", session: Session, record: Any) -> list[Table]:
    """The related lists that the signed-in person may see, each with its newest rows."""
    tables = []
    for screen_class, key in view.related:
        other = screens.screen_of(screen_class)
        if other is None or not other.may("view"):
            continue
        shown = [s for s in other.shown_columns if s.attribute is None or s.attribute.key != key]
        query = other.scoped().where(getattr(other.model, key) == record.id)
        ordering = [
            s.attribute.expression.desc() if s.descending else s.attribute.expression for s in other.default_order
        ]
        attributes = [s.attribute for s in shown if s.attribute]
        records = list(
            session.scalars(query.order_by(*ordering).limit(RELATED_ROWS + 1).options(*other.loaders(attributes)))
        )
        relation = next((f.name for f in other.filter_attributes if f.key == key), None)
        link = other.url("list", **{relation: record.id}) if relation else ""
        rows = table(other, session, records[:RELATED_ROWS], shown)
        tables.append(Table(other, rows, len(records) > RELATED_ROWS, link))
    return tables


def open_moves(view: "Declaration", record: Any) -> dict[str, Move]:
    """The declared moves that the record's state and the person's rights allow."""
    if not view.moves:
        return {}
    allowed = view.model.flow.open_moves(record)
    return {name: allowed[name] for name in view.moves if name in allowed and view.may(allowed[name].right)}


def history(view: "Declaration", session: Session, record: Any) -> list[HistoryLine] | None:
    """The last audit entries about the record; None for those who may not view the audit trail."""
    if not rights.can("audit", "view"):
        return None
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.record == view.model.__tablename__, AuditEntry.record_id == str(record.id))
        .order_by(AuditEntry.seq.desc())
        .limit(HISTORY_ROWS)
    ).all()
    flow = getattr(view.model, "flow", None)
    titles = audit_words.ACTIONS | ({name: move.title for name, move in flow.moves.items()} if flow else {})
    targets = _targets(view, session, [entry.changes for entry in entries])
    lines = []
    for entry in entries:
        when, action = plain(Kind.MOMENT, entry.at), titles.get(entry.action, entry.action)
        lines.append(HistoryLine(when, entry.actor_name, action, _changes(view, entry.changes, targets)))
    return lines


def reveal(view: "Declaration", session: Session, record: Any) -> None:
    """Note in the audit trail that the person looks at the record's masked values."""
    names = [a.label for a in view.shown_attributes if a.masked]
    audit.record(session, "reveal", record, {_("查看的信息"): _("、").join(names)})


def _targets(view: "Declaration", session: Session, changes: list[Mapping[str, Any]]) -> dict[str, dict[int, str]]:
    """What the related records that changes mention are called, by foreign key; those out of scope stay numbers."""
    found: dict[str, dict[int, str]] = {}
    for relation in screens.relations([attribute(view.model, name) for name in describable(view.model)]):
        values = [value for change in changes for value in _pair(change.get(relation.key))]
        ids = {value for value in values if isinstance(value, int)}
        if ids:
            query = screens.in_scope(relation.target).where(relation.target.id.in_(ids))
            records = session.scalars(query.options(*screens.describing(relation.target)))
            found[relation.key] = {record.id: screens.describe(record) for record in records}
    return found


def _pair(value: Any) -> list[Any]:
    return value if isinstance(value, list) and len(value) == 2 else []


def _changes(
    view: "Declaration", changes: Mapping[str, Any], targets: Mapping[str, Mapping[int, str]]
) -> list[tuple[str, str, str | None]]:
    lines: list[tuple[str, str, str | None]] = []
    for key, value in changes.items():
        what = _attribute(view.model, key)
        if key in targets and _pair(value):
            value = [targets[key].get(part, part) for part in value]
        if _pair(value):
            if value[0] != value[1]:  # a move notes what it set, also where that stood there before
                lines.append((_label(view.model, key), _text(what, value[0]), _text(what, value[1])))
        else:
            lines.append((_label(view.model, key), _text(what, value), None))
    return lines


def _attribute(model: Any, key: str) -> Attribute | None:
    return (
        attribute(model, key) if key in inspect(model).columns and "label" in inspect(model).columns[key].info else None
    )


def _label(model: Any, key: str) -> str:
    try:
        return column_label(model, key)
    except KeyError:
        return key


def _text(what: Attribute | None, value: Any) -> str:
    if value is None or value == "":
        return _("空")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("、").join(_text(what, part) for part in value) or _("空")
    if what and what.kind is Kind.MOMENT:
        return plain(what.kind, datetime.fromisoformat(value))
    if what and what.kind is Kind.RICH:
        return richtext.plain(str(value), 200)
    if what and what.choices:
        return str(what.choices.get(value, value))
    if what and isinstance(value, int):
        return plain(what.kind, value)
    return str(value)
