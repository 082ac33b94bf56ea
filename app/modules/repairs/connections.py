"""What this module hears from those below it."""

from flask import Flask

from app.modules.billing.signals import bill_reopened, bill_settled, bill_voided
from app.modules.members.signals import member_erased
from app.modules.repairs.operations import fees, reporting


def connect(_app: Flask) -> None:
    """Follow the bills of repairs, and let go of who has left; connecting twice is once."""
    bill_settled.connect(fees.on_settled)
    bill_reopened.connect(fees.on_reopened)
    bill_voided.connect(fees.on_voided)
    member_erased.connect(reporting.forget)
