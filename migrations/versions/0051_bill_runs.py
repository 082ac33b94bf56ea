"""How far a bill run in the background has come."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0040"


def upgrade() -> None:
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("steps", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("steps_done", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.alter_column("steps", server_default=None)
        batch_op.alter_column("steps_done", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.drop_column("steps_done")
        batch_op.drop_column("steps")
