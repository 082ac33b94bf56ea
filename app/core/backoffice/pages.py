"""Free pages of the back office: a class per subject, each page with the right that it needs."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import get_template_attribute, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.core import rights
from app.core.db import reading

Handler = Callable[..., Any]


class PageView(BaseView):
    """Base of a module's pages that are no CRUD screen; listed in ``Module.views``.

    ``area`` is the row of the permission matrix; ``title`` and ``icon`` are what the menu shows
    (``menu = False``: nothing).
    """

    area: str
    title: str
    icon: str = "fa-file-lines"
    menu: bool = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "area" in cls.__dict__:
            cls.class_permission_name = cls.area


def to_sign_in() -> Response:
    """To the sign-in page, and from there back to what was asked for; a form that was sent is not sent again."""
    back = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("SignInView.login", next=back))


def undoable(done: str, address: str, **fields: str) -> Markup:
    """The message that says what was done, with a button that takes it back: a POST of ``fields`` to ``address``."""
    message: Markup = get_template_attribute("backoffice/_cells.html", "undoable")(done, address, fields)
    return message


def page(path: str, *, action: str = "view", methods: Sequence[str] = ("GET",)) -> Callable[[Handler], Handler]:
    """Declare a page under the view's ``route_base`` and the right it needs in the view's area.

    Nobody signed in: to the sign-in page. Without the right: as absent. A GET only reads.
    """

    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(self: PageView, *args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return to_sign_in()
            rights.require(self.area, action)
            if request.method in ("GET", "HEAD"):
                with reading():
                    return handler(self, *args, **kwargs)
            return handler(self, *args, **kwargs)

        guarded._permission_name = action  # type: ignore[attr-defined]
        return expose(path, methods=tuple(methods))(guarded)

    return declare


def staff_page(path: str, *, methods: Sequence[str] = ("GET",)) -> Callable[[Handler], Handler]:
    """Declare a page that every signed-in member of staff may open, whatever their rights. A GET only reads."""

    def declare(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(self: BaseView, *args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return to_sign_in()
            if request.method in ("GET", "HEAD"):
                with reading():
                    return handler(self, *args, **kwargs)
            return handler(self, *args, **kwargs)

        return expose(path, methods=tuple(methods))(guarded)

    return declare
