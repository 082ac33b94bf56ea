"""Receipts on paper, and the order in which a finance system pulls bills."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0053"
down_revision = "0052"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "receipt_print",
        sa.Column("id", BIG, nullable=False),
        sa.Column("community_id", BIG, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_receipt_print_community_id_community")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_print_receipt_id_receipt")),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_receipt_print_staff_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_print")),
        sa.UniqueConstraint("receipt_id", "number", name=op.f("uq_receipt_print_receipt_id_number")),
    )
    op.create_index(op.f("ix_receipt_print_community_id"), "receipt_print", ["community_id"], unique=False)
    op.create_index(op.f("ix_receipt_print_created_at"), "receipt_print", ["created_at"], unique=False)
    for statement in append_only_ddl("receipt_print", op.get_bind().dialect.name):
        op.execute(statement)
    op.create_index("ix_bill_changed", "bill", ["updated_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_bill_changed", table_name="bill")
    for statement in drop_append_only_ddl("receipt_print", op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("receipt_print")
