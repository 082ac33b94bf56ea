"""Contenders answer the same requests, each in a process of its own, taking turns; only their ratios count.

A contender is a module of ``bench.contenders`` that calls ``answer`` with its WSGI application and its cases.
It is timed inside its process, around the application alone: no network, no client.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import event
from werkzeug.test import create_environ

RESULTS = Path(__file__).parent / "results"
WARM_UP = 3
USERNAME, PASSWORD, TOKEN = "admin", "Demo-2026!", "bench-token"
"""Who the contenders' requests come from: a superadmin; the member with this token."""


class Case(NamedTuple):
    """A request, and a text that the right answer holds."""

    path: str
    headers: dict[str, str]
    holds: str


class Queries:
    """Counts the statements that a contender sends to its database; beginnings of transactions are not counted."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, statement: str) -> None:
        """One statement."""
        self.count += not statement.startswith("BEGIN")

    def listen(self, engine: Any) -> None:
        """Count those of an SQLAlchemy engine (or of all: the class)."""
        event.listen(engine, "before_cursor_execute", lambda _connection, _cursor, text, *_rest: self.note(text))


def answer(app: Callable[..., Iterable[bytes]], cases: Mapping[str, Case], queries: Queries) -> None:
    """The contender's side: answer the cases that are named on standard input until it closes."""
    out, sys.stdout = sys.stdout, sys.stderr
    for line in iter(sys.stdin.readline, ""):
        name, _tab, times = line.strip().partition("\t")
        samples = [_timed(app, cases[name], queries) for _time in range(int(times))]
        print(json.dumps({key: median(sample[key] for sample in samples) for key in samples[0]}), file=out, flush=True)


def _timed(app: Callable[..., Iterable[bytes]], case: Case, queries: Queries) -> dict[str, float]:
    environ = create_environ(case.path, headers=case.headers)
    status: list[str] = []
    before = queries.count
    cpu, wall = time.process_time(), time.perf_counter()
    body = app(environ, lambda code, _headers, _error=None: status.append(code))
    content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if not status[0].startswith("200") or case.holds not in content.decode():
        raise SystemExit(f"{case.path}: {status[0]}, without {case.holds!r}: {content[:2000].decode()}")
    return {"ms": wall * 1000, "cpu_ms": cpu * 1000, "queries": queries.count - before, "bytes": len(content)}


class Contender:
    """A running contender; ends with its ``with``."""

    def __init__(self, name: str, module: str, environ: Mapping[str, str], *arguments: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"bench.contenders.{module}", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(environ),
        )  # fmt: skip

    def sample(self, case: str, times: int) -> dict[str, float]:
        """The medians of a few answers in a row. Raises SystemExit when the contender failed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{case}\t{times}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} failed at {case}")
        return dict(json.loads(line))

    def __enter__(self) -> "Contender":
        return self

    def __exit__(self, *_error: Any) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


def interleave(
    contenders: Iterable[Contender], cases: Iterable[str], rounds: int, in_a_row: int
) -> list[dict[str, Any]]:
    """Medians by contender and case; in each round every contender answers every case, in turning order.

    ``in_a_row`` answers each time let a contender run warm, as a busy server does.
    """
    contenders, cases = list(contenders), list(cases)
    samples: dict[tuple[str, str], list[dict[str, float]]] = {}
    for turn in range(WARM_UP + rounds):
        shift = turn % len(contenders)
        for case in cases:
            for contender in contenders[shift:] + contenders[:shift]:
                sample = contender.sample(case, in_a_row)
                if turn >= WARM_UP:
                    samples.setdefault((contender.name, case), []).append(sample)
    return [
        {"contender": name, "case": case, **{key: median(s[key] for s in taken) for key in taken[0]}}
        for (name, case), taken in samples.items()
    ]


def show(title: str, rows: list[dict[str, Any]], reference: str) -> None:
    """Print the table; ratios are to ``reference`` in the same case."""
    print(f"\n{title}")
    print(f"{'case':<24}{'contender':<22}{'ms':>10}{'CPU ms':>10}{'queries':>9}{'time ÷ ours':>13}{'CPU ÷ ours':>12}")
    own = {row["case"]: row for row in rows if row["contender"] == reference}
    for row in sorted(rows, key=lambda row: (list(own).index(row["case"]), row["ms"])):
        ours = own[row["case"]]
        print(
            f"{row['case']:<24}{row['contender']:<22}{row['ms']:>10.2f}{row['cpu_ms']:>10.2f}{row['queries']:>9.0f}"
            f"{row['ms'] / ours['ms']:>13.2f}{row['cpu_ms'] / ours['cpu_ms']:>12.2f}"
        )


def keep(name: str, content: Any) -> Path:
    """Write the numbers to ``bench/results``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
