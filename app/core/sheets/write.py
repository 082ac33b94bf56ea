"""Writing a checked file in one transaction, and taking a whole import back while it is untouched."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date, Numeric, Table, bindparam, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.db import Exact, Record, derived_columns, fill_derived
from app.core.errors import Conflict, Invalid
from app.core.privacy import Sealed, keyring
from app.core.sheets.check import Plan, few_collections
from app.core.sheets.models import ImportedRow, ImportJob
from app.core.sheets.sheet import Row, Sheet

CHUNK = 5000
KEPT = frozenset({"id", "created_at", "updated_at"})


def write(session: Session, sheet: Sheet, job: ImportJob, plan: Plan, scope: frozenset[int] | None) -> None:
    """Make and change the records of a plan, and keep what is needed to take it back.

    Raises Conflict when a record was changed since the check, Invalid when a new one lies outside ``scope``.
    An IntegrityError means that someone else was faster with the same key.
    """
    with few_collections():
        made = _write(session, sheet, job, plan, clock.now())
    _require_inside(session, sheet.model, [row["id"] for row in made[sheet.model]], scope)
    if sheet.finish:
        sheet.finish(session, made)
    counts = {"file": job.filename, "job": job.id, "created": plan.created_rows, "updated": plan.updated_rows}
    audit.record(session, "import", sheet.model.__tablename__, counts)


def _write(
    session: Session, sheet: Sheet, job: ImportJob, plan: Plan, now: datetime
) -> dict[Any, list[dict[str, Any]]]:
    """The records that were made, by model; changed ones are written too."""
    _lock(session, sheet, plan.updated)
    made: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    made[sheet.model] = [_complete(sheet.model, row.values, sheet.attributes, now) for row in plan.created]
    _number(session, sheet.model, made[sheet.model])
    for row, values in zip(plan.created, made[sheet.model], strict=True):
        row.record_id = values["id"]
    for row in (*plan.created, *plan.updated):
        for draft in row.drafts:
            values = {**draft.values, draft.parent: row.record_id}
            made[draft.model].append(_complete(draft.model, values, frozenset(values), now))
    for model, rows in made.items():
        if model is not sheet.model:
            _number(session, model, rows)
        fill_derived(model, rows)
        _insert(session, model.__table__, rows)
        _keep_made(session, job, model, now, [row["id"] for row in rows])
    _update(session, sheet, job, plan.updated, now)
    return made


def chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Slices of some thousand items."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _lock(session: Session, sheet: Sheet, rows: Sequence[Row]) -> None:
    """Hold the records that are about to be changed, and refuse if one is not as it was checked."""
    table = sheet.model.__table__
    for part in chunks(rows):
        query = select(table.c.id, table.c.updated_at).where(table.c.id.in_([row.record_id for row in part]))
        stamps: dict[int, datetime] = dict(session.execute(query.with_for_update()).all())
        if any(stamps.get(row.record_id) != row.stamp for row in part):
            raise Conflict(_("有记录在检查之后被他人修改，未导入任何内容；请重新上传检查"))


def _complete(model: Any, values: Mapping[str, Any], names: frozenset[str], now: datetime) -> dict[str, Any]:
    """A row for a bulk insert: every column present, defaults applied."""
    row: dict[str, Any] = {"created_at": now, "updated_at": now}
    for column in model.__table__.c:
        if column.key in KEPT or "derived" in column.info:
            continue
        value = values.get(column.key) if column.key in names else None
        if value is None and column.default is not None:
            value = column.default.arg(None) if column.default.is_callable else column.default.arg
        row[column.key] = value
    return row


def _number(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    """Give new rows their ids beforehand, so that plain bulk inserts do and their records are known."""
    if not rows:
        return
    table = model.__table__
    if session.get_bind().dialect.name == "sqlite":  # the transaction holds the only write lock
        first = (session.scalar(select(func.max(table.c.id))) or 0) + 1
        ids = range(first, first + len(rows))
    else:
        sequence = select(func.nextval(func.pg_get_serial_sequence(table.name, "id")))
        ids = session.scalars(sequence.select_from(func.generate_series(1, len(rows)).table_valued("n"))).all()  # type: ignore[assignment]
    for row, record_id in zip(rows, ids, strict=True):
        row["id"] = record_id


def _insert(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    for part in chunks(rows):
        session.execute(insert(table), part)


def _update(session: Session, sheet: Sheet, job: ImportJob, rows: Sequence[Row], now: datetime) -> None:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    kept = []
    for row in rows:
        if row.before:
            values = {name: row.values[name] for name in row.before}
            _derive(sheet.model, values)
            groups[tuple(sorted(values))].append({**values, "id": row.record_id, "updated_at": now})
            kept.append(
                (row.record_id, {name: _freeze(sheet.model, name, value) for name, value in row.before.items()})
            )
    _write_groups(session, sheet.model.__table__, groups)
    _keep_changed(session, job, sheet.model, now, kept)


def _write_groups(session: Session, table: Table, groups: Mapping[tuple[str, ...], list[dict[str, Any]]]) -> None:
    """One bulk update for each set of changed columns."""
    for names, rows in groups.items():
        values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in (*names, "updated_at")}
        statement = update(table).where(table.c.id == bindparam("old_id")).values(values)
        for part in chunks(rows):
            session.connection().execute(
                statement, [{f"new_{name}": row[name] for name in values} | {"old_id": row["id"]} for row in part]
            )


def _derive(model: Any, values: dict[str, Any]) -> None:
    for name, source, function in derived_columns(model):
        if source in values:
            values[name] = None if values[source] is None else function(values[source])


def _keep_made(session: Session, job: ImportJob, model: Any, now: datetime, ids: Sequence[int]) -> None:
    """Note the records that were just made: they are found by their stamp among the new numbers."""
    if not ids:
        return
    table, noted = model.__table__, ImportedRow.__table__
    made = (table.c.id.between(min(ids), max(ids)), table.c.created_at == now, table.c.updated_at == now)
    selected = select(
        literal(job.id), literal(table.name), table.c.id, table.c.updated_at, table.c.created_at, table.c.updated_at
    ).where(*made)
    names = ["job_id", "record", "record_id", "stamp", "created_at", "updated_at"]
    session.execute(insert(noted).from_select(names, selected, include_defaults=False))
    if session.scalar(select(func.count()).select_from(table).where(*made)) != len(ids):
        raise Conflict(_("写入时与他人的操作冲突，未导入任何内容；请重新上传检查"))


def _keep_changed(
    session: Session, job: ImportJob, model: Any, now: datetime, rows: Sequence[tuple[Any, dict[str, Any]]]
) -> None:
    """Note what changed records held before."""
    common = {"job_id": job.id, "record": model.__tablename__, "stamp": now, "created_at": now, "updated_at": now}
    _insert(
        session,
        ImportedRow.__table__,
        [{**common, "record_id": record_id, "before": before} for record_id, before in rows],
    )


def _require_inside(session: Session, model: Any, ids: Sequence[int], scope: frozenset[int] | None) -> None:
    """New records must be visible to the person who brings them in."""
    condition = None if scope is None else model.in_communities(scope)
    if condition is None:
        return
    table = model.__table__
    inside = sum(
        session.scalar(select(func.count()).select_from(table).where(table.c.id.in_(part), condition)) or 0
        for part in chunks(ids)
    )
    if inside != len(ids):
        raise Invalid(_("有 %(count)s 行不属于您数据权限内的园区，未导入任何内容", count=len(ids) - inside))


def undo(session: Session, sheet: Sheet, job: ImportJob) -> None:
    """Take an import back: made records are deleted, changed ones hold again what they held before.

    Raises Conflict, and changes nothing, when one of them was changed or referred to since.
    """
    if not sheet.undoable:
        raise Conflict(_("导入的内容已经入账，不能整批撤销；请逐笔更正"))
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Record.registry.mappers}
    names = session.scalars(
        select(ImportedRow.record)
        .where(ImportedRow.job_id == job.id)
        .group_by(ImportedRow.record)
        .order_by(func.min(ImportedRow.id).desc())
    ).all()
    touched = [models[name] for name in names]
    for model in touched:
        _refuse_if_changed(session, job, model)
        _refuse_if_referred_to(session, job, model, models)
    taken = {model: _made(session, job, model) for model in touched} if sheet.finish else {}
    for model in touched:
        table = model.__table__
        session.execute(delete(table).where(table.c.id.in_(_ids(job, model))))
    _restore(session, job, sheet.model)
    if sheet.finish:
        sheet.finish(session, taken)
    audit.record(session, "undo_import", sheet.model.__tablename__, {"file": job.filename, "job": job.id})


def _ids(job: ImportJob, model: Any) -> Any:
    """The ids of the records of a class that the import made."""
    return select(ImportedRow.record_id).where(
        ImportedRow.job_id == job.id, ImportedRow.record == model.__tablename__, ImportedRow.before.is_(None)
    )


def _made(session: Session, job: ImportJob, model: Any) -> list[Mapping[str, Any]]:
    """What the import made, for ``finish``; without sealed columns, which are slow to open and no matter here."""
    table = model.__table__
    columns = [column for column in table.c if not isinstance(column.type, Sealed)]
    return [dict(row) for row in session.execute(select(*columns).where(table.c.id.in_(_ids(job, model)))).mappings()]


def _refuse_if_changed(session: Session, job: ImportJob, model: Any) -> None:
    table = model.__table__
    changed = session.scalar(
        select(func.count())
        .select_from(ImportedRow)
        .outerjoin(table, table.c.id == ImportedRow.record_id)
        .where(
            ImportedRow.job_id == job.id,
            ImportedRow.record == model.__tablename__,
            or_(table.c.id.is_(None), table.c.updated_at != ImportedRow.stamp),
        )
    )
    if changed:
        raise Conflict(
            _("导入之后有 %(count)s 条%(label)s被修改或删除，不能整批撤销", count=changed, label=model.__label__)
        )


def _refuse_if_referred_to(session: Session, job: ImportJob, model: Any, models: Mapping[str, Any]) -> None:
    """Whatever else refers to a made record would lose it (or vanish with it)."""
    table = model.__table__
    for other in table.metadata.tables.values():
        for key in other.foreign_keys:
            if key.column is not table.c.id:
                continue
            query = select(func.count()).select_from(other).where(key.parent.in_(_ids(job, model)))
            if other.name in models:
                own = ImportedRow.__table__.alias()
                query = query.where(
                    ~exists().where(own.c.job_id == job.id, own.c.record == other.name, own.c.record_id == other.c.id)
                )
            count = session.scalar(query)
            if count:
                label = models[other.name].__label__ if other.name in models else other.name
                raise Conflict(
                    _("导入的%(what)s已被 %(count)s 条%(label)s引用，不能整批撤销",
                      what=model.__label__, count=count, label=label)
                )  # fmt: skip


def _restore(session: Session, job: ImportJob, model: Any) -> None:
    rows = session.execute(
        select(ImportedRow.record_id, ImportedRow.before).where(
            ImportedRow.job_id == job.id,
            ImportedRow.record == model.__tablename__,
            ImportedRow.before.is_not(None),
        )
    )
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    now = clock.now()
    for record_id, before in rows:
        values = {name: _thaw(model, name, value) for name, value in before.items()}
        _derive(model, values)
        groups[tuple(sorted(values))].append({**values, "id": record_id, "updated_at": now})
    _write_groups(session, model.__table__, groups)


def _freeze(model: Any, name: str, value: Any) -> Any:
    """A value as JSON; a sealed one stays sealed."""
    if value is None:
        return None
    if isinstance(model.__table__.c[name].type, Sealed):
        return keyring().seal(value)
    return str(value) if isinstance(value, (Decimal, date, datetime)) else value


def _thaw(model: Any, name: str, value: Any) -> Any:
    kind = model.__table__.c[name].type
    if value is None:
        return None
    if isinstance(kind, Sealed):
        return keyring().unseal(value)
    if isinstance(kind, (Numeric, Exact)):
        return Decimal(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
