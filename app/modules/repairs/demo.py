"""Work orders of the demonstration park."""

from sqlalchemy.orm import Session


def fill(session: Session) -> None:
    """Later."""
