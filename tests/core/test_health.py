"""Load balancers and operators ask how the program is."""

from datetime import timedelta

from flask import Flask

from app.core import clock
from app.core.jobs import put
from tests.conftest import Store


def test_a_ready_node_says_so_and_tells_when_jobs_are_left_lying(app: Flask, store: Store) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ok", "database": "ok", "jobs": "ok"}
    with store() as session:
        put(session, "media.sweep", {}, run_at=clock.now() - timedelta(minutes=6))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "ok", "jobs": "late"})


def test_a_node_without_its_schema_is_not_ready(app: Flask, store: Store) -> None:
    with store() as session:
        session.connection().exec_driver_sql("DROP TABLE alembic_version")
    assert app.test_client().get("/readyz").status_code == 503
