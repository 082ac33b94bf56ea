"""Finding records by a part of a name: an index of letter pairs that the database keeps by itself.

``LIKE '%王伟%'`` reads every row. Here each name is kept as its pairs of letters (王伟明 → 王伟, 伟明) in
``search_gram``, and looking one up is one step into a key, on SQLite and PostgreSQL alike and without an extension.
Triggers keep the pairs, so that sheets, bulk inserts and everything else that writes a name is found at once. Of a
number that people quote by its end (a work order's) the last four to six characters are kept instead.

A table is made searchable by ``search_ddl.index_ddl`` in a migration; a test compares the triggers with what modules
declare.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, PrimaryKeyConstraint, Select, String, Table, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.core.db import BigId, db
from app.core.privacy import keyring

if TYPE_CHECKING:
    from app.core.backoffice import ModuleView

LONGEST = 64
"""Letters of a question that are looked at."""
ENDS = (4, 5, 6)
ENOUGH = 300
"""A pair that so many records have is common; which of two common ones is looked up does not matter much."""

GRAMS = Table(
    "search_gram",
    db.metadata,
    Column("kind", String(40), nullable=False),
    Column("gram", String(6), nullable=False),
    Column("record_id", BigId, nullable=False),
    PrimaryKeyConstraint("kind", "gram", "record_id"),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True)
class Searched:
    """Records that the search box in the header finds, within the right, the data scope and the masks of their screen.

    ``words``: columns with names, found by any two letters or more in a row; ``ends``: columns with numbers, found
    by their last four to six characters; both need ``index_ddl`` of the same columns. ``exact``: columns found whole
    (with an index). ``phone``: a sealed column that has ``tail`` and ``blind_index`` columns beside it, found by its
    last four digits or whole. ``detail``: attributes shown beside the title, masked as in a list.
    """

    view: "type[ModuleView]"
    words: Sequence[str] = ()
    ends: Sequence[str] = ()
    exact: Sequence[str] = ()
    phone: str = ""
    detail: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The table, by which its pairs are kept."""
        return str(self.view.model.__tablename__)


def pairs(text: str) -> list[str]:
    """The pairs of letters of a text, each once."""
    small = text.lower()
    return list(dict.fromkeys(small[n : n + 2] for n in range(len(small) - 1)))


def matching(session: Session, searched: Searched, text: str, records: Select[Any]) -> list[Select[Any]]:
    """The ways in which ``records`` (a select of the model) may be called ``text``: each a query, the newest first.

    Every one of them begins at an index. ``text`` is stripped and has two letters or more.
    """
    model, ways = searched.view.model, []
    if searched.phone and text.isascii() and text.isdigit():
        if len(text) == 4:
            ways.append(getattr(model, f"{searched.phone}_tail") == text)
        elif len(text) >= 7:
            ways.append(getattr(model, f"{searched.phone}_index") == keyring().digest(text))
    ways += [getattr(model, name).in_({text, text.upper()}) for name in searched.exact]
    found = [records.where(way).order_by(model.id.desc()) for way in ways]
    small = text.lower()
    if searched.ends and len(small) in ENDS:
        found.append(_by_gram(searched, small, records))
    rarest = _rarest(session, searched.kind, pairs(text)) if searched.words else None
    if rarest:
        query = _by_gram(searched, rarest, records)
        if len(small) > 2:
            names = [func.lower(getattr(model, name)).contains(small, autoescape=True) for name in searched.words]
            query = query.where(or_(*names))
        found.append(query)
    return found


def _by_gram(searched: Searched, gram: str, records: Select[Any]) -> Select[Any]:
    model = searched.view.model
    kept = and_(GRAMS.c.record_id == model.id, GRAMS.c.kind == searched.kind, GRAMS.c.gram == gram)
    return records.join(GRAMS, kept).order_by(GRAMS.c.record_id.desc())


def _rarest(session: Session, kind: str, grams: Sequence[str]) -> str | None:
    """The pair that the fewest records have, in one query; None when one of them nobody has."""
    if len(grams) == 1:
        return grams[0]
    counts = []
    for gram in grams[:LONGEST]:
        some = select(literal(1)).where(GRAMS.c.kind == kind, GRAMS.c.gram == gram).limit(ENOUGH).subquery()
        counts.append(select(literal(gram).label("gram"), select(func.count()).select_from(some).scalar_subquery()))
    number: dict[str, int] = {row[0]: row[1] for row in session.execute(union_all(*counts))}
    rarest = min(number, key=lambda gram: number[gram])
    return rarest if number[rarest] else None
