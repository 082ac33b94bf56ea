"""Where the database stands among the program's migrations."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import current_app

from app.core.db import db


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(current_app.extensions["migrate"].directory)


def head() -> str:
    """The revision that this program needs."""
    return str(_scripts().get_current_head())


def known(revision: str) -> bool:
    """Whether this program has the migration: an older or the same program made the database."""
    try:
        return _scripts().get_revision(revision) is not None
    except CommandError:
        return False


def present() -> str | None:
    """The revision at which the database stands; None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ahead() -> bool:
    """Whether a newer program has been at work on the database: it stands at a migration that this one lacks."""
    revision = present()
    return revision is not None and not known(revision)
