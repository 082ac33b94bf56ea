"""How this module hears of what billing does."""

from flask import Flask

from app.modules.billing.signals import bill_reopened, bill_settled
from app.modules.repairs.operations import fees


def connect(_app: Flask) -> None:
    """Follow the bills of repairs; connecting twice is once."""
    bill_settled.connect(fees.on_settled)
    bill_reopened.connect(fees.on_reopened)
