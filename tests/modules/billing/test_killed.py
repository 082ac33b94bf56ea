"""The process dies between any two commits: after the restart the books are as if it had not (invariant 3)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.req("B3")
def test_a_kill_at_any_commit_leaves_the_same_books(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.modules.billing.killed", str(tmp_path)],
        capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    first, *points = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["commits"] >= 8
    assert len(points) == 2 * first["commits"]
    assert [point for point in points if not point["same"]] == []
    books = first["books"]
    assert [state for _amount, _paid, state in books["bills"]] == ["paid", "part_paid"]
    assert books["payments"] == [[34_220, 4_000, "part_refunded"]]
    assert len(books["receipts"]) == 1
