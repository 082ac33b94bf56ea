"""Doing what bulk actions wait for, and no timed job beside it."""

from flask import Flask
from sqlalchemy import select

from app.core.backoffice.bulk_work import WORK
from app.core.db import db
from app.core.jobs import runner
from app.core.jobs.models import WAITING, OutboxEntry


def work_off(app: Flask, pieces: int = 100) -> None:
    """Up to so many pieces of the work."""
    waiting = select(OutboxEntry.id).where(OutboxEntry.kind == WORK, OutboxEntry.state == WAITING)
    with app.app_context():
        for _piece in range(pieces):
            number = db.session.scalar(waiting.order_by(OutboxEntry.id))
            db.session.rollback()
            claimed = runner.claim(number) if number is not None else None
            if claimed is None:
                break
            runner.run(claimed)
        db.session.remove()
