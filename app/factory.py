"""Putting the application together: settings, database, core parts, modules."""

from importlib import import_module
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from app import demo, docs, secrets
from app.core import api, backoffice, commands, h5, health, jobs, logs, media, metrics, replica, sentry, upkeep
from app.core import models as _core_tables  # noqa: F401  (one metadata knows every table)
from app.core.audit import init_audit
from app.core.db import db, init_engine
from app.core.module import Registry
from app.core.privacy import Keyring
from app.core.sheets import pages as sheet_pages

MODULES = (
    "billing", "repairs", "visits", "leasing", "lost_found", "feedback", "members", "estate", "notices", "ads",
    "convenience", "home", "system",
)  # fmt: skip
"""The modules, in menu order. Adding one is its folder and its name here."""

LOCALE = "zh_Hans_CN"

WITHIN_SECONDS = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
"""When a connection to a database server that does not answer any more is given up; the server does the same with
its clients (deploy/postgresql/postgresql.conf)."""

init_audit()


def create_app(**overrides: Any) -> Flask:
    """A new application from the environment; ``overrides`` are settings by name (tests).

    Raises SystemExit with a sentence when the settings are unusable.
    """
    app = Flask("app")
    app.config.from_mapping(config.load() | overrides)
    app.config["DATA_DIR"].mkdir(parents=True, exist_ok=True)
    secrets.complete(app.config)
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI=app.config["DATABASE_URL"] or f"sqlite:///{app.config['DATA_DIR'] / 'app.db'}",
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(app.config, app.config["DATABASE_URL"]),
        SQLALCHEMY_BINDS=_binds(app.config),
        BABEL_DEFAULT_LOCALE=LOCALE,
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=f"{app.root_path}/../translations",
    )
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.extensions["keyring"] = Keyring.parse(app.config["DATA_KEYS"], app.config["INDEX_KEY"])
    app.extensions["registry"] = Registry([import_module(f"app.modules.{name}.declare").MODULE for name in MODULES])
    db.init_app(app)
    Migrate(app, db, directory=f"{app.root_path}/../migrations", render_as_batch=True, compare_type=True)
    with app.app_context():
        init_engine(app)
        for part in (
            replica, sentry, logs, metrics, health, h5, media, jobs, api, backoffice, sheet_pages, commands, upkeep,
        ):  # fmt: skip
            part.init_app(app)
        for command in (demo, docs):
            command.init_app(app)
        for module in app.extensions["registry"]:
            if module.start:
                module.start(app)
    return app


def _binds(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    url = settings["DATABASE_REPLICA_URL"]
    return {replica.BIND: {"url": url, **_engine_options(settings, url)}} if url else {}


def _engine_options(settings: dict[str, Any], url: str) -> dict[str, Any]:
    silent = {"hide_parameters": True}  # an error's text goes to the logs, which hold no personal data
    if not url or url.startswith("sqlite"):
        return silent
    return silent | {
        "pool_size": settings["WEB_THREADS"],
        "max_overflow": 2,
        "pool_pre_ping": True,
        "connect_args": WITHIN_SECONDS | ({} if settings["DATABASE_PREPARED"] == "1" else {"prepare_threshold": None}),
    }
