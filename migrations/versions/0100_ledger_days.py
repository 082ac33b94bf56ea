"""The ledger's sums by day, and how far they go."""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0090"

REPORTED = {
    "ix_ledger_entry_day": ["community_id", "booked_on", "kind"],
    "ix_ledger_entry_period": ["community_id", "period", "fee_item_id"],
}
"""Reports read the sums; nothing else looks for rows that way."""


def upgrade() -> None:
    op.create_table(
        "ledger_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("fee_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("debit", sa.String(24), nullable=False),
        sa.Column("credit", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_day")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_ledger_day_community_id_community")
        ),
        sa.UniqueConstraint(
            "community_id", "booked_on", "period", "fee_item_id", "kind", "debit", "credit", "channel",
            name="uq_ledger_day_keys",
        ),
    )  # fmt: skip
    for column in ("booked_on", "period", "created_at"):
        op.create_index(op.f(f"ix_ledger_day_{column}"), "ledger_day", [column])
    op.create_table(
        "ledger_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("through_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_mark")),
    )
    op.create_index(op.f("ix_ledger_mark_created_at"), "ledger_mark", ["created_at"])
    for name in REPORTED:
        op.drop_index(name, "ledger_entry")


def downgrade() -> None:
    for name, columns in REPORTED.items():
        op.create_index(name, "ledger_entry", columns)
    op.drop_table("ledger_mark")
    op.drop_table("ledger_day")
