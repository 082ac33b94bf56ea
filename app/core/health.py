"""``/healthz``: the process answers. ``/readyz``: it can do its work (database, migrations)."""

from flask import Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.core.db import db, reading


def init_app(app: Flask) -> None:
    """Register both addresses."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> Response:
    """The process is alive; touches nothing else."""
    return jsonify(status="ok")


def readyz() -> tuple[Response, int]:
    """Whether the database answers and has the schema."""
    try:
        with reading():
            db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return jsonify(status="ok", database="ok"), 200
    except SQLAlchemyError:
        return jsonify(status="unavailable", database="failed"), 503
