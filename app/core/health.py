"""``/healthz``: the process answers. ``/readyz``: it can do its work, and how the jobs stand."""

from datetime import timedelta

from flask import Flask, Response, jsonify
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.db import db, reading
from app.core.jobs.models import WAITING, OutboxEntry

LATE = timedelta(minutes=5)
"""Work that has been due for longer means that no dispatcher is at work, or too few."""


def init_app(app: Flask) -> None:
    """Register both addresses."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> Response:
    """The process is alive; touches nothing else."""
    return jsonify(status="ok")


def readyz() -> tuple[Response, int]:
    """Whether the database answers and has the schema; ``jobs`` is ``late`` when due work is left lying.

    Late jobs do not make a web node unready: it would take no request more for them.
    """
    try:
        with reading():
            db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            overdue = OutboxEntry.due_at < clock.now() - LATE
            late = db.session.scalar(select(OutboxEntry.id).where(OutboxEntry.state == WAITING, overdue).limit(1))
        return jsonify(status="ok", database="ok", jobs="late" if late else "ok"), 200
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="failed"), 503
