"""The application with the endpoints of these tests beside its own."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from flask import Flask

from app.core.db import db
from app.factory import create_app
from app.modules.estate import declare
from tests.core.api.laboratory import api

Extend = Callable[[Flask], Flask]


@pytest.fixture(scope="session")
def extended() -> Extend:
    """A second application on the database of a first, with further endpoints."""

    @cache
    def beside(app: Flask) -> Flask:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(declare, "MODULE", replace(declare.MODULE, api=(*declare.MODULE.api, api)))
            return create_app(
                TESTING=True,
                DATA_DIR=app.config["DATA_DIR"],
                DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
                JOBS="off",
                RATE_LIMITS="1",
                LOG_LEVEL=os.environ.get("LOG_LEVEL", "CRITICAL"),
                PROPAGATE_EXCEPTIONS=False,
            )

    return beside


@pytest.fixture
def app(app: Flask, extended: Extend) -> Iterator[Flask]:
    """The application with the test endpoints on a fresh database."""
    laboratory = extended(app)
    laboratory.extensions.pop("rate_limiter", None)
    yield laboratory
    with laboratory.app_context():
        db.session.remove()
        db.engine.dispose()
