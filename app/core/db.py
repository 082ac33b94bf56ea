"""The database: one session, engine rules for SQLite and PostgreSQL, the base record and column types.

Writers on SQLite begin IMMEDIATE, because a deferred transaction that reads and then writes loses
updates of others; requests that only read say so with ``reading`` and do not queue for the write lock.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated, Any, cast

from flask import Flask
from flask_appbuilder import Model
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    Integer,
    String,
    event,
    inspect,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app.core import clock
from app.core.turns import Turns

Model.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

db = get_sqla_class()(model_class=Model)

_reading: ContextVar[bool] = ContextVar("reading", default=False)


class Moment(TypeDecorator[datetime]):
    """An aware moment: stored as UTC, returned as UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


LARGEST_ID = 2**63 - 1
_WHOLE = re.compile(r"[0-9]{1,19}")


def whole_number(text: str | None) -> int | None:
    """A number that somebody typed or an address names (a record's, a count); None for what no column holds."""
    number = int(text) if text and _WHOLE.fullmatch(text) else None
    return None if number is None or number > LARGEST_ID else number


BigId = BigInteger().with_variant(Integer, "sqlite")


class Exact(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of its last place, so that SQLite, which knows no decimals, is exact too.

    ``Exact(4)`` holds 2.8 as 28000. In SQL the column compares and sorts as it should; for arithmetic take
    ``units(column)``, the whole number itself. A value with more places is refused.
    """

    impl = BigInteger
    cache_ok = True
    precision = 15

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"more than {self.scale} places")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.scale)


def units(column: Any) -> Any:
    """The whole number that an ``Exact`` column keeps, for arithmetic in SQL."""
    return type_coerce(column, BigInteger)


Fen = Annotated[int, mapped_column(BigInteger)]
"""Money in fen (分). Yuan exist only on pages and in sheets."""


def label(text: str, **info: Any) -> dict[str, Any]:
    """Column ``info``: the Chinese label that forms, lists, sheets, errors and manuals show."""
    return {"label": text, **info}


def column_label(model: type, name: str) -> str:
    """The label of a model's column or relationship; a relationship takes that of its foreign key.

    Raises KeyError when nothing is declared, so that a misspelt name stops the start.
    """
    mapper: Mapper[Any] = inspect(model)
    attribute = mapper.attrs[name]
    if "label" in attribute.info:
        return str(attribute.info["label"])
    if name in mapper.relationships:
        for column in mapper.relationships[name].local_columns:
            if "label" in column.info:
                return str(column.info["label"])
    elif "label" in mapper.columns[name].info:
        return str(mapper.columns[name].info["label"])
    raise KeyError(f"{model.__name__}.{name} has no label")


def yuan(fen: int) -> str:
    """¥1,234.50 of 123450 fen."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def to_fen(amount: Decimal) -> int:
    """Fen of a ``Decimal`` yuan amount, half up."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


class Record(Model):
    """Base of every business record: a number, and when it was made and last changed."""

    __abstract__ = True
    __label__: str
    """What the record is called in Chinese, in the singular."""
    __audited__ = True
    """False: the machinery's own bookkeeping, whose changes stand in no audit trail."""
    __append_only__ = False
    """True: rows are never changed or deleted; database triggers refuse it too (see ``append_only_ddl``)."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-10, info=label("编号"))
    created_at: Mapped[datetime] = mapped_column(
        Moment, default=clock.now, index=True, sort_order=10, info=label("创建时间")
    )
    updated_at: Mapped[datetime] = mapped_column(
        Moment, default=clock.now, onupdate=clock.now, sort_order=11, info=label("更新时间")
    )

    @classmethod
    def in_communities(cls, ids: Iterable[int]) -> Any:
        """The condition that keeps the rows of these communities, or None where records belong to none."""
        column = cls.__table__.columns.get("community_id")
        return None if column is None else column.in_(list(ids))


def choice_column(choices: Mapping[str, str], text: str, default: str | None = None, *, help: str = "") -> Any:
    """A column that holds one of a few keys; ``choices`` maps each to its Chinese name."""
    return mapped_column(String(24), default=default, index=True, info=label(text, choices=choices, help=help))


def state_column(initial: str, text: str = "状态") -> Any:
    """The column that a ``Workflow`` guards; it stands in no form."""
    return mapped_column(String(24), default=initial, index=True, info=label(text, state=True))


def derived_columns(model: type) -> list[tuple[str, str, Any]]:
    """(column, source, function) of each column declared with ``privacy.derived``."""
    mapper: Mapper[Any] = inspect(model)
    return [
        (attribute.key, *attribute.columns[0].info["derived"])
        for attribute in mapper.column_attrs
        if "derived" in attribute.columns[0].info
    ]


def fill_derived(model: type, rows: Iterable[dict[str, Any]]) -> None:
    """Complete rows for a bulk insert, which passes no attribute events."""
    columns = derived_columns(model)
    for row in rows:
        for name, source, function in columns:
            row[name] = None if row.get(source) is None else function(row[source])


@event.listens_for(Mapper, "mapper_configured")
def _keep_derived(mapper: Mapper[Any], model: type) -> None:
    for name, source, function in derived_columns(model):

        def follow(target: Any, value: Any, *_: Any, _name: str = name, _function: Any = function) -> None:
            setattr(target, _name, None if value is None else _function(value))

        event.listen(getattr(model, source), "set", follow, propagate=True)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read: on SQLite they do not take the write lock."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def transaction() -> Iterator[None]:
    """The door's transaction: all of it is committed, or on any exception none."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def init_engine(app: Flask) -> None:
    """Apply the engine rules to the application's engine; call inside an application context."""
    engine: Engine = db.engine
    if engine.dialect.name == "sqlite":
        assert engine.url.database
        turns = Turns(Path(engine.url.database))

        def begin(connection: Connection) -> None:
            if not _reading.get():
                turns.take(connection.info)
            connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")

        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", begin)
        event.listen(engine, "checkin", lambda _connection, record: turns.give(record.info))


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=wal",
        "busy_timeout=5000",
        "foreign_keys=on",
        "synchronous=full",
        "cache_size=-65536",
        "temp_store=memory",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def execute(session: Session, statement: Executable) -> int:
    """Run an UPDATE, DELETE or INSERT; how many rows it touched. Loaded records do not follow."""
    result = session.execute(statement, execution_options={"synchronize_session": False, "preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount


def conflict_insert(session: Session, model: type[Record]) -> Any:
    """An INSERT that knows ``on_conflict_do_nothing`` and its like on the database in use."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Statements (for a migration) that make a table refuse UPDATE and DELETE."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("update", "delete")
        ]
    return [
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    ]


def drop_append_only_ddl(table: str, dialect: str) -> list[str]:
    """The reverse of ``append_only_ddl``."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")]
    return [f"DROP TRIGGER {table}_append_only ON {table}", f"DROP FUNCTION {table}_append_only()"]
