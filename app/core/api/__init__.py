"""The mobile API: each module declares its ``Endpoints``; everything around a handler is done here, once."""

from flask import Blueprint, Flask, Response
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.api.caller import Caller, new_token, set_authenticator
from app.core.api.document import Document, answers_file, register
from app.core.api.endpoints import Endpoints, set_menu_gate
from app.core.api.paging import Page, PageQuery, paginate
from app.core.api.problem import problem_of
from app.core.api.roles import ANY
from app.core.api.schema import Id, LongText, MediaKeys, PhoneText, Schema, ShortText, as_id
from app.core.db import db
from app.core.errors import Conflict, Unavailable
from app.core.logs import log
from app.core.module import Registry

__all__ = (
    "ANY",
    "Caller",
    "Endpoints",
    "Id",
    "LongText",
    "MediaKeys",
    "Page",
    "PageQuery",
    "PhoneText",
    "Schema",
    "ShortText",
    "answers_file",
    "as_id",
    "init_app",
    "new_token",
    "paginate",
    "set_authenticator",
    "set_menu_gate",
)  # fmt: skip

PREFIX = "/api/v1"


def init_app(app: Flask) -> None:
    """Register every module's endpoints, the OpenAPI document and its page."""
    registry: Registry = app.extensions["registry"]
    document = Document(app, "智慧社区智慧物业综合管理平台 接口")
    for module in registry:
        for group in module.api:
            blueprint = Blueprint(f"api_{group.name}", __name__, url_prefix=PREFIX)
            for endpoint in group.endpoints:
                if endpoint.menu and endpoint.menu not in registry.menu:
                    raise LookupError(f"{endpoint.path}: no menu module {endpoint.menu!r}")

                def view(_endpoint=endpoint, **path: str) -> Response:  # type: ignore[no-untyped-def]
                    return _endpoint(**path)

                view.__wrapped__ = document.describe(endpoint, group.name, group.tag)  # type: ignore[attr-defined]
                view.__doc__ = endpoint.handler.__doc__
                view.endpoint = endpoint  # type: ignore[attr-defined]
                name = f"{endpoint.method.lower()}_{endpoint.handler.__name__}"
                blueprint.add_url_rule(endpoint.path, name, view, methods=[endpoint.method])
            blueprint.register_error_handler(OperationalError, _busy)
            blueprint.register_error_handler(IntegrityError, _refused)
            app.register_blueprint(blueprint)
    register(app, PREFIX, document)


def _busy(error: OperationalError) -> Response:
    """The database is locked for too long, or away: nothing was done, and trying again may work."""
    db.session.rollback()
    log.error("database", exc_info=error)
    return problem_of(Unavailable(_("系统繁忙，请稍后再试")))


def _refused(error: IntegrityError) -> Response:
    """Somebody else was faster with the same thing: a constraint stood where an operation's check came too early."""
    db.session.rollback()
    log.warning("refused by a constraint", statement=error.statement)  # without values: they may be personal
    return problem_of(Conflict(_("与已有的内容重复或冲突，请刷新后重试")))
