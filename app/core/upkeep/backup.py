"""Making a backup: database and pictures of one moment, with the numbers that prove a restore, encrypted."""

import hashlib
import hmac
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import db, reading
from app.core.media import SUFFIXES, MediaFile, storage
from app.core.privacy import keyring
from app.core.upkeep import database, proof
from app.core.upkeep.archive import BackupError, Lock, Writer

ENDING = ".wuyebak"
FORMAT = 1
MANIFEST, PICTURES = "manifest.json", "media/"
WORDS = b"which key is this"


def key_marks() -> dict[str, Any]:
    """Which keys the data needs, by number and a mark that tells a right key from a wrong one, without any key."""
    ring = keyring()
    return {
        "DATA_KEYS": {number: mark(key) for number, key in ring.keys.items()},
        "INDEX_KEY": mark(ring.index_key),
    }


def mark(key: bytes) -> str:
    """A short keyed hash: says whether two keys are the same and nothing about them."""
    return hmac.new(key, WORDS, hashlib.sha256).hexdigest()[:16]


def make(folder: Path, lock: Lock) -> Path:
    """Write a backup into ``folder`` and return its file; a half one is never left under its name.

    Raises BackupError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    now = clock.now()
    path = folder / f"wuye-{clock.local(now):%Y%m%d-%H%M%S}{ENDING}"
    draft = path.with_suffix(".part")
    try:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as staging,
            database.snapshot(Path(staging)) as (session, copy),
            os.fdopen(_private(draft), "wb") as file,
        ):
            about = {
                "format": FORMAT,
                "made_at": now.isoformat(),
                "database": database.kind(),
                "revision": session.scalar(proof.REVISION),
                "keys": key_marks(),
            }
            with Writer(file, lock, about) as stream:
                _fill(stream, session, copy, about)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise BackupError(f"备份没有完成：{error.strerror or error}") from None
    finally:
        draft.unlink(missing_ok=True)
    return path


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _fill(stream: Writer, session: Session, copy: Path, about: Mapping[str, Any]) -> None:
    files: dict[str, str] = {}
    manifest: dict[str, Any] = {**about, **proof.of(session), "files": files}
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        tar.add(copy, copy.name)
        with copy.open("rb") as plain:
            files[copy.name] = hashlib.file_digest(plain, "sha256").hexdigest()
        for name, content in _pictures(session):
            _add(tar, PICTURES + name, content)
            files[PICTURES + name] = hashlib.sha256(content).hexdigest()
        _add(tar, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def _pictures(session: Session) -> Iterator[tuple[str, bytes]]:
    """The stored bytes of every picture that the copy knows; sealed ones stay sealed."""
    store = storage()
    for key in session.scalars(select(MediaFile.key).order_by(MediaFile.id).execution_options(yield_per=1000)):
        for suffix in SUFFIXES.values():
            try:
                yield key + suffix, store.get(key + suffix)
            except FileNotFoundError:
                if _still_there(key):
                    raise BackupError(f"存储中缺少图片 {key}{suffix}，请先运行 flask doctor") from None


def _still_there(key: str) -> bool:
    """Whether a picture is in the database now: one that was deleted since the copy was taken may be gone."""
    with reading():
        found = db.session.scalar(select(MediaFile.id).where(MediaFile.key == key))
        db.session.rollback()
    return found is not None


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def made(folder: Path) -> list[Path]:
    """The backups of a folder, oldest first."""
    return sorted(folder.glob(f"wuye-*{ENDING}"))


def forget(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` backups; returns what went."""
    old = made(folder)[:-keep]
    for path in old:
        path.unlink()
    return old


def newest_age(folder: Path) -> float | None:
    """Hours since the newest backup; None: there is none."""
    found = made(folder)
    if not found:
        return None
    return (clock.now().timestamp() - found[-1].stat().st_mtime) / 3600


def folder_of_backups() -> Path:
    """Where backups lie unless told otherwise."""
    configured = current_app.config["BACKUP_DIR"]
    return Path(configured) if configured else current_app.config["DATA_DIR"] / "backups"
