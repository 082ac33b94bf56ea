"""The ground under every test: an application on its own database, restored from a migrated template each time.

``TEST_DATABASE=postgresql`` runs the same suite on PostgreSQL (started from the embedded wheel).
Fixtures do not hold an application context open around clients: Flask-Login would keep the last person.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from flask_migrate import upgrade
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app.core.db import db
from app.factory import create_app
from tests.factories import PASSWORD, make_staff
from tests.phones import Phone
from tests.postgresql import create_database, keep_database, restore_database, running

DATABASE = os.environ.get("TEST_DATABASE", "sqlite")

Store = Callable[[], AbstractContextManager[Session]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server; started when the first test needs it."""
    with running(tmp_path_factory) as url:
        yield url


Build = Callable[[str], tuple[Flask, Path]]


@pytest.fixture(scope="session")
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """``build("sqlite")``: this process's application on that database, with its migrated state put aside."""

    @cache
    def on(database: str) -> tuple[Flask, Path]:
        folder = tmp_path_factory.mktemp(database)
        url = f"sqlite:///{folder / 'app.db'}"
        if database == "postgresql":
            url = create_database(request.getfixturevalue("server"), "app")
        app = create_app(
            TESTING=True,
            DATA_DIR=folder,
            DATABASE_URL=url,
            JOBS="off",
            RATE_LIMITS="1",
            FAB_PASSWORD_HASH_METHOD="pbkdf2:sha256:1",
            WTF_CSRF_ENABLED=False,
            LOG_LEVEL=os.environ.get("LOG_LEVEL", "CRITICAL"),
        )
        with app.app_context():
            upgrade()
            app.test_cli_runner().invoke(args=["sync-permissions"], catch_exceptions=False)
            db.session.remove()
            db.engine.dispose()
        if database == "postgresql":
            keep_database(app)
        else:
            engine = create_engine(url)
            with engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            engine.dispose()
            shutil.copy(folder / "app.db", folder / "template.db")
        return app, folder

    return on


@pytest.fixture(scope="session")
def built(build: Build) -> tuple[Flask, Path]:
    """The application of this test process on the database that the suite runs on."""
    return build(DATABASE)


@pytest.fixture
def app(request: pytest.FixtureRequest, build: Build) -> Iterator[Flask]:
    """The application on a fresh database (``both_databases`` says which)."""
    database = getattr(request, "param", DATABASE)
    app, folder = build(database)
    app.extensions.pop("rate_limiter", None)
    if database == "postgresql":
        restore_database(app)
    else:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        for suffix in ("-wal", "-shm"):
            (folder / f"app.db{suffix}").unlink(missing_ok=True)
        shutil.copy(folder / "template.db", folder / "app.db")
    return app


@pytest.fixture
def store(app: Flask) -> Store:
    """``with store() as session:`` a transaction in a context of its own, committed at the end."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context():
            yield db.session()
            db.session.commit()

    return opened


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers over the network, for programmes that are no test client."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


Browse = Callable[..., FlaskClient]
PhoneOf = Callable[..., Phone]


@pytest.fixture
def phone(app: Flask) -> PhoneOf:
    """``phone("dev-li")``: the phone of whoever WeChat knows under this code; ``phone()``: nobody signed in."""
    return lambda code=None: Phone(app, code)


@pytest.fixture
def browse(app: Flask, store: Store) -> Browse:
    """``browse("li", {("customers", "view")})``: a browser in which a staff member with these rights is signed in.

    Without rights given it is a superadmin; the person is made when missing.
    """

    def signed_in(username: str = "boss", rights: set[tuple[str, str]] | None = None, **values: Any) -> FlaskClient:
        with store() as session:
            if session.scalar(select(User.id).where(User.username == username)) is None:
                make_staff(session, username, rights, **values)
        client = app.test_client()
        answer = client.post("/login/", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return signed_in
