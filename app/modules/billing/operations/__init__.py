"""What can happen in billing; each subject in a file, what other modules use is named here."""

from sqlalchemy.orm import Session

from app.modules.billing.operations import charges, dunning
from app.modules.billing.operations.charges import charge, void

__all__ = ("charge", "install", "void")


def install(session: Session) -> None:
    """Add the rows that billing ships with and that are not there: fee items, the dunning ladder."""
    charges.install(session)
    dunning.install(session)
