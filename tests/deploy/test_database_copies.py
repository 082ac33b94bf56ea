"""Base copies, archived WAL and the way back, with the scripts and settings that are deployed (S2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from psycopg import OperationalError
from sqlalchemy import make_url, text

from app.core.db import db
from app.core.replica import apart
from app.core.upkeep import database, doctor
from app.factory import create_app
from deploy.drills.postgresql import Server
from tests.postgresql import client_programs
from tests.waiting import wait_until


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the owner of the servers may enter, as those of pytest may not be."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def serving(server: Server) -> Iterator[None]:
    """Started and answering; whatever happens, it does not stay behind."""
    running = server.start()
    try:
        server.wait()
        yield
    finally:
        running.terminate()
        running.wait(20)


@pytest.mark.req("S2")
def test_a_lost_server_comes_back_to_a_chosen_moment_and_to_the_last_archived_one(place: Path) -> None:
    server = Server(place / "one", place / "wal")
    server.create()
    running = server.start()
    try:
        server.wait()
        server.ask("CREATE TABLE house (number int)")
        copies = place / "copies"
        first = server.base_backup(copies)
        server.ask("INSERT INTO house VALUES (1)")
        moment = datetime.now(UTC)
        server.ask("INSERT INTO house VALUES (2)")
        last = server.ask("SELECT pg_walfile_name(pg_switch_wal())")
        wait_until(lambda: (place / "wal" / last).exists(), 20)
        server.ask("INSERT INTO house VALUES (3)")
    finally:
        running.kill()
        running.wait()
    for name, until, numbers in (("chosen", moment.isoformat(), [1]), ("all", "", [1, 2])):
        other = Server(place / name, None)
        other.recover(first, place / "wal", until)
        with serving(other):
            assert other.ask("SELECT array_agg(number ORDER BY number) FROM house") == numbers


@pytest.mark.req("S2")
def test_old_copies_go_with_the_wal_that_only_they_needed_and_nothing_is_laid_over_data(place: Path) -> None:
    server = Server(place / "one", place / "wal")
    server.create()
    with serving(server):
        copies = [server.base_backup(place / "copies") for _ in range(3)]
        needed = (copies[1] / "backup_label").read_text().split("file ")[1].split(")")[0]
        assert [copy.exists() for copy in copies] == [False, True, True]
        segments = [path.name for path in (place / "wal").iterdir() if len(path.name) == len(needed)]
        assert segments
        assert min(segments) >= needed
        with pytest.raises(SystemExit, match="不是空目录"):
            server.recover(copies[2], place / "wal")


@pytest.mark.req("S2")
def test_the_doctor_tells_when_nothing_is_archived_any_more(place: Path) -> None:
    server = Server(place / "one", place / "wal")
    server.create()
    url = f"postgresql+psycopg://postgres@{server.address}:{server.port}/postgres"
    app = create_app(DATA_DIR=place / "data", DATABASE_URL=url, LOG_LEVEL="CRITICAL")

    def said() -> str:
        with app.app_context():
            (finding,) = doctor.archiving()
            db.session.remove()
        return f"{doctor.SIGNS[finding.level]} {finding.text}"

    with serving(server):
        try:
            server.ask("SELECT pg_switch_wal()")
            wait_until(lambda: "[正常] 最近一次在" in said(), 20)
            (place / "wal").rename(place / "gone")
            server.ask("CREATE TABLE house (number int)")
            server.ask("SELECT pg_switch_wal()")
            wait_until(lambda: "[异常]" in said() and "归档失败" in said(), 20)
        finally:
            with app.app_context():
                db.engine.dispose()


@pytest.mark.req("S2")
def test_reports_read_from_a_standby_and_the_doctor_says_how_it_is(place: Path) -> None:
    primary, standby = Server(place / "one", None), Server(place / "two", None)
    primary.create()
    urls = [f"postgresql+psycopg://postgres@{one.address}:{one.port}/postgres" for one in (primary, standby)]
    app = create_app(
        DATA_DIR=place / "data", DATABASE_URL=urls[0], DATABASE_REPLICA_URL=urls[1], LOG_LEVEL="CRITICAL"
    )  # fmt: skip

    def seen(words: str) -> Any:
        with app.app_context(), apart() as session:
            return session.scalar(text(words))

    def said() -> str:
        with app.app_context():
            (finding,) = doctor.replica()
        return f"{doctor.SIGNS[finding.level]} {finding.text}"

    def up() -> bool:
        try:
            return bool(standby.ask("SELECT true"))
        except OperationalError:
            return False

    count = "SELECT count(*) FROM house"
    with serving(primary):
        primary.ask("CREATE TABLE house (number int)")
        standby.follow(primary)
        running = standby.start()
        try:
            wait_until(up, 20)
            assert seen("SELECT pg_is_in_recovery()")
            primary.ask("INSERT INTO house VALUES (1)")
            wait_until(lambda: seen(count) == 1, 20)
            wait_until(lambda: said() == "[正常] 落后 0 秒", 20)
            standby.ask("SELECT pg_wal_replay_pause()")
            primary.ask("INSERT INTO house VALUES (2)")
            assert seen(count) == 1, "as old as the replica"
            running.kill()
            running.wait()
            assert seen(count) == 2, "the primary stands in"
            assert "[异常] 没有应答" in said()
        finally:
            running.kill()
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


@pytest.mark.req("S2")
def test_of_several_servers_the_one_that_takes_writes_is_found_and_backed_up(server: str, tmp_path: Path) -> None:
    socket = make_url(server).query["host"]
    several = f"host=/nowhere,{socket}&port=5432,5432&target_session_attrs=read-write"
    app = create_app(
        DATA_DIR=tmp_path,
        DATABASE_URL=f"postgresql+psycopg://postgres@/postgres?{several}",
        PG_BIN=client_programs(),
        LOG_LEVEL="CRITICAL",
    )
    with app.app_context():
        with database.snapshot(tmp_path) as (session, file):
            assert session.scalar(text("SHOW in_hot_standby")) == "off"
        assert file.read_bytes().startswith(b"PGDMP")
        db.engine.dispose()
