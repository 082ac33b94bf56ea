"""Workers behind Valkey/Redis (``JOBS=queue``): the relay says which entries are due, workers claim and do them.

The outbox stays the truth; the queue only carries ids. What was passed on is remembered in Valkey itself, so that
a queue that lost its memory is filled again at once, and an id that is carried twice is done once.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from sqlalchemy import select

from app.core import clock
from app.core.audit import SYSTEM, act_as
from app.core.db import db, reading
from app.core.jobs.models import OutboxEntry
from app.core.jobs.runner import claim, due, run, tick
from app.core.module import registry

QUEUE = "outbox"
DEEPEST = 200
"""No more ids than this wait in the queue; the others wait in the table."""
PASSED_ON = timedelta(seconds=30)
"""When an id is passed on again that nobody has claimed."""
TIMEOUT = 5.0
WORKER_SECONDS = 60
"""For so long a worker may be silent; it asks the queue in shorter rounds, so that a connection that died without a
word is noticed within that time."""

log = structlog.get_logger("jobs")


def connect(config: Mapping[str, Any]) -> "Redis":
    """The connection of this process. Raises SystemExit when none is configured."""
    if not config["REDIS_URL"]:
        raise SystemExit("请设置 REDIS_URL")
    return Redis.from_url(config["REDIS_URL"], socket_connect_timeout=TIMEOUT, health_check_interval=30)


class Relay(threading.Thread):
    """Starts the timed jobs and passes due ids on; several may run, on several nodes."""

    def __init__(self, app: Flask, every_seconds: float = 1.0) -> None:
        super().__init__(name="relay", daemon=True)
        self._app = app
        self._every_seconds = every_seconds
        self._stopping = threading.Event()
        self._redis = connect(app.config)

    def run(self) -> None:
        """Work until ``stop``."""
        while not self._stopping.is_set():
            try:
                relay(self._app, self._redis)
            except Exception as error:  # database or Valkey may be away for a while; the relay outlives that
                log.error("relay", error=type(error).__name__)
            self._stopping.wait(self._every_seconds)

    def stop(self, seconds: float = 10.0) -> None:
        """Pass nothing more on."""
        self._stopping.set()
        self.join(seconds)


def relay(app: Flask, redis: "Redis") -> int:
    """Start the timed jobs that are due and pass on the ids of due entries; returns how many."""
    queue = _queue(redis)
    with app.app_context():
        act_as(SYSTEM)
        try:
            tick([timed for module in registry() for timed in module.schedule])
            room = DEEPEST - queue.count
            if room <= 0:
                return 0
            waiting = (
                select(OutboxEntry.id, OutboxEntry.attempts)
                .where(due(clock.now()))
                .order_by(OutboxEntry.due_at, OutboxEntry.id)
                .limit(DEEPEST)
            )
            with reading():
                rows = db.session.execute(waiting).tuples().all()
                db.session.rollback()
        finally:
            db.session.remove()
    passed = 0
    for entry_id, attempts in rows:
        if passed < room and redis.set(f"outbox:{entry_id}:{attempts}", "1", nx=True, ex=PASSED_ON):
            queue.enqueue(perform, entry_id, job_timeout=-1, result_ttl=0, failure_ttl=0)
            passed += 1
    return passed


def perform(entry_id: int) -> None:
    """In a worker: do an entry, unless it was done or is being done."""
    act_as(SYSTEM)
    try:
        claimed = claim(entry_id)
        if claimed is not None:
            run(claimed)
    finally:
        db.session.remove()


def work(app: Flask) -> None:
    """Be a worker until told to stop; what it does at that moment it finishes."""
    with app.app_context():
        queues = [_queue(connect(app.config))]
        Worker(queues, serializer="json", worker_ttl=WORKER_SECONDS).work(logging_level="WARNING")


class Worker(SimpleWorker):
    """Does the work in its own process, where the application is; a failed entry is the outbox's matter."""

    max_connection_wait_time = TIMEOUT


def _queue(redis: "Redis") -> Queue:
    return Queue(QUEUE, connection=redis, serializer="json")


@dataclass(frozen=True)
class QueueState:
    """How the queue stands."""

    workers: int
    waiting: int
    text: str


def queue_state(config: Mapping[str, Any]) -> QueueState | None:
    """Ask Valkey; None when this installation does without it."""
    if config["JOBS"] != "queue":
        return None
    try:
        queue = _queue(connect(config))
        workers, waiting = Worker.count(queue=queue), queue.count
    except RedisError as error:
        return QueueState(0, 0, f"无法连接 Valkey/Redis（{type(error).__name__}）")
    return QueueState(workers, waiting, f"工作进程 {workers} 个，排队 {waiting} 个")
