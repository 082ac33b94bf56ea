"""How far a bill run in the background has come; the orders and filters of the list of bills."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0040"

INDEXES = {"due_date": "due_on", "amount": "amount_fen", "period": "period"}


def upgrade() -> None:
    for name, column in INDEXES.items():
        op.create_index(f"ix_bill_by_{name}", "bill", [column, "id"])
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("steps", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("steps_done", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.alter_column("steps", server_default=None)
        batch_op.alter_column("steps_done", server_default=None)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(f"ix_bill_by_{name}", "bill")
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.drop_column("steps_done")
        batch_op.drop_column("steps")
