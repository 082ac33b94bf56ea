"""The languages of gates: each module reads what a device sends and writes what it understands, and decides nothing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reading:
    """What a device read. ``serial`` is its own number for the event, ``at`` when by its clock, where it says so."""

    code: str
    serial: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """What the device is to do; ``text`` for its display."""

    allow: bool
    text: str
