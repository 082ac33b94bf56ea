"""Migrations beside a program that serves: they give way to whoever uses a table, and to each other (S2)."""

import threading
import time
from collections.abc import Iterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.core import migrating
from tests.postgresql import create_database

LOCK = 4711


@pytest.fixture
def engine(server: str) -> Iterator[Engine]:
    """A PostgreSQL database with one table."""
    made = create_engine(create_database(server, "migrating"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE house (id bigint PRIMARY KEY)"))
    yield made
    made.dispose()


def add_column(connection: Connection) -> None:
    with connection.begin():
        connection.execute(text("ALTER TABLE house ADD COLUMN floors integer"))


@pytest.mark.req("S2")
def test_a_migration_gives_way_to_readers_and_is_done_in_the_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrating, "PAUSE_SECONDS", 1)
    with engine.connect() as report:
        report.execute(text("SELECT count(*) FROM house"))
        migration = threading.Thread(target=migrating.patiently, args=(engine, add_column))
        migration.start()
        longest = 0.0
        for _ in range(12):  # others come and go, and none waits longer than the migration is allowed to
            started = time.monotonic()
            with engine.begin() as somebody:
                somebody.execute(text("INSERT INTO house (id) SELECT coalesce(max(id), 0) + 1 FROM house"))
            longest = max(longest, time.monotonic() - started)
            time.sleep(0.2)
        assert migration.is_alive()
    migration.join(10)
    assert longest < migrating.LOCK_SECONDS + 1
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(floors) FROM house")) == 0
        assert connection.scalar(text("SHOW lock_timeout")) == "0", "what a migration sets is its own"
    assert "数据表正在使用" in capsys.readouterr().err


def test_another_fault_is_not_tried_again(engine: Engine) -> None:
    def wrong(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(OperationalError):
        migrating.patiently(engine, wrong)


@pytest.mark.req("S2")
def test_an_index_beside_the_writes_does_not_wait_for_nodes_that_wait_for_their_turn(engine: Engine) -> None:
    entered: list[float] = []

    def second() -> None:
        with migrating.alone(engine, LOCK):
            entered.append(time.monotonic())

    with migrating.alone(engine, LOCK):
        waiting = threading.Thread(target=second)
        waiting.start()
        time.sleep(0.3)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = '10s'"))
            connection.execute(text("CREATE INDEX CONCURRENTLY ix_house ON house (id)"))
        assert not entered
    waiting.join(10)
    assert entered


def test_an_index_is_built_in_a_migration_and_built_anew_after_a_broken_attempt(engine: Engine) -> None:
    def migrate(connection: Connection) -> None:
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            migrating.add_index("ix_house", "house", ["id"], where="id > 5")

    for _ in range(2):  # the second time it is there already
        migrating.patiently(engine, migrate)
    with engine.connect() as connection:
        valid, some = connection.execute(
            text("SELECT indisvalid, indpred IS NOT NULL FROM pg_index WHERE indexrelid = 'ix_house'::regclass")
        ).one()
    assert valid is True
    assert some is True
