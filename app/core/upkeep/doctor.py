"""``flask doctor``: is this installation well? Each examination returns what it found, in words for the operator."""

import hashlib
import shutil
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import audit, clock
from app.core.audit import AuditEntry
from app.core.db import db, reading
from app.core.errors import NotFound
from app.core.jobs.models import DEAD, WAITING, OutboxEntry
from app.core.jobs.queue import queue_state
from app.core.media import MediaFile, content
from app.core.module import registry
from app.core.replica import configured
from app.core.upkeep import backup, database, migration_state, proof

GOOD, POOR, BAD = "good", "poor", "bad"
SIGNS = {GOOD: "[正常]", POOR: "[注意]", BAD: "[异常]"}

CLOCK_TOLERANCE = timedelta(seconds=2)
LATE = timedelta(minutes=5)
BACKUP_HOURS = 26
CERTIFICATE_DAYS = 14
REPLICA_BEHIND = 60
LEAST_FREE, LOW_FREE = 0.05, 0.15
SAMPLE = 200


@dataclass(frozen=True)
class Finding:
    """What one examination found."""

    level: str
    what: str
    text: str


def examine(thorough: bool = True) -> list[Finding]:
    """Examine everything; ``thorough`` walks the whole audit chain and the books too."""
    findings = [*configuration(), *disk(), *certificates(), *backups()]
    try:
        with reading():
            for part in (*RECORDS, *(THOROUGH if thorough else ())):
                findings += part()
            db.session.rollback()
    except SQLAlchemyError as error:
        findings.append(Finding(BAD, "数据库", f"无法读取（{type(error).__name__}），其余检查未进行"))
    finally:
        db.session.remove()
    return findings


def configuration() -> Iterable[Finding]:
    """What starts but should not go into service."""
    config = current_app.config
    if not config["PRODUCTION"]:
        yield Finding(POOR, "配置", "APP_ENV 不是 production，演示账号和模拟服务可用，不能对外服务")
        return
    wrong = []
    if not config["PUBLIC_URL"].startswith("https://"):
        wrong.append("PUBLIC_URL 应为 https:// 开头的对外地址")
    if config["HOST"] in ("0.0.0.0", "::") and not config["PROXIES"]:  # noqa: S104
        wrong.append("直接对外监听且 PROXIES=0，应由 nginx 终止 TLS 后转发")
    if config["RATE_LIMITS"] != "1":
        wrong.append("RATE_LIMITS 已关闭")
    yield Finding(POOR if wrong else GOOD, "配置", "；".join(wrong) or "生产环境设置完整")


def disk() -> Iterable[Finding]:
    """Room for the data and for backups."""
    for what, folder in (("数据目录", current_app.config["DATA_DIR"]), ("备份目录", backup.folder_of_backups())):
        if not folder.exists():
            continue
        usage = shutil.disk_usage(folder)
        share = usage.free / usage.total
        level = BAD if share < LEAST_FREE else POOR if share < LOW_FREE else GOOD
        yield Finding(level, f"磁盘（{what}）", f"{folder} 剩余 {usage.free / 1024**3:.1f} GB（{share:.0%}）")


def backups() -> Iterable[Finding]:
    """A backup of the last day."""
    age = backup.newest_age(backup.folder_of_backups())
    if age is None:
        yield Finding(POOR, "备份", f"{backup.folder_of_backups()} 中没有备份")
    else:
        yield Finding(POOR if age > BACKUP_HOURS else GOOD, "备份", f"最近一份在 {age:.1f} 小时前")


def certificates() -> Iterable[Finding]:
    """How long the certificates in use are valid."""
    address = urlsplit(current_app.config["PUBLIC_URL"])
    if address.scheme == "https" and address.hostname:
        yield _of_site(address.hostname, address.port or 443)
    for path in filter(None, current_app.config["WECHATPAY_CERTIFICATES"].split(",")):
        try:
            expires = x509.load_pem_x509_certificate(Path(path.strip()).read_bytes()).not_valid_after_utc
            yield _validity(f"证书（{Path(path).name}）", expires)
        except (OSError, ValueError):
            yield Finding(BAD, f"证书（{Path(path).name}）", "文件不存在或不是证书")


def _of_site(host: str, port: int) -> Finding:
    what = f"证书（{host}）"
    try:
        with (
            socket.create_connection((host, port), timeout=5) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            found = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Finding(BAD, what, f"证书不受信任：{error.verify_message}")
    except OSError as error:
        return Finding(BAD, what, f"无法连接 {host}:{port}（{type(error).__name__}）")
    return _validity(what, datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC))


def _validity(what: str, expires: datetime) -> Finding:
    left = (expires - clock.now()).days
    level = BAD if left < 0 else POOR if left < CERTIFICATE_DAYS else GOOD
    return Finding(level, what, f"有效期至 {clock.local(expires):%Y-%m-%d}（还有 {left} 天）")


def schema() -> Iterable[Finding]:
    """The database answers, is whole and has this program's schema."""
    if database.kind() == database.SQLITE:
        answer = db.session.scalar(text("PRAGMA quick_check(1)"))
        yield Finding(GOOD if answer == "ok" else BAD, "数据库", "SQLite 文件完好" if answer == "ok" else str(answer))
    else:
        yield Finding(GOOD, "数据库", f"PostgreSQL {db.session.scalar(text('SHOW server_version'))}")
    present, needed = db.session.scalar(proof.REVISION), migration_state.head()
    if present == needed:
        yield Finding(GOOD, "数据库迁移", f"版本 {present}")
    elif migration_state.known(present):
        yield Finding(BAD, "数据库迁移", f"数据库为 {present}，程序需要 {needed}，请执行 flask db upgrade")
    else:
        newer = f"数据库已由更新的程序升级到 {present}，本程序为 {needed}"
        yield Finding(POOR, "数据库迁移", f"{newer}；仅在升级或退回期间正常")


def archiving() -> Iterable[Finding]:
    """What PostgreSQL writes between two backups leaves the machine."""
    if database.kind() != database.POSTGRESQL:
        return
    mode, archived, failed = db.session.execute(
        text("SELECT current_setting('archive_mode'), last_archived_time, last_failed_time FROM pg_stat_archiver")
    ).one()
    if mode == "off":
        yield Finding(POOR, "WAL 归档", "未启用，数据库损毁时丢失最近一次备份之后的数据")
    elif failed is not None and (archived is None or failed > archived):
        yield Finding(BAD, "WAL 归档", f"{clock.local(failed):%Y-%m-%d %H:%M} 归档失败，请查看数据库日志和归档磁盘")
    else:
        when = f"最近一次在 {clock.local(archived):%Y-%m-%d %H:%M}" if archived else "尚无需要归档的文件"
        yield Finding(GOOD, "WAL 归档", when)


def replica() -> Iterable[Finding]:
    """The read replica answers, is one, and keeps up."""
    there = configured()
    if there is None or database.kind() != database.POSTGRESQL:
        return
    session, what = there.session(), "只读副本"
    if session is None:
        yield Finding(BAD, what, "没有应答，报表和导出暂时读主库")
        return
    with session:
        standby, behind = session.execute(
            text(
                "SELECT pg_is_in_recovery(), CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
                "ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END"
            )
        ).one()
    if not standby:
        yield Finding(POOR, what, "DATABASE_REPLICA_URL 指向的不是热备")
    else:
        yield Finding(POOR if behind > REPLICA_BEHIND else GOOD, what, f"落后 {behind:.0f} 秒")


def clocks() -> Iterable[Finding]:
    """This machine's clock against the database's, and against what was written before."""
    now = clock.now()
    if database.kind() == database.POSTGRESQL:
        theirs: datetime = db.session.scalar(text("SELECT clock_timestamp()"))
        apart = abs(theirs - clock.now())
        level = GOOD if apart <= CLOCK_TOLERANCE else BAD
        yield Finding(level, "时钟（数据库）", f"与数据库服务器相差 {apart.total_seconds():.1f} 秒")
    newest = db.session.scalar(select(func.max(AuditEntry.at)))
    behind = newest is not None and newest > now + CLOCK_TOLERANCE
    said = f"最新审计记录在 {newest:%Y-%m-%d %H:%M:%S} UTC，晚于本机时间，时钟曾被调整" if behind else "不早于已有记录"
    yield Finding(BAD if behind else GOOD, "时钟（本机）", said)


def queue() -> Iterable[Finding]:
    """Work that lies about, work that was given up, and the workers."""
    overdue = OutboxEntry.due_at < clock.now() - LATE
    late = db.session.scalar(select(func.count()).where(OutboxEntry.state == WAITING, overdue)) or 0
    dead = db.session.scalar(select(func.count()).where(OutboxEntry.state == DEAD)) or 0
    yield Finding(BAD if late else GOOD, "后台任务（积压）", f"{late} 个任务超过 5 分钟未执行" if late else "没有积压")
    said = f"{dead} 个任务多次失败，请在 系统管理 → 后台任务 中查看" if dead else "没有失败的任务"
    yield Finding(POOR if dead else GOOD, "后台任务（失败）", said)
    state = queue_state(current_app.config)
    if state is not None:
        yield Finding(GOOD if state.workers else BAD, "后台任务（队列）", state.text)


def pictures() -> Iterable[Finding]:
    """The newest pictures are there, can be opened, and are what was stored."""
    missing, wrong, seen = 0, 0, 0
    for file in db.session.scalars(select(MediaFile).order_by(MediaFile.id.desc()).limit(SAMPLE)):
        seen += 1
        try:
            wrong += hashlib.sha256(content(file)).hexdigest() != file.sha256
        except NotFound:
            missing += 1
    said = f"抽查最近 {seen} 张：缺失 {missing}，内容不符 {wrong}"
    yield Finding(BAD if missing or wrong else GOOD, "图片", said)


def trail() -> Iterable[Finding]:
    """The audit chain, link by link."""
    count, broken = audit.verify(db.session())
    said = f"{count} 条，校验链完好" if broken is None else f"自第 {broken} 条起校验链断裂：记录曾被修改、删除或插入"
    yield Finding(GOOD if broken is None else BAD, "审计日志", said)


def books() -> Iterable[Finding]:
    """What the modules say must hold over their records."""
    for module in registry():
        for check in module.checks:
            found = list(check.problems(db.session()))
            yield Finding(BAD if found else GOOD, check.title, "；".join(found) or "核对无差异")


RECORDS: tuple[Callable[[], Iterable[Finding]], ...] = (schema, archiving, replica, clocks, queue, pictures)
THOROUGH: tuple[Callable[[], Iterable[Finding]], ...] = (trail, books)
