"""The search box in the header: one question, all modules, each record only as its own screen would show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import jsonify, render_template, request
from flask_appbuilder import BaseView
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import limits, rights
from app.core.backoffice import record_page, screens
from app.core.backoffice.elements import Shown
from app.core.backoffice.pages import staff_page
from app.core.db import db, reading
from app.core.module import registry
from app.core.search import LONGEST, Searched, matching

SHOWN_IN_BOX, SHOWN_ON_PAGE = 5, 30
LIMIT = "120/minute"


@dataclass(frozen=True)
class Hit:
    """One record that was found."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """What was found on one screen; ``more``: there is more than is shown."""

    title: str
    icon: str
    hits: list[Hit]
    more: bool


class SearchView(BaseView):
    """What was typed travels in the body, so that names and numbers of people stand in no address and no log."""

    route_base = "/system/search"
    default_view = "show"

    @staff_page("/")
    def show(self) -> str:
        """An empty search page, for browsers without scripts and for those who come back."""
        return render_template("backoffice/search.html", text="", groups=[])

    @staff_page("/", methods=("POST",))
    def find(self) -> str | Response:
        """What was found: a page, or JSON for the box."""
        limits.spend(LIMIT, "search", str(current_user.id))
        text = " ".join(request.form.get("q", "").replace("\0", "").split())[:LONGEST]
        boxed = request.accept_mimetypes.best == "application/json"
        with reading():
            groups = list(search(db.session(), text, SHOWN_IN_BOX if boxed else SHOWN_ON_PAGE))
            if not boxed:
                return render_template("backoffice/search.html", text=text, groups=groups)
        return jsonify(
            groups=[
                {"title": group.title, "more": group.more,
                 "hits": [{"title": hit.title, "detail": hit.detail, "url": hit.url} for hit in group.hits]}
                for group in groups
            ]
        )  # fmt: skip


def search(session: Session, text: str, most: int) -> Iterable[Group]:
    """What the signed-in person may see that is called ``text``, screen by screen; two letters at least."""
    if len(text) < 2:
        return
    for searched in (one for module in registry() for one in module.search):
        screen = screens.screen_of(searched.view)
        if screen is None or not rights.can(screen.area, "view"):
            continue
        records = _records(session, searched, screen, text, most + 1)
        if records:
            shown = [Shown(name, "", screen._attribute(name)) for name in searched.detail]
            values, names = record_page.gather(session, records[:most], shown)
            hits = [
                Hit(screen.describe(record),
                    " · ".join(cell.text for part in shown
                               if (cell := screen.cell(part, record, values, names)).text),
                    screen.url("show", pk=record.id))
                for record in records[:most]
            ]  # fmt: skip
            yield Group(screen.title, screen.icon, hits, len(records) > most)


def _records(session: Session, searched: Searched, screen: Any, text: str, most: int) -> list[Any]:
    """Each record once, by whichever way it was found first."""
    found: dict[int, Any] = {}
    attributes = [screen._attribute(name) for name in searched.detail]
    options = [*screen.loaders(attributes), *screens.describing(screen.model)]
    for query in matching(session, searched, text, screen.scoped()):
        for record in session.scalars(query.options(*options).limit(most)):
            found.setdefault(record.id, record)
    return list(found.values())[:most]
