"""Which found thing may be which lost one: by category, place, time and words.

Words are compared by their pairs of neighbouring characters (bigrams), which needs no dictionary of Chinese.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.modules.lost_found.models import FOUND, LOST, PUBLISHED, LostFoundItem

WINDOW = timedelta(days=45)
EARLIER = timedelta(days=2)
"""People misremember the day: what was found may have been found a little before it was missed."""
CONSIDERED, SHOWN = 300, 5
ENOUGH = 0.45
CATEGORY, WORDS, PLACE, TIME = 0.35, 0.35, 0.2, 0.1

_PLAIN = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")


@dataclass(frozen=True)
class Match:
    """Another item, and how alike they are, from 0 to 1."""

    item: LostFoundItem
    score: float

    @property
    def percent(self) -> int:
        return round(self.score * 100)


def bigrams(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of each run of letters, digits and Chinese; one alone counts too."""
    found: set[str] = set()
    for run in _PLAIN.split(text.lower()):
        found.update(run[n : n + 2] for n in range(max(len(run) - 1, 1)) if run)
    return frozenset(found)


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of the shorter text stands in the other, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 0.0


def score(lost: LostFoundItem, found: LostFoundItem) -> float:
    """How alike a lost and a found item are, from 0 (not at all, or impossible by its day) to 1."""
    apart = found.happened_on - lost.happened_on
    if not -EARLIER <= apart <= WINDOW:
        return 0.0
    words = max(
        overlap(bigrams(lost.title), bigrams(found.title)),
        overlap(bigrams(lost.title), bigrams(f"{found.title} {found.description}")),
        overlap(bigrams(found.title), bigrams(f"{lost.title} {lost.description}")),
    )
    near = 1 - max(apart.days, 0) / WINDOW.days
    return (
        CATEGORY * (lost.category == found.category)
        + WORDS * words
        + PLACE * overlap(bigrams(lost.place), bigrams(found.place))
        + TIME * near
    )


def matches(session: Session, item: LostFoundItem) -> list[Match]:
    """The published items of the other kind in the same community that are alike enough, the best first."""
    other, first, last = (
        (FOUND, item.happened_on - EARLIER, item.happened_on + WINDOW)
        if item.kind == LOST
        else (LOST, item.happened_on - WINDOW, item.happened_on + EARLIER)
    )
    candidates = session.scalars(
        select(LostFoundItem)
        .where(
            LostFoundItem.kind == other,
            LostFoundItem.community_id == item.community_id,
            LostFoundItem.state == PUBLISHED,
            LostFoundItem.happened_on.between(first, last),
        )
        .order_by(LostFoundItem.happened_on.desc(), LostFoundItem.id.desc())
        .limit(CONSIDERED)
    )
    pairs = ((one, score(item, one) if item.kind == LOST else score(one, item)) for one in candidates)
    alike = [Match(one, value) for one, value in pairs if value >= ENOUGH]
    return sorted(alike, key=lambda match: (-match.score, -match.item.id))[:SHOWN]
