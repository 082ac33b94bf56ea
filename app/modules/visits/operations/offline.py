"""Gates without network: what they take along to decide alone, and what they bring back afterwards.

Two gates that are offline cannot know of each other: a pass may open both. What they uploaded is booked as far as it
can be, and each passage that we, knowing all, would have refused is kept with the reason for the property to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.modules.visits.models import AccessPass, Gate, Passage
from app.modules.visits.models.passages import ALLOWED, CLOCK, OUTCOMES
from app.modules.visits.models.visits import REDEEMED, REVOKED
from app.modules.visits.operations import gates, redeeming

MOST_LISTED = 50_000


@dataclass(frozen=True)
class Told:
    """One scan of an offline gate: its own number, the text, when, and what it answered."""

    serial: str
    code: str
    scanned_at: datetime
    outcome: str


def dead_passes(session: Session, gate: Gate) -> list[str]:
    """The codes of passes in the gate's group that are not over but open nothing any more: used up, or taken back."""
    query = (
        select(AccessPass.code)
        .where(AccessPass.group_id == gate.group_id, AccessPass.ends_at > clock.now(),
               AccessPass.state.in_((REVOKED, REDEEMED)))
        .order_by(AccessPass.ends_at.desc())
        .limit(MOST_LISTED)
    )  # fmt: skip
    return list(session.scalars(query))


def take(session: Session, gate: Gate, told: Sequence[Told]) -> list[str | None]:
    """Book what a gate did on its own; for each scan the reason of a conflict, or None. Sent again it changes nothing.

    Raises Invalid for an outcome that does not exist.
    """
    gates.seen(session, gate)
    return [_take(session, gate, one) for one in told]


def _take(session: Session, gate: Gate, told: Told) -> str | None:
    if told.outcome not in OUTCOMES:
        raise Invalid.field("outcome", _("未知的核验结果：%(outcome)s", outcome=told.outcome))
    known = select(Passage.conflict).where(Passage.gate_id == gate.id, Passage.serial == told.serial)
    before = session.execute(known).one_or_none()
    if before is not None:
        return before[0]
    now = clock.now()
    conflict, access = None, None
    if told.outcome == ALLOWED:
        if told.scanned_at > now + redeeming.CLOCK_PATIENCE:
            conflict = CLOCK
        else:
            outcome, access = redeeming.decide(session, gate, told.code, told.scanned_at)
            conflict = None if outcome == ALLOWED else outcome
    at = min(told.scanned_at, now)
    new = redeeming.record(session, gate, told.serial, at, told.outcome, access, conflict=conflict, offline=True)
    if new and told.outcome == ALLOWED and access is not None and conflict is None:
        redeeming.follow(session, gate, access, at)
    return conflict
