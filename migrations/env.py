"""Alembic's environment: the application's own engine and metadata; custom types appear as what they are stored as."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from app.core.migrating import patiently

database = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """A column type of ours stands in a migration as its database type, so that old migrations outlive the code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def leave_empty_out(migration_context: Any, revision: Any, directives: list[Any]) -> None:
    """No file when nothing changed."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def migrate(connection: Connection) -> None:
    """Each migration is a transaction of its own, so that no table stays locked for those that come after."""
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_item=render_item,
        process_revision_directives=leave_empty_out,
        transaction_per_migration=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


patiently(database.engine, migrate)
