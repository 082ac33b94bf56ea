"""Asking for work, and what work can be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.core import clock
from app.core.jobs.models import WAITING, OutboxEntry

Payload = Mapping[str, Any]
Handler = Callable[[Session, Payload], None]


@dataclass(frozen=True)
class Outside:
    """Work that speaks with an outside party, which no transaction waits for.

    ``prepare`` reads what is needed (None: nothing to do any more), ``call`` speaks with no transaction open, and
    must bear being repeated, ``record`` writes the outcome and ends the work in one transaction.
    """

    prepare: Callable[[Session, Payload], Any]
    call: Callable[[Any], Any]
    record: Callable[[Session, Payload, Any], None]


@dataclass(frozen=True)
class Job:
    """One kind of work, as a module declares it: how staff read it in the list of jobs, and what is done."""

    title: str
    work: Handler | Outside


@dataclass(frozen=True)
class Timed:
    """Work at set times: every so many minutes, or daily at ``HH:MM`` Asia/Shanghai. ``kind`` names its job."""

    kind: str
    every_minutes: int = 0
    daily_at: str = ""

    def slot(self, now: datetime) -> datetime:
        """The latest moment up to ``now`` at which the work was due; a missed one is caught up once."""
        local = clock.local(now)
        if self.every_minutes:
            minutes = (local.hour * 60 + local.minute) // self.every_minutes * self.every_minutes
            return local.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)
        at = datetime.combine(local.date(), time.fromisoformat(self.daily_at), clock.SHANGHAI)
        return at if at <= local else at - timedelta(days=1)


def put(session: Session, kind: str, payload: Payload, run_at: datetime | None = None) -> OutboxEntry:
    """Ask for work in this transaction: it is done if and only if the transaction commits.

    ``payload`` holds ids and plain JSON, never personal data. Raises TypeError for anything else.
    """
    entry = OutboxEntry(
        kind=kind,
        payload=msgspec.to_builtins(dict(payload), builtin_types=()),
        state=WAITING,
        due_at=run_at or clock.now(),
    )
    session.add(entry)
    return entry
