"""Rehearsals on the stage: something dies, is replaced or is cut off, while residents write."""

import shutil
import threading
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from deploy.drills.expansion import LAST, next_release
from deploy.drills.load import Load
from deploy.drills.postgresql import Server
from deploy.drills.rehearsal import under_load
from deploy.drills.report import Result
from deploy.drills.stage import Stage
from tests.waiting import wait_until

CUT_SECONDS = 45
LONGEST_REQUEST = 30.0
READ_ON_SECONDS = 8


def web(stage: Stage) -> Result:
    """One of two web nodes is killed, with all its processes."""

    def harm(_load: Load) -> str:
        stage.services["web1"].kill()
        time.sleep(2)
        return f"节点 {stage.wait_ready(1) + 2:.1f} 秒后重新就绪"

    return under_load(stage, "web", "kill -9 一个 Web 节点", harm)


def database(stage: Stage) -> Result:
    """PostgreSQL is killed with all its backends and started again."""
    return under_load(stage, "database", "kill -9 数据库", lambda _load: stage.services["database"].kill(), after=20)


def valkey(stage: Stage) -> Result:
    """Valkey is killed and comes back empty, while background work comes in."""
    title = "kill -9 Valkey（内存全失）"
    return under_load(stage, "valkey", title, lambda _load: stage.services["valkey"].kill(), errands=True)


def worker(stage: Stage) -> Result:
    """The only worker is killed in the midst of its work."""
    title = "kill -9 工作进程"
    return under_load(stage, "worker", title, lambda _load: stage.services["worker"].kill(), errands=True)


def together(stage: Stage) -> Result:
    """Web node, worker and Valkey die at the same moment."""

    def harm(_load: Load) -> None:
        dying = [threading.Thread(target=stage.services[name].kill) for name in ("web2", "worker", "valkey", "relay")]
        for one in dying:
            one.start()
        for one in dying:
            one.join()

    title = "Web 节点、转发、工作进程、Valkey 同时 kill -9"
    return under_load(stage, "together", title, harm, errands=True)


def upgrade(stage: Stage) -> Result:
    """A release with migrations goes in node by node, and out again: no request may fail.

    Meanwhile somebody reads the table that is migrated, and a node of the old release starts on the new schema.
    """
    present, told = stage.release, stage.log.stat().st_size
    versions = []

    def go(release: Path, *numbers: int) -> None:
        stage.release = release
        for number in numbers:
            stage.roll(number)
        versions.append(stage.primary.ask("SELECT version_num FROM alembic_version"))

    with next_release(present) as release:

        def harm(load: Load) -> str:
            reader = threading.Thread(target=_read_until_migrated, args=(stage.primary,))
            reader.start()
            go(release, 1)
            reader.join()
            go(present, 2)
            go(release, 2)
            stage.replace_jobs()
            go(present, 1, 2)
            stage.replace_jobs()
            load.mark()
            gave_way = stage.log.read_bytes()[told:].decode().count("数据表正在使用")
            return (
                f"两步迁移，其间表被查询占用，迁移让路 {gave_way} 次；旧版本节点在新表结构上重启；最后逐个退回旧版本；"
                "恢复用时从全部替换完算起"
            )

        result = under_load(stage, "upgrade", "滚动升级（带数据库迁移）并退回", harm, after=4, errands=True)
        stage.release = release
        undone = stage.command("db", "downgrade", f"{LAST}-2").returncode
        stage.release = present
    result.passed = result.passed and result.failed == 0 and set(versions) == {LAST} and not undone
    return result


def _read_until_migrated(server: Server) -> None:
    """A report or a backup that reads a table while the migration wants to change it, and goes on for a while."""
    with psycopg.connect(server.source) as connection, suppress(TimeoutError):
        connection.execute("SELECT count(*) FROM feedback")
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%feedback%'"
        wait_until(lambda: server.ask(f"{waits} AND (query LIKE 'ALTER%' OR query LIKE '%CREATE TABLE%')"), 120, 0.2)
        time.sleep(READ_ON_SECONDS)


def clock_jump(stage: Stage) -> Result:
    """One node's clock is two hours ahead for a while; writes go on, and what it signed stays valid."""
    if shutil.which("faketime") is None:
        return Result("clock", "一个节点的时钟快两小时", False, notes="缺少 faketime(apt install faketime)")
    node = stage.services["web2"]

    def harm(_load: Load) -> str:
        node.replace(stage.web(2, prefix=("faketime", "-f", "+2h")))
        stage.wait_ready(2)
        time.sleep(6)
        found = stage.command("doctor", "--quick")
        node.replace(stage.web(2))
        stage.wait_ready(2)
        noticed = "时钟曾被调整" in found.stdout
        return f"体检{'指出' if noticed else '没有指出'}时钟异常"

    result = under_load(stage, "clock", "一个节点的时钟快两小时", harm, after=4)
    result.passed = result.passed and "没有指出" not in result.notes
    return result


def cut_node(stage: Stage) -> Result:
    """One of two nodes loses its way to database and Valkey, in the midst of its transactions."""
    return _cut(stage, "cut-node", "一个 Web 节点与数据库、Valkey 断网", 0)


def cut(stage: Stage) -> Result:
    """Database and Valkey are out of reach for everybody."""
    return _cut(stage, "cut", "数据库、Valkey 与全部节点断网", 0, 1)


def _cut(stage: Stage, name: str, title: str, *cables: int) -> Result:
    island = stage.island
    if island is None:
        return Result(name, title, False, notes="需要 root 权限与 iproute2")

    def harm(load: Load) -> str:
        island.cut(*cables)
        time.sleep(CUT_SECONDS)
        island.heal(*cables)
        load.mark()
        return f"静默丢包 {CUT_SECONDS} 秒，恢复用时从网络恢复算起"

    result = under_load(stage, name, title, harm, after=25, errands=True)
    result.passed = result.passed and result.slowest < LONGEST_REQUEST
    return result


DRILLS = {
    "web": web,
    "worker": worker,
    "valkey": valkey,
    "database": database,
    "together": together,
    "cut-node": cut_node,
    "cut": cut,
    "upgrade": upgrade,
    "clock": clock_jump,
}
