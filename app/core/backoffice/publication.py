"""Screens of what is published for a time: its state as the clock makes it."""

from typing import Any

from app.core import publishing
from app.core.backoffice.cells import TONE_OF, Cell

TONES = {**TONE_OF, publishing.SCHEDULED: "amber", publishing.EXPIRED: "grey"}


def phase_cell(record: Any) -> Cell:
    """Draft, waiting for its moment, to be seen now, over, taken down."""
    phase = publishing.phase(record)
    return Cell(publishing.PHASES.get(phase) or type(record).flow.title(phase), "badge", TONES.get(phase, "grey"))
