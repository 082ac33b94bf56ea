"""The back office: Flask-AppBuilder made fast, safe and good-looking once, for all modules."""

from dataclasses import replace
from pathlib import Path

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFProtect

from app.core import headers, media
from app.core.backoffice import bulk_work, permissions, shell
from app.core.backoffice.catalogue import compile_catalogues
from app.core.backoffice.dashboard import IndexView
from app.core.backoffice.elements import Button, bulk, bulk_document, computed
from app.core.backoffice.help_pages import HelpView
from app.core.backoffice.inbox import InboxView
from app.core.backoffice.media_view import MediaView
from app.core.backoffice.pages import PageView, page
from app.core.backoffice.report_pages import page_of
from app.core.backoffice.search_pages import SearchView
from app.core.backoffice.security import BackOffice, StaffSecurityManager
from app.core.backoffice.view import ModuleView
from app.core.db import db, yuan
from app.core.module import Registry

__all__ = ("Button", "ModuleView", "PageView", "bulk", "bulk_document", "computed", "init_app", "page")


def init_app(app: Flask) -> None:
    """Set up Flask-AppBuilder with our security and pages, and register every module's views."""
    app.config.from_mapping(
        APP_NAME="智慧社区智慧物业综合管理平台",
        FAB_CREATE_DB=False,
        FAB_UPDATE_PERMS=False,
        FAB_ROLES={"Admin": [[".*", ".*"]]},
        FAB_ADD_SECURITY_API=False,
        SESSION_COOKIE_NAME="staff",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.config["PRODUCTION"],
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: long forms are typed slowly
        MAX_CONTENT_LENGTH=25 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
    )
    compile_catalogues(Path(app.root_path).parent / "translations")
    app.before_request(_limit_typed_forms)  # before the token is looked for in the body
    csrf = CSRFProtect(app)
    for blueprint in app.blueprints.values():
        if blueprint.name.startswith("api"):  # bearer tokens, no cookies
            csrf.exempt(blueprint)
    headers.init_app(app)
    app.jinja_env.globals["media_url"] = media.url
    app.jinja_env.filters["yuan"] = yuan
    shell.init_app(app)
    permissions.init_app(app)
    builder = BackOffice(app, db.session, indexview=IndexView, security_manager_class=StaffSecurityManager)
    # The framework's locale selector writes a cookie at every request; there is one language.
    app.extensions["babel"] = replace(app.extensions["babel"], locale_selector=None)
    builder.add_view_no_menu(MediaView)
    builder.add_view_no_menu(InboxView)
    builder.add_view_no_menu(HelpView)
    builder.add_view_no_menu(SearchView)
    registry: Registry = app.extensions["registry"]
    registry.take_on(bulk_work.JOBS)
    for module in registry:
        for view in module.views:
            registry.require(view.area, "view")
            builder.add_view_no_menu(view)
    app.extensions["report_pages"] = [page_of(report) for module in registry for report in module.reports]
    for view in app.extensions["report_pages"]:
        registry.require(view.area, "export")
        builder.add_view_no_menu(view)
    for panel in registry.panels.values():
        if not any(panel.report is report for module in registry for report in module.reports):
            raise LookupError(f"panel {panel.key!r} shows a report that no module declares")


def _limit_typed_forms() -> None:
    """Werkzeug bounds what a multipart form takes in memory, but not a plain one, which is read at once."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
