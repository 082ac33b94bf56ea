"""The columns of lists that members of staff have put away; how far their bulk actions are."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0101"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hidden_columns",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(64), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_hidden_columns_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_columns")),
        sa.UniqueConstraint("user_id", "view", name=op.f("uq_hidden_columns_user_id_view")),
    )
    op.create_index(op.f("ix_hidden_columns_created_at"), "hidden_columns", ["created_at"])
    op.create_table(
        "bulk_work",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("groups_done", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.JSON(), nullable=False),
        sa.Column("back", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_bulk_work_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_work")),
    )
    op.create_index(op.f("ix_bulk_work_user_id"), "bulk_work", ["user_id"])
    op.create_index(op.f("ix_bulk_work_created_at"), "bulk_work", ["created_at"])


def downgrade() -> None:
    op.drop_table("bulk_work")
    op.drop_table("hidden_columns")
