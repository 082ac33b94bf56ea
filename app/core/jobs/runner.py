"""Doing the work: claim with a lease, run, and end it together with its effect.

The effect and ``done`` are one transaction under the row's guard, so a second run of the same entry changes
nothing; a process that dies leaves a lease that runs out and is claimed again.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement, Update, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import clock, sentry, settings
from app.core.audit import SYSTEM, act_as
from app.core.db import conflict_insert, db, execute, reading, transaction
from app.core.jobs.models import DEAD, DONE, RUNNING, WAITING, JobRun, OutboxEntry
from app.core.jobs.outbox import Outside, Timed, put
from app.core.logs import frames
from app.core.module import registry

LEASE = timedelta(seconds=45)
"""How long after the death of its process an entry is taken up again; a living process extends it."""
MOST_ATTEMPTS = 5
DELAYS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
SLOTS_KEPT = timedelta(days=31)

log = structlog.get_logger("jobs")


class GoneError(Exception):
    """The entry is no longer ours: the lease ran out and somebody else has it."""


@dataclass(frozen=True)
class Claim:
    """An entry that is ours to do while the lease lasts; ``attempt`` tells this claim from every other."""

    entry_id: int
    kind: str
    payload: dict[str, Any]
    attempt: int

    def ours(self) -> Update:
        """The update of the entry if nobody has claimed it since."""
        return update(OutboxEntry).where(
            OutboxEntry.id == self.entry_id, OutboxEntry.state == RUNNING, OutboxEntry.attempts == self.attempt
        )


def run_due(app: Flask, limit: int = 100, rest: Callable[[float], object] = lambda _seconds: None) -> int:
    """Start the timed jobs that are due and do up to ``limit`` waiting pieces of work; returns how many were run.

    ``rest`` is called after each with the seconds that it took.
    """
    with app.app_context():
        act_as(SYSTEM)
        tick([timed for module in registry() for timed in module.schedule])
        ran = 0
        while ran < limit:
            started = time.perf_counter()
            claimed = claim()
            if claimed is None:
                break
            run(claimed)
            ran += 1
            rest(time.perf_counter() - started)
        db.session.remove()
    return ran


def tick(schedule: Sequence[Timed]) -> None:
    """Put the work of each slot that has come and that no node has taken yet."""
    session = db.session()
    insert = conflict_insert(session, JobRun)
    now = clock.now()
    slots = {timed.kind: timed.slot(now) for timed in schedule}
    with reading():
        taken = {
            (job, slot)
            for job, slot in session.execute(
                select(JobRun.job, JobRun.slot).where(JobRun.job.in_(slots), JobRun.slot.in_(set(slots.values())))
            )
        }
        session.rollback()
    for kind, slot in slots.items():
        if (kind, slot) in taken:
            continue
        with transaction():
            won = execute(session, insert.values(job=kind, slot=slot).on_conflict_do_nothing())
            if won == 1:
                put(session, kind, {})


def due(now: datetime) -> ColumnElement[bool]:
    """Entries that somebody should do: their time has come, or whoever had them let the lease run out."""
    return or_(
        (OutboxEntry.state == WAITING) & (OutboxEntry.due_at <= now),
        (OutboxEntry.state == RUNNING) & (OutboxEntry.leased_until < now),
    )


def claim(entry_id: int | None = None) -> Claim | None:
    """Take the next due entry (or this one) for the time of a lease, or None when nothing is due."""
    session, now = db.session(), clock.now()
    candidate = select(OutboxEntry).where(due(now)).order_by(OutboxEntry.due_at, OutboxEntry.id).limit(1)
    if entry_id is not None:
        candidate = candidate.where(OutboxEntry.id == entry_id)
    with reading():
        anything = session.scalar(candidate)
        session.rollback()
    while anything is not None:
        with transaction():
            entry = session.scalar(
                candidate.with_for_update(skip_locked=True).execution_options(populate_existing=True)
            )
            if entry is None:
                return None
            claimed = Claim(entry.id, entry.kind, dict(entry.payload), entry.attempts + 1)
            if entry.state == WAITING or entry.attempts < MOST_ATTEMPTS:
                values = {"state": RUNNING, "leased_until": now + LEASE, "attempts": claimed.attempt}
            else:  # it took the process down with it each time
                values = {"state": DEAD, "leased_until": None, "finished_at": now, "error": "LeaseExpired"}
            execute(session, update(OutboxEntry).where(OutboxEntry.id == claimed.entry_id).values(values))
        if values["state"] == RUNNING:
            return claimed
    return None


def run(claimed: Claim) -> None:
    """Do one claimed entry; a failure is kept with it and tried again later, at last it is dead."""
    session = db.session()
    act_as(SYSTEM)  # the handler before may have acted for somebody
    try:
        _do(session, claimed, registry().handlers[claimed.kind])
    except GoneError:
        log.warning("lease lost", job=claimed.entry_id, kind=claimed.kind)
    except Exception as error:  # whatever a handler raises is the entry's failure, not the dispatcher's
        session.rollback()
        log.error(
            "job failed",
            job=claimed.entry_id,
            kind=claimed.kind,
            attempt=claimed.attempt,
            error=type(error).__name__,  # neither here nor in the row its text, which may hold personal data
            frames=frames(error.__traceback__),
        )
        sentry.report(error)
        _fail(session, claimed, error)


def _do(session: Session, claimed: Claim, handler: Any) -> None:
    payload = {**claimed.payload, "_job": claimed.entry_id}
    if isinstance(handler, Outside):
        with reading():
            prepared = handler.prepare(session, payload)
            session.rollback()
        with _kept(claimed):
            outcome = handler.call(prepared) if prepared is not None else None
        with transaction():
            _end(session, claimed)
            if prepared is not None:
                handler.record(session, payload, outcome)
        return
    with transaction():
        _end(session, claimed)
        handler(session, payload)


@contextmanager
def _kept(claimed: Claim) -> Iterator[None]:
    """The lease is extended while an outside party takes its time. (Work on the database needs none: there the entry
    is locked by the transaction that ends it.)"""
    app, over = current_app._get_current_object(), threading.Event()

    def extend() -> None:
        while not over.wait(LEASE.total_seconds() / 3):
            with app.app_context():
                try:
                    execute(db.session(), claimed.ours().values(leased_until=clock.now() + LEASE))
                    db.session.commit()
                except SQLAlchemyError as error:
                    log.warning("lease not extended", job=claimed.entry_id, error=type(error).__name__)
                finally:
                    db.session.remove()

    keeper = threading.Thread(target=extend, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _end(session: Session, claimed: Claim) -> None:
    """Mark the entry done, first in the transaction of its effect. Raises GoneError when it is not ours any more."""
    done = execute(session, claimed.ours().values(state=DONE, finished_at=clock.now(), leased_until=None, error=""))
    if done != 1:
        raise GoneError


def _fail(session: Session, claimed: Claim, error: Exception) -> None:
    now, dead = clock.now(), claimed.attempt >= MOST_ATTEMPTS
    with transaction():
        execute(
            session,
            claimed.ours().values(
                state=DEAD if dead else WAITING,
                due_at=now if dead else now + DELAYS[claimed.attempt - 1],  # a dead one that is retried runs at once
                leased_until=None,
                finished_at=now if dead else None,
                error=type(error).__name__,
            ),
        )


def extend_lease(session: Session, entry_id: int) -> None:
    """Say in a long job that it is still at work, in a transaction of its own (``session`` is not the job's)."""
    execute(
        session,
        update(OutboxEntry)
        .where(OutboxEntry.id == entry_id, OutboxEntry.state == RUNNING)
        .values(leased_until=clock.now() + LEASE),
    )
    session.commit()


def forget_done(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop work that was done long ago, and slots older than a month."""
    before = clock.now() - timedelta(days=settings.get("system.outbox_days"))
    execute(session, delete(OutboxEntry).where(OutboxEntry.state == DONE, OutboxEntry.finished_at < before))
    execute(session, delete(JobRun).where(JobRun.slot < clock.now() - SLOTS_KEPT))


class Dispatcher(threading.Thread):
    """A thread that does what is due, once in each serving process; claims are exclusive, so several may run."""

    def __init__(self, app: Flask, every_seconds: float = 1.0) -> None:
        super().__init__(name="dispatcher", daemon=True)
        self._app = app
        self._every_seconds = every_seconds
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until ``stop``."""
        while not self._stopping.is_set():
            try:
                ran = run_due(self._app, 10, self._rest)
            except Exception as error:  # the database may be away for a while; the thread outlives that
                log.error("dispatcher", error=type(error).__name__)
                ran = 0
            if not ran:
                self._stopping.wait(self._every_seconds)

    def _rest(self, seconds: float) -> None:
        """Requests of this process come first: many pieces of work, one after the other, take half of its time."""
        self._stopping.wait(min(seconds, self._every_seconds))

    def stop(self, seconds: float = 10.0) -> None:
        """Take no further work and wait for what is being done; what takes longer is claimed again by another."""
        self._stopping.set()
        self.join(seconds)
