"""``python -m deploy.drills [name …]``: rehearse, and write docs/drills.md."""

import fcntl
import sys
import tempfile
from pathlib import Path

from deploy.drills import databases, faults, machine, patroni
from deploy.drills.report import Result, keep
from deploy.drills.stage import stage

ON_STAGE = {**databases.DRILLS, **faults.DRILLS}
APART = {**machine.DRILLS, **patroni.DRILLS}
DRILLS = {**ON_STAGE, **APART}


def main(names: list[str]) -> int:
    """Rehearse what is named (all); 0 when everything passed."""
    unknown = set(names) - set(DRILLS)
    if unknown:
        print(f"没有这些演练：{'、'.join(sorted(unknown))}；可选：{'、'.join(DRILLS)}")
        return 2
    alone = (Path(tempfile.gettempdir()) / "drills.lock").open("w")
    try:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)  # they share addresses; held until the process ends
    except BlockingIOError:
        print("另一场演练正在进行，请等它结束")
        return 2
    wanted, results = names or list(DRILLS), []
    on_stage = [name for name in wanted if name in ON_STAGE]
    if on_stage:
        with stage() as there:
            for name in on_stage:
                results.append(_tell(ON_STAGE[name](there)))
            examined = there.command("doctor")
            print(examined.stdout)
            if examined.returncode and "clock" not in on_stage:  # that one leaves entries of the future behind
                return 1
    results += [_tell(APART[name]()) for name in wanted if name in APART]
    return 0 if all(result.passed for result in results) else 1


def _tell(result: Result) -> Result:
    keep(result)
    print(result, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
