"""The application with the screens of these tests beside its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.core.db import db
from app.factory import create_app
from app.modules.estate import declare
from tests.core.backoffice_screens.screens import PICTURES, VIEWS


@pytest.fixture(scope="session")
def screened(built: tuple[Flask, Path]) -> Flask:
    """A second application on the database of the first."""
    app, folder = built
    with pytest.MonkeyPatch.context() as patch:
        module = declare.MODULE
        patch.setattr(
            declare, "MODULE", replace(module, views=(*module.views, *VIEWS), media=(*module.media, PICTURES))
        )
        return create_app(
            TESTING=True,
            DATA_DIR=folder,
            DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
            JOBS="off",
            RATE_LIMITS="0",
            WTF_CSRF_ENABLED=False,
            LOG_LEVEL="CRITICAL",
        )


@pytest.fixture
def app(app: Flask, screened: Flask) -> Iterator[Flask]:
    """The application with the test screens on a fresh database."""
    yield screened
    with screened.app_context():
        db.session.remove()
        db.engine.dispose()
