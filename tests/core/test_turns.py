"""Writers on SQLite stand in line: each gets its turn, a dead one gives it back (S2)."""

import fcntl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.core import turns
from app.core.turns import Turns

pytestmark = pytest.mark.req("S2")


def wait_until_locked(path: Path) -> None:
    """Until somebody holds the lock of this file."""
    with path.open("wb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(0.001)


def test_the_process_that_had_its_turn_goes_behind_the_one_that_waits(tmp_path: Path) -> None:
    ours, theirs = Turns(tmp_path / "wuye.db"), Turns(tmp_path / "wuye.db")  # each opens its files, as a process does
    first, order = {}, []

    def have(line: Turns, name: str) -> None:
        info: dict[str, int] = {}
        line.take(info)
        order.append(name)
        line.give(info)

    ours.take(first)
    other = threading.Thread(target=have, args=(theirs, "other process"))
    other.start()
    wait_until_locked(tmp_path / "wuye.next")
    same = threading.Thread(target=have, args=(ours, "same process"))
    same.start()
    ours.give(first)
    other.join()
    same.join()
    assert order == ["other process", "same process"]


def test_threads_that_come_first_at_the_same_moment_stand_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, start, at_open, inside, broken = Turns(tmp_path / "wuye.db"), threading.Barrier(8), Path.open, [], []

    def slowly(path: Path, *given: str) -> object:
        time.sleep(0.01)
        return at_open(path, *given)

    def write() -> None:
        info: dict[str, int] = {}
        start.wait()
        try:
            line.take(info)
            inside.append(1)
            time.sleep(0.002)
            broken.extend(inside[1:])
            inside.pop()
            line.give(info)
        except Exception as error:
            broken.append(error)

    monkeypatch.setattr(Path, "open", slowly)
    threads = [threading.Thread(target=write) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken


def test_a_connection_keeps_its_turn_until_it_gives_it(tmp_path: Path) -> None:
    line, info = Turns(tmp_path / "wuye.db"), {}
    line.take(info)
    line.take(info)
    wait_until_locked(tmp_path / "wuye.turn")
    line.give(info)
    line.give(info)
    again: dict[str, int] = {}
    line.take(again)
    line.give(again)


def test_who_waits_too_long_leaves_it_to_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    line, first, second = Turns(tmp_path / "wuye.db"), {}, {}
    line.take(first)
    line.take(second)
    assert first
    assert not second
    line.give(second)  # gives nothing of the other's
    wait_until_locked(tmp_path / "wuye.turn")


def test_a_process_that_dies_gives_its_turn_back(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from app.core.turns import Turns\n"
        "Turns(Path(sys.argv[1])).take({}); print('taken', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "wuye.db")]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"taken\n"
        process.kill()
    info: dict[str, int] = {}
    Turns(tmp_path / "wuye.db").take(info)
    assert info
