"""What operators watch: metrics of all processes, logs that can be searched, errors reported, and no personal data."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
import structlog
from flask import Flask
from flask_migrate import upgrade
from prometheus_client.parser import text_string_to_metric_families

from app.core import clock
from app.core.db import db
from app.core.jobs import put
from app.core.metrics import process_ended
from app.factory import create_app
from tests.conftest import Store

PHONE = "13712345678"

Build = Callable[..., Flask]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Build]:
    """``installation(NAME=value)``: a migrated one whose health page breaks with a phone number in the error."""
    made: list[Flask] = []

    def build(**settings: Any) -> Flask:
        app = create_app(DATA_DIR=tmp_path, JOBS="off", DEMO=False, DATABASE_URL="", **settings)
        with app.app_context():
            upgrade()
            db.session.remove()

        def broken() -> None:
            raise ValueError(f"no such phone: {PHONE}")

        app.view_functions["healthz"] = broken
        made.append(app)
        return app

    logging_as_before = structlog.get_config()
    yield build
    structlog.configure(**logging_as_before)
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def measured(app: Flask, **origin: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and label values."""
    answer = app.test_client().get("/metrics", environ_overrides=origin)
    assert answer.status_code == 200
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_metrics_tell_of_requests_jobs_database_and_disk(app: Flask, store: Store) -> None:
    with store() as session:
        put(session, "media.sweep", {}, run_at=clock.now() - timedelta(minutes=6))
    app.test_client().get("/readyz")
    before = measured(app)
    app.test_client().get("/readyz?phone=" + PHONE)
    now = measured(app)
    readiness = ("wuye_requests_total", "GET", "/readyz", "200")
    assert now[readiness] == before[readiness] + 1
    seconds = ("wuye_request_seconds_count", "/readyz")
    assert now[seconds] == before[seconds] + 1
    assert now["wuye_jobs", "waiting"] >= 1
    assert 350 < now[("wuye_jobs_oldest_due_seconds",)] < 400
    assert now[("wuye_database_up",)] == 1
    assert 0 < now[("wuye_disk_free_ratio",)] < 1
    assert not [key for key in now if PHONE in "".join(key)]
    process_ended(app, 1)


@pytest.mark.parametrize(
    ("allowed", "caller", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 200),
        ("10.0.0.0/8,::1", "10.3.4.5", 200),
        ("10.0.0.0/8,::1", "::1", 200),
        ("10.0.0.0/8", "127.0.0.1", 404),
        ("127.0.0.1", "203.0.113.9", 404),
        ("", "127.0.0.1", 404),
    ],
)
def test_metrics_are_there_for_the_allowed_addresses_alone(
    installation: Build, allowed: str, caller: str, status: int
) -> None:
    client = installation(METRICS_FROM=allowed, LOG_LEVEL="CRITICAL").test_client()
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": caller}).status_code == status


def test_a_wrong_allow_list_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="intranet"):
        create_app(DATA_DIR=tmp_path, METRICS_FROM="127.0.0.1,intranet")


def test_metrics_say_when_the_database_is_gone(installation: Build) -> None:
    app = installation(METRICS_FROM="127.0.0.1", LOG_LEVEL="CRITICAL")
    with app.app_context():
        db.session.connection().exec_driver_sql("DROP TABLE outbox")
        db.session.commit()
    assert measured(app)[("wuye_database_up",)] == 0


def test_logs_are_lines_of_json_with_the_request_and_without_what_it_held(
    installation: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    app = installation(LOG_LEVEL="INFO", PROXIES=1, NODE="web-1")
    capsys.readouterr()
    answer = app.test_client().get(f"/healthz?phone={PHONE}", headers={"X-Request-Id": "a1b2c3d4e5"})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (500, "a1b2c3d4e5")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["unexpected", "request"]
    assert {(line["request_id"], line["node"]) for line in lines} == {("a1b2c3d4e5", "web-1")}
    assert lines[0]["error"] == "ValueError"
    assert any("broken" in frame for frame in lines[0]["frames"])
    assert (lines[1]["rule"], lines[1]["status"]) == ("/healthz", 500)
    assert PHONE not in json.dumps(lines)


@pytest.mark.parametrize("given", ["x" * 200, "a b", '"}', ""])
def test_a_strange_request_id_is_replaced(app: Flask, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setitem(app.config, "PROXIES", 1)
    answer = app.test_client().get("/healthz", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] not in (given, "")


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A DSN, and what is sent there."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", received
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    server.shutdown()
    server.server_close()


def test_sentry_learns_of_the_error_and_of_nobody(installation: Build, collector: tuple[str, list[bytes]]) -> None:
    dsn, received = collector
    app = installation(SENTRY_DSN=dsn, LOG_LEVEL="ERROR")
    app.test_client().get(f"/healthz?phone={PHONE}", headers={"Authorization": "Bearer abc"})
    sentry_sdk.flush(5)
    sent = b"".join(received)
    assert b"ValueError" in sent
    assert b"broken" in sent
    for secret in (PHONE, "Bearer", "phone="):
        assert secret.encode() not in sent
