"""The audit chain's first link, and triggers that keep append-only tables so."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0002"
down_revision = "0001"

TABLES = ("audit_entry",)


def upgrade() -> None:
    op.execute(
        sa.text(
            "INSERT INTO audit_head (id, seq, digest, created_at, updated_at) "
            "VALUES (1, 0, :genesis, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
        ).bindparams(genesis="0" * 64)
    )
    for table in TABLES:
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        for statement in drop_append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)
    op.execute("DELETE FROM audit_head")
