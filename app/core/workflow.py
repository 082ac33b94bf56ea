"""A state machine as a table of moves, guarded in SQL.

Two people who press at once cannot both win: a move is ``UPDATE … WHERE id = ? AND state IN (…)`` and
counts the rows. Each move is one audit entry. The back office makes a button of it, the API an endpoint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import inspect, update
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.db import execute
from app.core.errors import Conflict

R = TypeVar("R")
DESTROYS = "不能恢复"
"""How the words that ask name what destroys something, unlike what merely cannot be called back (不能撤回)."""


@dataclass(frozen=True)
class Move:
    """One named step: from which states, to which, what it is called, and the right that staff need for it."""

    source: tuple[str, ...]
    target: str
    title: str
    right: str = "edit"
    confirm: str = ""
    """What it will do, in a sentence that stands on the page that asks; a move that a screen offers must have it."""
    undo: str = ""
    """The move that takes it back, offered for some minutes to who made it; "" where there is none."""

    @property
    def destroys(self) -> bool:
        return DESTROYS in self.confirm


class Workflow:
    """The moves of one record class over its state column.

    ``states`` maps each state to its Chinese name. Unknown states in a move raise at import.
    """

    def __init__(self, states: Mapping[str, str], *, field: str = "state", **moves: Move) -> None:
        self.states = dict(states)
        self.field = field
        self.moves = moves
        for name, move in moves.items():
            unknown = {*move.source, move.target} - self.states.keys()
            if unknown:
                raise LookupError(f"move {name!r} names unknown states {sorted(unknown)}")
            if move.undo and (move.undo not in moves or move.target not in moves[move.undo].source):
                raise LookupError(f"move {name!r} cannot be taken back by {move.undo!r}")

    def title(self, state: str) -> str:
        """The Chinese name of a state."""
        return self.states[state]

    def open_moves(self, record: Any) -> dict[str, Move]:
        """The moves that the record's present state allows, by name."""
        state = getattr(record, self.field)
        return {name: move for name, move in self.moves.items() if state in move.source}

    def apply(self, session: Session, record: R, name: str, *conditions: Any, **values: Any) -> R:
        """Make the move and set ``values`` in the same statement; further ``conditions`` guard it.

        Raises Conflict, with who was faster, when the record is no longer in a state that allows it.
        """
        record_id: int = inspect(record).identity[0]
        session.flush()
        before = {key: getattr(record, key) for key in (self.field, *values)}
        done = self.advance(session, type(record), record_id, name, *conditions, **values)
        session.refresh(record)
        if not done:
            raise Conflict(self.refusal(session, record, self.moves[name]), code="wrong_state")
        audit.record(
            session,
            name,
            record,
            {key: [before[key], getattr(record, key)] for key in (self.field, *values)},
        )
        return record

    def advance(self, session: Session, model: Any, record_id: int, name: str, *conditions: Any, **values: Any) -> bool:
        """The guarded statement alone, for steps whose lasting record is another (a passage); whether it happened."""
        move = self.moves[name]
        done = execute(
            session,
            update(model)
            .where(model.id == record_id, getattr(model, self.field).in_(move.source), *conditions)
            .values({self.field: move.target, "updated_at": clock.now(), **values}),
        )
        return done == 1

    def refusal(self, session: Session, record: Any, move: Move) -> str:
        """Why the move is not possible now: the present state, and who brought it there."""
        state = self.title(getattr(record, self.field))
        last = audit.last(session, record)
        if last is None:
            return _("当前状态为“%(state)s”，不能%(move)s", state=state, move=move.title)
        return _(
            "当前状态为“%(state)s”（%(who)s 于 %(when)s 处理），不能%(move)s",
            state=state,
            who=last.actor_name,
            when=f"{clock.local(last.at):%Y-%m-%d %H:%M}",
            move=move.title,
        )
