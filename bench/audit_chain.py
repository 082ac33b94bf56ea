"""How many writing transactions a second the audit chain lets through on PostgreSQL, and how many get by without it.

Each transaction makes one row and commits; with the chain it also takes its turn at the chain's head. Writers are
processes of two threads each; the database shares the machine with them, so that a server of its own does better.
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.core import audit
from app.core.db import db
from app.factory import create_app
from bench.billing_ground import billing
from bench.measure import keep

THREADS = 2
FREE = "INSERT INTO bench_entry (note) VALUES ('one row')"


def write(environment: dict[str, str], chained: bool, seconds: float) -> int:
    """A process of writers: how many transactions it brought through."""
    os.environ.update(environment)
    app = create_app(DATA_DIR=Path(environment["DATA_DIR"]), JOBS="off", DEMO=False, LOG_LEVEL="CRITICAL")
    until = time.monotonic() + seconds

    def work(_number: int) -> int:
        done = 0
        with app.app_context():
            while time.monotonic() < until:
                session = db.session()
                session.execute(text(FREE))
                if chained:
                    audit.record(session, "bench", "bench_entry", {"number": done})
                session.commit()
                done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(work, range(THREADS)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    options.add_argument("--seconds", type=float, default=15)
    chosen = options.parse_args()
    readings: dict[str, Any] = {}
    with billing(10, postgresql=True) as environment:
        db.session.execute(text("CREATE TABLE bench_entry (id bigserial PRIMARY KEY, note text)"))
        db.session.commit()
        readings["fsync"] = db.session.scalar(text("SHOW fsync"))
        db.session.rollback()
        for processes in chosen.processes:
            for name, chained in (("with the chain", True), ("without", False)):
                with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
                    tasks = [pool.submit(write, environment, chained, chosen.seconds) for _number in range(processes)]
                    rate = sum(task.result() for task in tasks) / chosen.seconds
                readings[f"{processes * THREADS} writers {name}, per second"] = round(rate)
        entries, broken = audit.verify(db.session())
        readings["entries"], readings["chain is whole"] = entries, broken is None
        for name, reading in readings.items():
            print(f"{name}: {reading}")
        keep("audit_chain", readings)


if __name__ == "__main__":
    main()
