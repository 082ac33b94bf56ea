"""What billing tells the modules above it."""

from blinker import Namespace

_signals = Namespace()

bill_settled = _signals.signal("bill_settled")
"""A bill that came of something (its ``origin`` is the sender) has just been paid in full.

Sent inside the booking transaction with ``session`` and ``bill_id``: what a receiver does is booked with it.
"""
bill_reopened = _signals.signal("bill_reopened")
"""The reverse: a refund has taken back what settled the bill. Same sender and keywords."""
bill_voided = _signals.signal("bill_voided")
"""The bill is void and nothing is owed. Same sender and keywords, and ``reason``."""
