"""The figures of the dashboard that are kept because counting them takes long."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0053"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "panel_snapshot",
        sa.Column("id", BIG, nullable=False),
        sa.Column("panel", sa.String(40), nullable=False),
        sa.Column("period", sa.String(24), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("communities", sa.JSON(), nullable=True),
        sa.Column("until", sa.String(10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_snapshot")),
        sa.UniqueConstraint("panel", "period", "scope", name=op.f("uq_panel_snapshot_panel_period_scope")),
    )
    op.create_index(op.f("ix_panel_snapshot_asked_at"), "panel_snapshot", ["asked_at"])
    op.create_index(op.f("ix_panel_snapshot_created_at"), "panel_snapshot", ["created_at"])


def downgrade() -> None:
    op.drop_table("panel_snapshot")
