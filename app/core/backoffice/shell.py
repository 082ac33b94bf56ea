"""What surrounds every page: the menu of what one may see, and error pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.core import rights
from app.core.api.problem import CODES, problem, problem_of
from app.core.backoffice.sessions import act_as_staff, act_as_visitor
from app.core.db import db, reading
from app.core.errors import DomainError, TooManyRequests
from app.core.logs import log
from app.core.module import Module, registry

MESSAGES = {
    400: "请求有误，请返回重试",
    401: "请先登录",
    403: "没有权限执行此操作",
    404: "页面不存在，或您没有查看的权限",
    405: "不支持这样的请求方式",
    413: "上传的内容过大",
    415: "不支持的内容类型",
    429: "操作过于频繁，请稍后再试",
    500: "系统出现错误，操作没有完成",
    503: "服务暂时不可用，请稍后再试",
}

REPORTS = Module("reports", "统计报表", "fa-chart-column")
"""The group of the menu that holds the reports of all modules."""
BEFORE_PASSWORD_CHANGE = ("AccountView.password", "SignInView.logout")


@dataclass(frozen=True)
class MenuItem:
    """One line of the sidebar."""

    title: str
    icon: str
    url: str
    active: bool


def init_app(app: Flask) -> None:
    """Register the menu, who acts, and the error pages."""
    app.context_processor(lambda: {"sidebar": sidebar, "person": _shown_person, "scope": _scope})
    app.before_request(_identify)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)


def _shown_person() -> Any:
    """Whose menu surrounds the page; None on pages that stand alone."""
    return current_user if not g.get("bare") and current_user.is_authenticated else None


def _scope() -> str:
    """Which communities the signed-in person works for."""
    with reading():
        scope = rights.communities()
    return _("全部园区") if scope is None else _("%(n)s 个园区", n=len(scope))


def sidebar() -> list[tuple[Module, list[MenuItem]]]:
    """The modules with their screens that the signed-in person may view; none while the initial password stands."""
    found: list[tuple[Module, list[MenuItem]]] = []
    with reading():
        if _must_change_password():
            return []
        for module in registry():
            found.append((module, _items(view for view in module.views if getattr(view, "menu", True))))
        found.append((REPORTS, _items(current_app.extensions["report_pages"])))
    return [(module, items) for module, items in found if items]


def _items(views: Iterable[Any]) -> list[MenuItem]:
    return [
        MenuItem(view.title, view.icon, address, _is_current(address))
        for view in views
        if rights.can(view.area, "view")
        for address in [url_for(f"{view.__name__}.{view.default_view}")]
    ]


def _is_current(address: str) -> bool:
    return request.path == address or request.path.startswith(address.rstrip("/") + "/")


def _identify() -> Response | None:
    act_as_visitor()
    if request.path.startswith(("/static/", "/api/", "/healthz", "/readyz")):
        return None
    with reading():
        if not current_user.is_authenticated:
            return None
        act_as_staff(current_user)
        if _must_change_password() and request.endpoint not in BEFORE_PASSWORD_CHANGE:
            return redirect(url_for("AccountView.password"))
    if request.method not in ("GET", "HEAD"):
        db.session.rollback()  # what only read is over: the handler's transaction may write
    return None


def _must_change_password() -> bool:
    account = g.get("staff_account")
    return account is not None and account.must_change_password


def _expired(_error: CSRFError) -> Response:
    return _answer(400, _("页面已过期，请返回刷新后重新提交"))


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    allowed = error.get_response().headers.get("Allow")
    return _answer(error.code, _(MESSAGES.get(error.code, MESSAGES[400])), allowed)


def _domain(error: DomainError) -> Response:
    db.session.rollback()
    if request.path.startswith("/api/"):
        return problem_of(error)
    response = _answer(error.status, error.message)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _busy(error: OperationalError) -> Response:
    """The database is locked for too long, or away: nothing was done, and trying again may work."""
    db.session.rollback()
    log.error("database", exc_info=error)
    response = _answer(503, _("系统繁忙，请稍后再试"))
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    db.session.rollback()
    log.error("unexpected", exc_info=error)
    return _answer(500, _(MESSAGES[500]))


def _answer(status: int, message: str, allow: str | None = None) -> Response:
    response: Response
    if request.path.startswith("/api/"):
        response = problem(status, CODES.get(status, f"http_{status}"), message)
    else:
        g.bare = status >= 500  # the menu asks the database, which may be what is broken
        with reading():
            body = render_template(
                "backoffice/error.html", status=status, message=message, request_id=g.get("request_id", "")
            )
        response = Response(body, status, content_type="text/html; charset=utf-8")
    if allow:
        response.headers["Allow"] = allow
    return response
