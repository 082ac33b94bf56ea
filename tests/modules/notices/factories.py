"""Notices for tests."""

from typing import Any

from sqlalchemy.orm import Session

from app.modules.notices import operations
from app.modules.notices.models import Notice


def make_notice(session: Session, *, published: bool = True, **values: Any) -> Notice:
    """A notice for everybody, published now unless ``published`` is False."""
    notice = operations.save(session, None, {"title": "停水通知", "body": "<p>今晚停水</p>", **values})
    return operations.publish(session, notice) if published else notice
