"""What a gate reads and what it is told: the interface between the decision and the languages of devices."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Scan:
    """What a device read. ``serial`` is its own number for the event: sent again, it gets the same answer.
    ``scanned_at`` is by the device's clock, where it says so."""

    code: str
    serial: str = ""
    scanned_at: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """What the gate is to do; ``text`` is for its display, sixteen characters at most."""

    allow: bool
    reason: str
    text: str
