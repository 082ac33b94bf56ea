"""Rehearsals of the database's copies on the stage: the standby takes over, the archive of WAL brings back."""

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.core import clock
from app.core.db import db, reading
from app.core.upkeep import proof
from app.modules.billing.models import Account
from app.modules.billing.operations import payments
from app.modules.estate.models import Community
from app.modules.feedback.models import Feedback
from app.modules.members.models import Customer
from deploy.drills.load import Load
from deploy.drills.postgresql import Server
from deploy.drills.rehearsal import GOAL, under_load
from deploy.drills.report import Result
from deploy.drills.stage import Service, Stage
from tests.waiting import wait_until

NOTICED_SECONDS = 30
"""When Patroni, left as it comes, calls a primary lost."""
SETTLED_SECONDS = 5
"""What the new primary has written alone when the old one comes back."""
ARCHIVED_WITHIN = timedelta(seconds=65)
"""archive_timeout of deploy/postgresql, and the copying."""
PAYMENTS = 20


def standby(stage: Stage) -> Result:
    """The primary is lost; its synchronous standby takes over, and the old primary comes back behind it."""
    _follow_in_step(stage)
    loads: list[Load] = []

    def harm(load: Load) -> str:
        loads.append(load)
        stage.services["database"].kill(for_good=True)
        time.sleep(NOTICED_SECONDS)
        begun = time.monotonic()
        stage.spare.promote()
        promoted = time.monotonic() - begun
        stage.primary, stage.spare = stage.spare, stage.primary
        stage.services["database"] = stage.services.pop("standby")
        time.sleep(SETTLED_SECONDS)
        begun = time.monotonic()
        stage.spare.rejoin(stage.primary)
        rewound = time.monotonic() - begun
        stage.services["standby"] = Service("standby", stage.spare.start)
        streaming = _wait_for_standby(stage, "async")
        return (
            f"{NOTICED_SECONDS} 秒后判定失联，提升备机用 {promoted:.1f} 秒；"
            f"旧主库 pg_rewind {rewound:.1f} 秒、再过 {streaming:.1f} 秒开始流复制"
        )

    result = under_load(stage, "standby", "kill -9 主库，提升同步备机，旧主库重新加入", harm, after=15, errands=True)
    examine_rejoined(stage, loads[0], result)
    stage.services.pop("standby").rest()
    stage.spare.lose()
    return result


def examine_rejoined(stage: Stage, load: Load, result: Result) -> None:
    """Look for what was acknowledged on the server that came back behind the new primary, and note it."""
    position = stage.primary.ask("SELECT pg_current_wal_lsn()::text")
    wait_until(lambda: stage.spare.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"), 60)
    behind = load.lost(DATABASE_URL=stage.spare.url)
    result.notes += f"；重新加入的备机上缺少或不同的 {behind} 笔"
    result.passed = result.passed and behind == 0


def _follow_in_step(stage: Stage) -> None:
    """The spare server becomes a standby without which the primary acknowledges nothing."""
    stage.spare.follow(stage.primary)
    stage.services["standby"] = Service("standby", stage.spare.start)
    _wait_for_standby(stage, "async")
    stage.primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
    stage.primary.ask("SELECT pg_reload_conf()")
    _wait_for_standby(stage, "quorum")


def _wait_for_standby(stage: Stage, how: str) -> float:
    streams = f"SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '{how}'"
    return wait_until(lambda: stage.primary.ask(streams), 60)


def archive(stage: Stage) -> Result:
    """Server and disk are lost; what was archived comes back, and in another place the state of a chosen moment."""
    moments: dict[str, datetime] = {}
    loads: list[Load] = []
    copies: list[Path] = []

    def harm(load: Load) -> str:
        loads.append(load)
        begun = time.monotonic()
        copies.append(stage.primary.base_backup(stage.folder / "base"))
        copied = time.monotonic() - begun
        _pay(stage)
        time.sleep(10)
        moments["chosen"] = clock.now()
        _pay(stage)
        time.sleep(ARCHIVED_WITHIN.total_seconds() + 15)
        stage.services["database"].kill(for_good=True)
        moments["lost"] = clock.now()
        load.mark()
        stage.primary.lose()
        stage.primary.recover(copies[0], stage.wal)
        stage.services["database"] = Service("database", stage.primary.start)
        took = stage.primary.wait()
        moments["archived"] = stage.primary.ask("SELECT pg_last_xact_replay_timestamp()")
        return f"写入中做基础备份 {copied:.1f} 秒，恢复 {took:.1f} 秒"

    result = under_load(stage, "archive", "主库连同磁盘损毁，由 WAL 归档恢复", harm, after=15)
    load, gap = loads[0], moments["lost"] - moments["archived"]
    within = load.lost(until=moments["archived"])
    wrong = _wrong_at(stage, load, copies[0], moments["chosen"])
    with stage.application(), reading():
        wrong += proof.problems(db.session())
    result.notes += (
        f"；最后归档之后的 {gap.total_seconds():.0f} 秒随磁盘丢失（上限一分钟，有同步备机时为 0），"
        f"之前的丢失 {within}；恢复到指定时刻：{';'.join(wrong) or '已应答写入、账目合计、审计链一致，其后的不在'}"
    )
    result.passed = within == 0 and not wrong and gap <= ARCHIVED_WITHIN and 0 < result.recovery <= GOAL
    return result


def _pay(stage: Stage) -> None:
    """Money comes in, for the books to show."""
    with stage.application():
        session = db.session()
        community = session.scalars(select(Community.id).limit(1)).one()
        customer = session.scalars(select(Customer.id).limit(1)).one()
        for number in range(PAYMENTS):
            payments.receive(session, community_id=community, customer_id=customer, bill_ids=(), channel="transfer",
                             amount_fen=100 + number, paid_on=clock.today(), prepay=True)  # fmt: skip
            session.commit()


def _wrong_at(stage: Stage, load: Load, copy: Path, moment: datetime) -> list[str]:
    """Bring a moment back on another machine; what is not as it was then."""
    with tempfile.TemporaryDirectory(prefix="moment-") as folder:
        server = Server(Path(folder), None)
        server.recover(copy, stage.wal, moment.isoformat())
        service = Service("moment", server.start)
        try:
            server.wait()
            there = {"DATABASE_URL": server.url}
            wrong = [f"缺少 {lost} 笔"] if (lost := load.lost(until=moment, **there)) else []
            with stage.application(**there), reading():
                session = db.session()
                if session.scalar(select(func.count()).where(Feedback.created_at > moment)):
                    wrong.append("有此后的写入")
                if session.scalar(select(func.sum(Account.prepaid_fen))) != sum(range(100, 100 + PAYMENTS)):
                    wrong.append("预存款合计不符")
                wrong += proof.problems(session)
            return wrong
        finally:
            service.rest()


DRILLS = {"standby": standby, "archive": archive}
