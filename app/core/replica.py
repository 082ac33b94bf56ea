"""Heavy reading beside the work of the day: reports, figures and exports go to a read replica where there is one.

A replica is some moments behind. What reads here bears that; lists and forms, on which people look for what they have
just written, do not, and stay with the primary.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core.db import db, reading

log = structlog.get_logger()

BIND = "replica"
REST = 30.0
"""Seconds for which a replica that did not answer is not asked again."""


class Replica:
    """The copy that is only read from, as long as it answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._rests_until = 0.0

    def session(self) -> Session | None:
        """A session on it; None when it does not answer, or did not a moment ago."""
        if time.monotonic() < self._rests_until:
            return None
        session = Session(self.engine)
        try:
            session.connection()
        except OperationalError as error:
            session.close()
            self._rests_until = time.monotonic() + REST
            log.warning("replica does not answer", error=type(error).__name__)
            return None
        return session


def configured() -> Replica | None:
    """The application's replica, if it has one."""
    found: Replica | None = current_app.extensions.get("replica")
    return found


@contextmanager
def apart() -> Iterator[Session]:
    """A session for reading much, which may be some moments behind; what comes of it is not written back."""
    replica = configured()
    session = replica.session() if replica else None
    with reading():
        if session is None:
            yield db.session()
        else:
            with session:
                yield session


def init_app(app: Flask) -> None:
    """Take the configured replica into use; inside an application context."""
    if BIND in db.engines:
        app.extensions["replica"] = Replica(db.engines[BIND])
