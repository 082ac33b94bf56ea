"""The program behind PgBouncer as deploy/ sets it: connections change owners with every transaction (S2)."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, make_url, select, text

from app.core.audit import verify
from app.core.db import db, transaction
from app.core.settings import SettingValue
from app.factory import create_app
from app.modules.estate.models import Community
from app.serve import prepare
from deploy.drills.postgresql import OWNER
from tests.deploy.programs import needs
from tests.factories import PASSWORD, make_community, make_staff
from tests.postgresql import create_database
from tests.waiting import free_port, wait_until

DEPLOYED = Path(__file__).parents[2] / "deploy" / "pgbouncer" / "pgbouncer.ini"
THREADS, ROUNDS, SERVERS = 16, 10, 3


@pytest.fixture
def pooled(server: str) -> Iterator[tuple[str, str]]:
    """A database, by its own address and by that of a PgBouncer that has three connections to it."""
    program = needs("pgbouncer")
    direct = create_database(server, "pooled")
    url, port = make_url(direct), free_port()
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        settings = DEPLOYED.read_text(encoding="utf-8")
        host = url.query.get("host") or url.host
        runs_as = f"user = {OWNER}" if os.geteuid() == 0 else ""  # who may enter the folder of the server's socket
        for theirs, ours in {
            "wuye = host=127.0.0.1 port=5432 dbname=wuye": f"wuye = host={host} port={url.port or 5432} "
            f"dbname={url.database} user={url.username}",
            "listen_port = 6432": f"listen_port = {port}\nunix_socket_dir = {folder}\n{runs_as}",
            "auth_type = scram-sha-256": "auth_type = any",
            "auth_file = /etc/pgbouncer/userlist.txt": "",
            "default_pool_size = 20": f"default_pool_size = {SERVERS}",
            "reserve_pool_size = 5": "reserve_pool_size = 0",
        }.items():
            assert theirs in settings
            settings = settings.replace(theirs, ours)
        path = Path(folder, "pgbouncer.ini")
        path.write_text(settings, encoding="utf-8")
        through = f"postgresql+psycopg://postgres@127.0.0.1:{port}/wuye"
        process = subprocess.Popen([program, "-q", path], stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: connects(through.replace("+psycopg", "")), 20)
            yield direct, through
        finally:
            process.terminate()
            process.wait(20)


def connects(address: str) -> bool:
    """Whether a server answers there."""
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def app(pooled: tuple[str, str], tmp_path: Path) -> Iterator[Flask]:
    """The program behind it; the database was migrated past it, as the manual says."""
    direct, through = pooled
    common = {"DATA_DIR": tmp_path, "JOBS": "off", "DEMO": False, "LOG_LEVEL": "CRITICAL", "WTF_CSRF_ENABLED": False}
    straight = create_app(DATABASE_URL=direct, **common)
    with straight.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    app = create_app(DATABASE_URL=through, DATABASE_PREPARED="0", WEB_THREADS=THREADS, **common)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.req("S2")
def test_it_starts_serves_and_loses_nothing(app: Flask) -> None:
    prepare(app)
    with app.app_context(), transaction():
        db.session.add(SettingValue(key="counter", value=0))
        make_staff(db.session(), "chief")

    def write(number: int) -> set[int]:
        servers = set()
        for again in range(ROUNDS):
            with app.app_context(), transaction():
                counter = db.session.scalars(select(SettingValue).filter_by(key="counter").with_for_update()).one()
                counter.value += 1
                make_community(db.session(), name=f"园区{number}-{again}")
                servers.add(db.session.scalars(text("SELECT pg_backend_pid()")).one())
        return servers

    with ThreadPoolExecutor(THREADS) as pool:
        used = list(pool.map(write, range(THREADS)))
    assert len(set.union(*used)) <= SERVERS < THREADS
    client = app.test_client()
    assert client.post("/login/", data={"username": "chief", "password": PASSWORD}).status_code == 302
    assert f"园区{THREADS - 1}-" in client.get("/estate/community/").get_data(as_text=True)
    with app.app_context():
        counter = db.session.scalars(select(SettingValue).filter_by(key="counter")).one()
        communities = db.session.scalar(select(func.count()).select_from(Community))
        assert (counter.value, communities) == (THREADS * ROUNDS, THREADS * ROUNDS)
        assert verify(db.session())[1] is None
        assert db.session.scalar(text("SHOW lock_timeout")) == "0", "nothing stays on a connection that others take"
