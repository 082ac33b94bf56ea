"""The migrations make every table, lead back to nothing, and agree with the models, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text

from app.core.db import db
from app.factory import create_app
from app.serve import prepare
from tests.postgresql import create_database

Fresh = Callable[[str], Flask]


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fresh]:
    """``fresh("sqlite")``: an application on an empty database."""
    made: list[Flask] = []

    def on(database: str) -> Flask:
        url = f"sqlite:///{tmp_path / 'app.db'}"
        if database == "postgresql":
            url = create_database(request.getfixturevalue("server"), "migrations")
        made.append(create_app(TESTING=True, DATA_DIR=tmp_path, DATABASE_URL=url, LOG_LEVEL="CRITICAL", DEMO=False))
        return made[-1]

    yield on
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def tables() -> set[str]:
    found = set(inspect(db.engine).get_table_names())
    db.engine.dispose()
    return found


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_up_agrees_with_the_models_and_down_leaves_nothing(fresh: Fresh, database: str) -> None:
    with fresh(database).app_context():
        upgrade()
        assert tables() == set(db.metadata.tables) | {"alembic_version"}
        check()  # exits when the models say more or less than the migrations
        downgrade(revision="base")
        assert tables() == {"alembic_version"}
        if database == "postgresql":
            left = db.session.scalar(
                text(
                    "SELECT count(*) FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"
                )
            )
            db.session.remove()
            assert left == 0
        upgrade()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_preparing_an_installation_twice_changes_nothing(fresh: Fresh, database: str) -> None:
    app = fresh(database)
    counts = []
    for _ in range(2):
        prepare(app)
        with app.app_context():
            rows = {table: db.session.scalar(text(f'SELECT count(*) FROM "{table}"')) for table in db.metadata.tables}
            db.session.remove()
        counts.append(rows)
    assert counts[0] == counts[1]
    assert counts[0]["ab_permission_view"] > 0
    assert counts[0]["community"] == 0, "no demonstration when it is switched off"


@pytest.mark.req("S2")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_older_program_starts_on_a_database_that_a_newer_one_has_extended(fresh: Fresh, database: str) -> None:
    app = fresh(database)
    prepare(app)
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'of tomorrow'"))
        db.session.commit()
    prepare(app)
    with app.app_context():
        assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == "of tomorrow"
        db.session.remove()
    examined = app.test_cli_runner().invoke(args=["doctor", "--quick"])
    assert (examined.exit_code, "已由更新的程序升级到 of tomorrow" in examined.output) == (0, True)


def test_append_only_records_are_guarded_by_the_database(fresh: Fresh) -> None:
    with fresh("sqlite").app_context():
        upgrade()
        triggers = set(db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        guarded = {
            mapper.class_.__tablename__
            for mapper in db.Model.registry.mappers
            if getattr(mapper.class_, "__append_only__", False)
        }
        assert guarded
        assert {f"{table}_no_{verb}" for table in guarded for verb in ("update", "delete")} <= triggers
