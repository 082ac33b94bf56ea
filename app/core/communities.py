"""The communities by name, for choices in pages of the core: the module that keeps them says who they are."""

from collections.abc import Callable, Sequence

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import rights

Lister = Callable[[Session], Sequence[tuple[int, str]]]


def set_communities(app: Flask, lister: Lister) -> None:
    """Say who lists (id, name) of all communities, in the order in which they are shown."""
    app.extensions["communities"] = lister


def named_communities(session: Session) -> list[tuple[int, str]]:
    """Those in the signed-in person's data scope."""
    lister: Lister = current_app.extensions["communities"]
    scope = rights.communities()
    return [(number, name) for number, name in lister(session) if scope is None or number in scope]


def in_words(session: Session, ids: Sequence[int] | None) -> str:
    """The communities by name for the head of a report; None: all of them."""
    if ids is None:
        return _("全部园区")
    lister: Lister = current_app.extensions["communities"]
    names = [name for number, name in lister(session) if number in set(ids)]
    return "、".join(names[:5]) + (_("等 %(n)s 个园区", n=len(names)) if len(names) > 5 else "")
