"""A consistent copy of the database, and its way back: SQLite's online backup, PostgreSQL's pg_dump in a snapshot."""

import gzip
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from flask import current_app
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.upkeep.archive import BackupError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
MEMBERS = {SQLITE: "database.sqlite.gz", POSTGRESQL: "database.pgdump"}


def kind() -> str:
    """Which of the two the installation runs on."""
    return db.engine.dialect.name


@contextmanager
def snapshot(folder: Path) -> Iterator[tuple[Session, Path]]:
    """A session that sees one moment of the database, and the file in ``folder`` that holds that moment."""
    target = folder / MEMBERS[kind()]
    with _postgresql(target) if kind() == POSTGRESQL else _sqlite(folder, target) as session:
        yield session, target


@contextmanager
def _sqlite(folder: Path, target: Path) -> Iterator[Session]:
    copy = folder / "database.sqlite"
    with closing(sqlite3.connect(sqlite_file())) as source, closing(sqlite3.connect(copy)) as destination:
        source.backup(destination)
    with copy.open("rb") as plain, gzip.open(target, "wb", compresslevel=3) as packed:
        shutil.copyfileobj(plain, packed, 1024 * 1024)
    engine = create_engine(f"sqlite:///{copy}")
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()
        copy.unlink()


@contextmanager
def _postgresql(target: Path) -> Iterator[Session]:
    connection: Connection
    with db.engine.connect().execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    ) as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))  # a large copy takes its time
        moment = connection.scalar(text("SELECT pg_export_snapshot()"))
        options = ("--format=custom", "--no-owner", "--no-privileges")
        _client("pg_dump", *options, f"--snapshot={moment}", f"--file={target}")
        with Session(connection) as session:
            yield session


def tables_present() -> list[str]:
    """The tables of the target; a restore wants none."""
    if kind() == SQLITE and not sqlite_file().exists():
        return []
    found = inspect(db.engine).get_table_names()
    db.engine.dispose()
    return found


def bring_back(member: Path) -> None:
    """Load a copy into the empty database; all of it or nothing."""
    if kind() == POSTGRESQL:
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _client("pg_restore", *options, str(member))
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        return
    db.engine.dispose()
    draft = sqlite_file().with_suffix(".restoring")
    with gzip.open(member, "rb") as packed, draft.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1024 * 1024)
        _flush(plain)
    for suffix in ("-wal", "-shm"):
        Path(f"{sqlite_file()}{suffix}").unlink(missing_ok=True)
    draft.replace(sqlite_file())


def sqlite_file() -> Path:
    """Where SQLite's file lies."""
    return Path(db.engine.url.database or "")


def _flush(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _client(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the database; the password goes by a file that only we read."""
    folder = current_app.config["PG_BIN"]
    path = str(Path(folder) / program) if folder else program
    with tempfile.NamedTemporaryFile("w", prefix="pgpass-") as passwords:
        url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"]).set(drivername="postgresql")
        if url.password is not None:
            passwords.write("*:*:*:*:" + str(url.password).replace("\\", "\\\\").replace(":", "\\:"))
            passwords.flush()
            url = url.set(password=None).update_query_dict({"passfile": passwords.name})
        address = f"--dbname={url.render_as_string(hide_password=False)}"
        try:
            done = subprocess.run([path, address, *arguments], capture_output=True, text=True)  # noqa: S603
        except FileNotFoundError:
            raise BackupError(
                f"找不到 {program}，请安装与服务器同版本的 postgresql-client，或用 PG_BIN 指明所在目录"
            ) from None
    if done.returncode:
        raise BackupError(f"{program} 失败：{done.stderr.strip()[-2000:]}")
