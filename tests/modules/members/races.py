"""Several people at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from app.core.db import db, transaction
from app.core.errors import DomainError

AT_ONCE = 6


def race(app: Flask, work: Callable[[int], Any], workers: int = AT_ONCE) -> list[Any]:
    """Run ``work(n)`` in as many threads, each in a context and transaction of its own; results or DomainErrors."""
    start = Barrier(workers)

    def run(n: int) -> Any:
        with app.test_request_context():
            start.wait()
            try:
                with transaction():
                    return work(n)
            except DomainError as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))
