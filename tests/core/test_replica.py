"""Heavy reading on a replica: what reads there, what does not, and what happens when it does not answer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, event

from app.core.db import db
from app.core.replica import Replica
from tests.conftest import Browse, Store
from tests.core.sheets.conftest import table
from tests.factories import make_building, make_unit


@pytest.fixture
def standing_still(app: Flask, store: Store, tmp_path: Path) -> Iterator[Path]:
    """A replica of a moment ago: it knows unit 101; the primary knows 102 as well."""
    with store() as session:
        building = make_building(session)
        make_unit(session, building=building, number="101")
        session.commit()
        with closing(sqlite3.connect(str(db.engine.url.database))) as primary:
            primary.execute("VACUUM INTO ?", (str(tmp_path / "replica.db"),))
        make_unit(session, building=building, number="102")
    yield tmp_path / "replica.db"
    del app.extensions["replica"]


def exported(browse: Browse) -> list[Any]:
    """The numbers of the units in an export."""
    header, *rows = table(browse().post("/estate/unit/export").data)
    return sorted(row[header.index("房号")] for row in rows)


def test_exports_read_there_and_lists_do_not(app: Flask, browse: Browse, standing_still: Path) -> None:
    engine = create_engine(f"sqlite:///{standing_still}")
    app.extensions["replica"] = Replica(engine)
    assert exported(browse) == ["101"]
    assert "102" in browse().get("/estate/unit/").get_data(as_text=True)
    engine.dispose()


def test_reports_and_figures_read_there(app: Flask, browse: Browse, standing_still: Path) -> None:
    engine = create_engine(f"sqlite:///{standing_still}")
    app.extensions["replica"] = Replica(engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    assert browse().get("/reports/ageing/").status_code == 200
    assert "FROM bill" in statements[-1]
    statements.clear()
    assert browse().post("/reports/collection/export").status_code == 200
    assert statements
    statements.clear()
    assert browse().get("/").status_code == 200
    assert statements
    engine.dispose()


def test_when_it_does_not_answer_the_primary_is_read_and_it_is_left_alone_for_a_while(
    app: Flask, browse: Browse, standing_still: Path
) -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    tries: list[Any] = []
    event.listen(engine, "do_connect", lambda *call: tries.append(call))
    app.extensions["replica"] = Replica(engine)
    assert exported(browse) == ["101", "102"]
    assert exported(browse) == ["101", "102"]
    assert len(tries) == 1
