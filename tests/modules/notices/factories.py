"""Notices for tests."""

from typing import Any

from sqlalchemy.orm import Session

from app.modules.notices import operations, queries
from app.modules.notices.models import Notice


def make_notice(session: Session, *, published: bool = True, **values: Any) -> Notice:
    """A notice for everybody, published now unless ``published`` is False."""
    kind = session.scalars(queries.categories().limit(1)).one()
    known = {"title": "停水通知", "category_id": kind.id, "body": "<p>今晚停水</p>"}
    notice = operations.save(session, None, {**known, **values})
    return operations.publish(session, notice) if published else notice
