"""Residents at work: each writes complaints through the balancer and remembers what was acknowledged.

A write that failed is sent again under its idempotency key, as the phone does, so that it must be there once.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.db import db, reading
from app.core.jobs import put
from app.core.jobs.models import DONE, OutboxEntry
from app.modules.feedback.models import Feedback
from app.modules.members.models import CustomerMember
from deploy.drills.stage import Stage
from tests.factories import make_customer, make_occupancy, make_unit

RESIDENTS = 6
PAUSE = 0.05
SLOW = 2.0
PATIENCE = 30
LATE = timedelta(seconds=5)


@dataclass
class Load:
    """What the residents saw."""

    stage: Stage
    acknowledged: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Of each write that was answered with 201, by its text: the id, and when the answer came."""
    troubles: list[tuple[float, str]] = field(default_factory=list)
    """When a request ended that failed or took long, and how."""
    requests: int = 0
    failed: int = 0
    slowest: float = 0.0
    """Seconds of the longest request."""

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.marked = time.monotonic()
        answer = requests.post(f"{self.stage.address}/api/v1/auth/wechat", json={"code": "dev-drill"}, timeout=PATIENCE)
        answer.raise_for_status()
        _move_in(self.stage, int(answer.json()["member"]["id"]))
        self._headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        types = requests.get(f"{self.stage.address}/api/v1/feedback-types", headers=self._headers, timeout=PATIENCE)
        self._type = types.json()["items"][0]["id"]
        self._threads = [threading.Thread(target=self._live, daemon=True) for _ in range(RESIDENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No new writes; those under way come to their end."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def mark(self) -> None:
        """The harm is done now, or is over now: from here recovery counts."""
        self.marked = time.monotonic()

    def recovery(self) -> float:
        """Seconds from the mark to the end of the last request that failed or was slow; 0: nobody noticed."""
        return max((at - self.marked for at, _how in self.troubles if at >= self.marked), default=0.0)

    def kinds(self) -> list[str]:
        """How requests ended that failed or were slow."""
        return sorted({how for _at, how in self.troubles})

    def _live(self) -> None:
        while not self._over.is_set():
            text, key = f"演练 {uuid.uuid4()}", uuid.uuid4().hex
            given_up = time.monotonic() + PATIENCE * 4
            while time.monotonic() < given_up and not self._write(text, key):
                time.sleep(0.2)
            time.sleep(PAUSE)

    def _write(self, text: str, key: str) -> bool:
        begun = time.monotonic()
        try:
            answer = requests.post(
                f"{self.stage.address}/api/v1/feedback",
                json={"kind": "complaint", "type_id": self._type, "content": text},
                headers={**self._headers, "Idempotency-Key": key},
                timeout=PATIENCE,
            )
            how, made = str(answer.status_code), answer.json() if answer.status_code == 201 else {}
        except (requests.RequestException, ValueError) as error:
            how, made = type(error).__name__, {}
        ended = time.monotonic()
        with self._lock:
            self.requests += 1
            self.slowest = max(self.slowest, ended - begun)
            if made:
                self.acknowledged[text] = int(made["id"]), clock.now()
            else:
                self.failed += 1
            if not made or ended - begun > SLOW:
                self.troubles.append((ended, how))
        return bool(made)

    def lost(self, until: datetime | None = None, **settings: Any) -> int:
        """How many acknowledged writes (``until`` a moment) are not there, are there twice, or say something else.

        ``settings`` lead to another database than the stage's.
        """
        with self.stage.application(**settings), reading():
            there = dict(db.session.execute(select(Feedback.id, Feedback.content)).tuples().all())
            doubled = db.session.scalar(
                select(func.count()).select_from(
                    select(Feedback.content).where(Feedback.content.like("演练 %")).group_by(Feedback.content)
                    .having(func.count() > 1).subquery()
                )
            )  # fmt: skip
        missing = sum(
            there.get(number) != text
            for text, (number, at) in self.acknowledged.items()
            if until is None or at <= until
        )
        return missing + (doubled or 0)


def _move_in(stage: Stage, member_id: int) -> None:
    """Make a member one who lives here."""
    with stage.application():
        session = db.session()
        if session.scalar(select(CustomerMember.id).where(CustomerMember.member_id == member_id)) is None:
            customer, unit = make_customer(session), make_unit(session)
            make_occupancy(session, customer, unit)
            session.add(CustomerMember(customer_id=customer.id, member_id=member_id))
            session.commit()


class Errands(threading.Thread):
    """Background work that comes in at a steady pace, and a look at what is late."""

    def __init__(self, stage: Stage, every_seconds: float = 0.1) -> None:
        super().__init__(name="errands", daemon=True)
        self.stage, self.every_seconds = stage, every_seconds
        self.asked = self.undone = 0
        self.late_at = 0.0
        """When something was last seen that had been due for ``LATE`` or longer."""
        self._enough, self._over = threading.Event(), threading.Event()

    def run(self) -> None:
        """Ask until ``stop``, then watch until all is done; work that could not be asked for was not acknowledged."""
        with self.stage.application():
            while not self._over.wait(self.every_seconds):
                try:
                    if not self._enough.is_set():
                        put(db.session(), "media.sweep", {"drill": self.asked})
                        db.session.commit()
                        self.asked += 1
                    self._look()
                except SQLAlchemyError:  # the database is away: that is what is being rehearsed
                    db.session.rollback()

    def _look(self) -> None:
        due = select(OutboxEntry.due_at).where(OutboxEntry.state != DONE, OutboxEntry.due_at <= clock.now())
        with reading():
            moments = db.session.scalars(due).all()
            db.session.rollback()
        self.undone = len(moments)
        if any(clock.now() - moment > LATE for moment in moments):
            self.late_at = time.monotonic()

    def stop(self, patience: float = 90) -> None:
        """Ask for nothing more and wait until everything is done."""
        self._enough.set()
        given_up = time.monotonic() + patience
        time.sleep(1)
        while self.undone and time.monotonic() < given_up:
            time.sleep(0.2)
        self._over.set()
        self.join(PATIENCE)
