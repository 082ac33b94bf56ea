"""The course of every rehearsal on the stage: load, harm, load again, and then the reckoning."""

import time
from collections.abc import Callable

from deploy.drills.load import Errands, Load
from deploy.drills.report import Result
from deploy.drills.stage import Stage

BEFORE, AFTER = 4.0, 12.0
GOAL = 60.0

Harm = Callable[[Load], str | None]


def under_load(
    stage: Stage, name: str, title: str, harm: Harm, *, after: float = AFTER, errands: bool = False
) -> Result:
    """Rehearse: ``harm`` returns what is to be noted; recovery counts from its beginning, or its last ``load.mark()``.

    ``errands``: background work comes in too, and recovery is when none of it is late any more.
    """
    load, work = Load(stage), Errands(stage) if errands else None
    if work:
        work.start()
    time.sleep(BEFORE)
    load.mark()
    notes = [harm(load) or ""]
    time.sleep(after)
    load.stop()
    if work:
        work.stop()
    lost, recovery = load.lost(), load.recovery()
    if load.kinds():
        notes.append(f"应答异常：{'、'.join(load.kinds())}")
    if work:
        recovery = max(recovery, work.late_at - load.marked)
        notes.append(f"后台任务 {work.asked} 个，未完成 {work.undone}")
    passed = lost == 0 and recovery <= GOAL and bool(load.acknowledged) and not (work and work.undone)
    noted = "；".join(filter(None, notes))
    return Result(
        name, title, passed, len(load.acknowledged), lost, load.requests, load.failed, recovery, noted,
        slowest=load.slowest,
    )  # fmt: skip
