"""A bill's amount in words."""

from app.core.db import yuan
from app.modules.billing.models import BillLine


def explain(line: BillLine) -> str:
    """How the amount of a line came about."""
    return str(line.snapshot.get("explanation") or f"{line.title} = {yuan(line.amount_fen)}")
