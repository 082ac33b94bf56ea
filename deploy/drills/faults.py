"""Rehearsals on the stage: something dies, or is replaced, while residents write."""

import shutil
import threading
import time
from collections.abc import Callable

from deploy.drills.load import Errands, Load
from deploy.drills.report import Result
from deploy.drills.stage import Stage

BEFORE, AFTER = 4.0, 12.0
GOAL = 60.0


def _under_load(stage: Stage, name: str, title: str, harm: Callable[[], str | None], after: float = AFTER) -> Result:
    load = Load(stage)
    time.sleep(BEFORE)
    moment = time.monotonic()
    notes = harm() or ""
    time.sleep(after)
    load.stop()
    lost, recovery = load.lost(), load.recovered_after(moment)
    kinds = sorted({how for _at, how in load.troubles})
    notes += f"{';' if notes and kinds else ''}{'应答异常:' + '、'.join(kinds) if kinds else ''}"
    passed = lost == 0 and recovery <= GOAL and bool(load.acknowledged)
    return Result(name, title, passed, len(load.acknowledged), lost, load.requests, load.failed, recovery, notes)


def web(stage: Stage) -> Result:
    """One of two web nodes is killed, with all its processes."""

    def harm() -> str:
        stage.services["web1"].kill()
        time.sleep(2)
        return f"节点 {stage.wait_ready(1) + 2:.1f} 秒后重新就绪"

    return _under_load(stage, "web", "kill -9 一个 Web 节点", harm)


def database(stage: Stage) -> Result:
    """PostgreSQL is killed with all its backends and started again."""
    return _under_load(stage, "database", "kill -9 数据库", stage.kill_database, after=20)


def valkey(stage: Stage) -> Result:
    """Valkey is killed and comes back empty, while background work comes in."""
    return _with_errands(stage, "valkey", "kill -9 Valkey(内存全失)", lambda: stage.services["valkey"].kill())


def worker(stage: Stage) -> Result:
    """The only worker is killed in the midst of its work."""
    return _with_errands(stage, "worker", "kill -9 工作进程", lambda: stage.services["worker"].kill())


def _with_errands(stage: Stage, name: str, title: str, harm: Callable[[], None]) -> Result:
    errands = Errands(stage)
    errands.start()
    moment: list[float] = []

    def both() -> None:
        moment.append(time.monotonic())
        harm()

    result = _under_load(stage, name, title, both)
    errands.stop()
    result.recovery = max(result.recovery, errands.late_at - moment[0])
    result.notes += f"{';' if result.notes else ''}后台任务 {errands.asked} 个,未完成 {errands.undone}"
    result.passed = result.passed and errands.undone == 0 and result.recovery <= GOAL
    return result


def upgrade(stage: Stage) -> Result:
    """Both nodes are replaced one after the other: no request may fail."""

    def harm() -> str:
        took = []
        for number in (1, 2):
            begun = time.monotonic()
            stage.roll(number)
            took.append(f"{time.monotonic() - begun:.1f}")
        return f"两个节点先后重启,各用 {'、'.join(took)} 秒"

    result = _under_load(stage, "upgrade", "滚动升级(两个节点先后重启)", harm, after=4)
    result.passed = result.lost == result.failed == 0 and result.acknowledged > 0
    return result


def clock_jump(stage: Stage) -> Result:
    """One node's clock is two hours ahead for a while; writes go on, and what it signed stays valid."""
    if shutil.which("faketime") is None:
        return Result("clock", "一个节点的时钟快两小时", False, notes="缺少 faketime(apt install faketime)")
    node = stage.services["web2"]
    usual = node._start

    def harm() -> str:
        node._start = lambda: stage.web(2, prefix=("faketime", "-f", "+2h"))
        node.replace()
        stage.wait_ready(2)
        time.sleep(6)
        found = stage.command("doctor", "--quick")
        node._start = usual
        node.replace()
        stage.wait_ready(2)
        noticed = "时钟曾被调整" in found.stdout
        return f"体检{'指出' if noticed else '没有指出'}时钟异常"

    result = _under_load(stage, "clock", "一个节点的时钟快两小时", harm, after=4)
    result.passed = result.passed and "没有指出" not in result.notes
    return result


def together(stage: Stage) -> Result:
    """Web node, worker and Valkey die at the same moment."""

    def harm() -> None:
        dying = [threading.Thread(target=stage.services[name].kill) for name in ("web2", "worker", "valkey", "relay")]
        for one in dying:
            one.start()
        for one in dying:
            one.join()

    return _with_errands(stage, "together", "Web 节点、转发、工作进程、Valkey 同时 kill -9", harm)


DRILLS = {
    "web": web,
    "worker": worker,
    "valkey": valkey,
    "database": database,
    "together": together,
    "upgrade": upgrade,
    "clock": clock_jump,
}
