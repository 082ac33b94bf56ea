"""What the core asks of this module."""

from collections.abc import Sequence

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.communities import set_communities
from app.modules.estate.models import Community


def connect(app: Flask) -> None:
    """Tell the core which communities there are."""
    set_communities(app, _communities)


def _communities(session: Session) -> Sequence[tuple[int, str]]:
    return session.execute(select(Community.id, Community.name).order_by(Community.id)).tuples().all()
