"""An installation with money and pictures in it, and empty ones beside it to restore into."""

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.core import clock
from app.core.db import db
from app.factory import create_app
from app.modules.billing.operations import payments
from tests.conftest import PhoneOf, Store
from tests.modules.billing.factories import make_bill, make_household
from tests.postgresql import client_programs, create_database

BACKUP_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
PAID = 30_000

Elsewhere = Callable[..., Flask]
Command = Callable[..., Result]


@pytest.fixture
def lived_in(app: Flask, store: Store, phone: PhoneOf) -> Flask:
    """The application with a public and a private picture, and a payment that covers one bill and part of another."""
    phone("dev-li").post("/me/consents", {"kind": "certification_material", "version": "2026-11"})
    for purpose in ("certification", "feedback"):
        assert phone("dev-li").upload(purpose=purpose).status_code == 201
    with store() as session:
        customer, unit, _member = make_household(session)
        bills = [make_bill(session, customer, unit, 20_000).id for _ in range(2)]
        payments.receive(
            session,
            community_id=unit.community_id,
            customer_id=customer.id,
            bill_ids=bills,
            amount_fen=PAID,
            channel="pos",
            paid_on=clock.today(),
        )
    app.config.update(BACKUP_KEY=BACKUP_KEY, PG_BIN=client_programs())
    return app


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """``elsewhere(app)``: another, empty machine with the same kind of database and, unless told otherwise, keys."""
    made: list[Flask] = []

    def machine(like: Flask, **changes: Any) -> Flask:
        folder = tmp_path / f"machine{len(made)}"
        url = f"sqlite:///{folder / 'app.db'}"
        if "postgresql" in like.config["SQLALCHEMY_DATABASE_URI"]:
            url = create_database(request.getfixturevalue("server"), f"machine{len(made)}")
        keys = {name: like.config[name] for name in ("DATA_KEYS", "INDEX_KEY", "BACKUP_KEY", "PG_BIN")}
        settings = {"DATA_DIR": folder, "DATABASE_URL": url, "JOBS": "off", "LOG_LEVEL": "CRITICAL", "DEMO": False}
        made.append(create_app(TESTING=True, **settings, **keys | changes))
        return made[-1]

    yield machine
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def command() -> Command:
    """``command(app, "doctor")``: what the operator types, and what comes of it."""
    return lambda app, *words, **options: app.test_cli_runner().invoke(args=[str(word) for word in words], **options)
