"""What surrounds every page: the menu of what one may see, the start page, error pages."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.core import rights
from app.core.api.problem import CODES, problem, problem_of
from app.core.audit import Actor, act_as
from app.core.db import db, reading
from app.core.errors import DomainError, TooManyRequests
from app.core.logs import log
from app.core.module import Module, registry

MESSAGES = {
    400: "请求有误,请返回重试",
    401: "请先登录",
    403: "没有权限执行此操作",
    404: "页面不存在,或您没有查看的权限",
    405: "不支持这样的请求方式",
    413: "上传的内容过大",
    415: "不支持的内容类型",
    429: "操作过于频繁,请稍后再试",
    500: "系统出现错误,操作没有完成",
    503: "服务暂时不可用,请稍后再试",
}

BEFORE_PASSWORD_CHANGE = ("AccountView.password", "SignInView.logout")


@dataclass(frozen=True)
class MenuItem:
    """One line of the sidebar."""

    title: str
    icon: str
    url: str
    active: bool


class IndexView(BaseView):
    """工作台: what there is to do, by rights."""

    route_base = ""
    default_view = "index"

    @expose("/")
    def index(self) -> str | Response:
        if not current_user.is_authenticated:
            return redirect(url_for("SignInView.login"))
        session = db.session()
        with reading():
            tiles = [
                {"title": tile.title, "count": tile.count(session), "url": url_for(tile.endpoint, **tile.parameters)}
                for module in registry()
                for tile in module.tiles
                if rights.can(tile.area, tile.action)
            ]
            return render_template("backoffice/dashboard.html", tiles=tiles)


def init_app(app: Flask) -> None:
    """Register the menu, who acts, and the error pages."""
    app.context_processor(lambda: {"sidebar": sidebar} if current_user.is_authenticated else {"sidebar": list})
    app.before_request(_identify)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(Exception, _unexpected)


def sidebar() -> list[tuple[Module, list[MenuItem]]]:
    """The modules with their screens that the signed-in person may view."""
    found = []
    for module in registry():
        items = [
            MenuItem(view.title, view.icon, address, _is_current(address))
            for view in module.views
            if getattr(view, "menu", True) and rights.can(view.area, "view")
            for address in [url_for(f"{view.__name__}.{view.default_view}")]
        ]
        if items:
            found.append((module, items))
    return found


def _is_current(address: str) -> bool:
    return request.path == address or request.path.startswith(address.rstrip("/") + "/")


def _identify() -> Response | None:
    if request.path.startswith(("/static/", "/api/", "/healthz", "/readyz")):
        return None
    with reading():
        if not current_user.is_authenticated:
            return None
        ip = request.remote_addr or ""
        act_as(Actor("staff", str(current_user.id), current_user.first_name, ip, g.request_id))
        account = g.get("staff_account")
        if account and account.must_change_password and request.endpoint not in BEFORE_PASSWORD_CHANGE:
            return redirect(url_for("AccountView.password"))
    if request.method not in ("GET", "HEAD"):
        db.session.rollback()  # what only read is over: the handler's transaction may write
    return None


def _expired(_error: CSRFError) -> Response:
    return _answer(400, _("页面已过期,请返回刷新后重新提交"))


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


def _unexpected(error: Exception) -> Response:
    db.session.rollback()
    log.error("unexpected", exc_info=error)
    return _answer(500, _(MESSAGES[500]))


def _answer(status: int, message: str, allow: str | None = None) -> Response:
    if request.path.startswith("/api/"):
        response = problem(status, CODES.get(status, f"http_{status}"), message)
    else:
        body = render_template(
            "backoffice/error.html", status=status, message=message, request_id=g.get("request_id", "")
        )
        response = Response(body, status, content_type="text/html; charset=utf-8")
    if allow:
        response.headers["Allow"] = allow
    return response
