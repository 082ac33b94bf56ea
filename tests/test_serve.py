"""``python run.py``: one command from an empty directory to a running installation, and cleanly down again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db, reading
from app.core.jobs.models import DONE, OutboxEntry
from app.factory import create_app
from app.modules.members.models import Customer, Member
from tests.waiting import answers, free_port, wait_until

ROOT = Path(__file__).parents[1]
PATIENCE = 60

pytestmark = pytest.mark.xdist_group("serve")


class Instance:
    """A running program with its own port and data directory."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.log = folder.parent / f"{folder.name}.log"
        environment = {**os.environ, "DATA_DIR": str(folder), "PORT": str(port), "LOG_LEVEL": "DEBUG"}
        environment.pop("DATABASE_URL", None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def wait_until_ready(self) -> None:
        wait_until(self.ready, PATIENCE)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return answers(f"http://127.0.0.1:{self.port}/readyz") and "按 Ctrl-C 停止" in self.log.read_text()

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def open(self) -> Flask:
        """The application on this instance's data."""
        return create_app(DATA_DIR=self.folder, DATABASE_URL="", JOBS="off", LOG_LEVEL="CRITICAL")


@pytest.fixture(scope="module")
def instances(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, Instance]]:
    """Two of them side by side, started at once."""
    folder = tmp_path_factory.mktemp("instances")
    both = Instance(folder / "one", free_port()), Instance(folder / "two", free_port())
    try:
        for instance in both:
            instance.wait_until_ready()
        yield both
    finally:
        for instance in both:
            if instance.process.poll() is None:
                instance.process.kill()
                instance.process.wait()


def test_one_command_makes_migrates_seeds_and_serves(instances: tuple[Instance, Instance]) -> None:
    one, two = instances
    for instance in (one, two):
        assert instance.get("/healthz").ok
        assert instance.get("/api/v1/openapi.json").ok
        assert "登录" in instance.get("/login/").text
        printed = instance.log.read_text()
        assert f"http://127.0.0.1:{instance.port}" in printed
        assert "certifier" in printed
        assert "demo-visitor" in printed


def test_the_back_office_of_the_demonstration_lets_its_admin_in(instances: tuple[Instance, Instance]) -> None:
    one, _two = instances
    with requests.Session() as browser:
        page = browser.get(f"http://127.0.0.1:{one.port}/login/", timeout=10)
        token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        answer = browser.post(
            page.url, data={"username": "admin", "password": "Demo-2026!", "csrf_token": token}, timeout=10
        )
        assert answer.ok
        assert "何经理" in answer.text


def test_timed_work_runs_in_the_serving_processes_once(instances: tuple[Instance, Instance]) -> None:
    app = instances[0].open()
    work: list[tuple[str, str]] = []

    def done() -> bool:
        with app.app_context(), reading():
            due = select(OutboxEntry.kind, OutboxEntry.state).where(OutboxEntry.due_at <= clock.now())
            work[:] = db.session.execute(due).tuples().all()
            db.session.remove()
        return {state for _kind, state in work} == {DONE}

    wait_until(done, PATIENCE)
    kinds = [kind for kind, _state in work]
    assert {state for _kind, state in work} == {DONE}
    assert len(kinds) == len(set(kinds)), "two workers, and each slot once"
    assert set(kinds) >= {timed.kind for module in app.extensions["registry"] for timed in module.schedule}


def test_a_taken_port_is_said_in_a_sentence(instances: tuple[Instance, Instance]) -> None:
    one, _two = instances
    third = Instance(one.folder.parent / "three", one.port)
    assert third.process.wait(PATIENCE) == 1
    printed = third.log.read_text().strip()
    assert f"端口 {one.port} 已被其他程序占用" in printed
    assert "Traceback" not in printed


def test_no_personal_number_stands_in_the_files_or_the_logs(instances: tuple[Instance, Instance]) -> None:
    """Looks for every phone and identity number of the demonstration."""
    one, _two = instances
    app = one.open()
    with app.app_context(), reading():
        rows = db.session.execute(select(Customer.phone, Customer.id_number, Customer.credit_code)).all()
        numbers = {number for row in rows for number in row if number}
        numbers |= {phone for phone in db.session.scalars(select(Member.phone)) if phone}
        db.session.remove()
    assert len(numbers) > 20
    content = b"".join(path.read_bytes() for path in [*one.folder.rglob("*"), one.log] if path.is_file())
    found = [number for number in numbers if number.encode() in content]
    assert not found


@pytest.mark.parametrize(("number", "how"), [(0, signal.SIGTERM), (1, signal.SIGINT)])
def test_it_ends_cleanly_when_told(instances: tuple[Instance, Instance], number: int, how: int) -> None:
    instance = instances[number]
    started = time.monotonic()
    assert instance.stop(how) == 0
    assert time.monotonic() - started < 15
    assert "Traceback" not in instance.log.read_text()
    with pytest.raises(requests.ConnectionError):
        instance.get("/healthz")
