"""Base copies, archived WAL and the way back, with the scripts and settings that are deployed (S2)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, text

from app.factory import create_app
from deploy.drills.postgresql import Server
from tests.waiting import wait_until


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the owner of the servers may enter, as those of pytest may not be."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


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
        running = other.start()
        try:
            other.wait()
            assert other.ask("SELECT array_agg(number ORDER BY number) FROM house") == numbers
        finally:
            running.terminate()
            running.wait(20)


@pytest.mark.req("S2")
def test_old_copies_go_with_the_wal_that_only_they_needed_and_nothing_is_laid_over_data(place: Path) -> None:
    server = Server(place / "one", place / "wal")
    server.create()
    running = server.start()
    try:
        server.wait()
        copies = [server.base_backup(place / "copies") for _ in range(3)]
        needed = (copies[1] / "backup_label").read_text().split("file ")[1].split(")")[0]
        assert [copy.exists() for copy in copies] == [False, True, True]
        segments = [path.name for path in (place / "wal").iterdir() if len(path.name) == len(needed)]
        assert segments
        assert min(segments) >= needed
        with pytest.raises(SystemExit, match="不是空目录"):
            server.recover(copies[2], place / "wal")
    finally:
        running.terminate()
        running.wait(20)


@pytest.mark.req("S2")
def test_of_several_servers_the_one_that_takes_writes_is_found(server: str, tmp_path: Path) -> None:
    socket = server.split("host=")[1].split("&", maxsplit=1)[0]
    several = (
        f"postgresql+psycopg://postgres@/postgres?host=/nowhere,{socket}&port=5432,5432&target_session_attrs=read-write"
    )
    settings = create_app(DATA_DIR=tmp_path, DATABASE_URL=several, LOG_LEVEL="CRITICAL").config
    engine = create_engine(settings["SQLALCHEMY_DATABASE_URI"], **settings["SQLALCHEMY_ENGINE_OPTIONS"])
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW transaction_read_only")) == "off"
    engine.dispose()
