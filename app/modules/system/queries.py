"""Counts that the dashboard shows."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.jobs.models import DEAD, OutboxEntry


def count_dead_jobs(session: Session) -> int:
    """Background work that was given up and waits for somebody to look."""
    return session.scalar(select(func.count()).where(OutboxEntry.state == DEAD)) or 0
