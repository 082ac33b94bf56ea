"""Migrations beside a program that serves: none keeps requests waiting for longer than a moment.

On PostgreSQL a statement that changes a table waits until nobody reads it any more, and whoever comes later waits
behind that statement. So a migration waits for a moment only, gives way, and tries again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from alembic import op
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

LOCK_SECONDS = 1
PAUSE_SECONDS = 3
PATIENCE_SECONDS = 300
LOCK_NOT_AVAILABLE = "55P03"
TURN_SECONDS = 0.5


@contextmanager
def alone(engine: Engine, number: int) -> Iterator[None]:
    """Hold an advisory lock of PostgreSQL; the others wait.

    They ask again and again instead of waiting inside a statement: one that waits keeps its snapshot, and an index
    that is built beside the writes waits for the end of every older snapshot, which would never come.
    """
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}):
            connection.rollback()
            time.sleep(TURN_SECONDS)
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # migrations take their time
        yield


def patiently(engine: Engine, migrate: Callable[[Connection], None]) -> None:
    """Run migrations; they start again where they stood when others kept a table for too long.

    Raises the database's OperationalError after five minutes of it.
    """
    given_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with _connection(engine) as connection:
                migrate(connection)
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE or time.monotonic() > given_up:
                raise
            click.echo(f"数据表正在使用，{PAUSE_SECONDS} 秒后继续升级数据库", err=True)
        time.sleep(PAUSE_SECONDS)


def add_index(name: str, table: str, columns: Sequence[str], *, unique: bool = False, where: str = "") -> None:
    """In a migration of its own: an index on a table that is in use, built while others write.

    ``where``: the condition, in SQL, of an index that holds only some of the rows.

    What an interrupted attempt has left, which PostgreSQL keeps as an invalid index, is built anew.
    """
    only = text(where) if where else None
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, columns, unique=unique, sqlite_where=only)
        return
    with op.get_context().autocommit_block():
        _wait_for_locks(op.get_bind(), 0)  # it stands in nobody's way, and has to see every older transaction end
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, unique=unique, postgresql_where=only, postgresql_concurrently=True)
        _wait_for_locks(op.get_bind(), LOCK_SECONDS)


@contextmanager
def _connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name != "postgresql":
            yield connection
            return
        _wait_for_locks(connection, LOCK_SECONDS)
        connection.execute(text("SET statement_timeout = 0"))
        connection.commit()
        try:
            yield connection
        finally:
            connection.invalidate()  # what was set here is for this work alone


def _wait_for_locks(connection: Connection, seconds: int) -> None:
    connection.execute(text(f"SET lock_timeout = '{seconds}s'"))
