"""A table beside one that everybody writes, and a column in it: what a next release might add."""

import sqlalchemy as sa
from alembic import op

revision = "drill_1"
down_revision = "HEAD"


def upgrade() -> None:
    op.create_table(
        "drill_note",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feedback_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name=op.f("fk_drill_note_feedback_id_feedback")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_note")),
    )
    op.add_column("feedback", sa.Column("drill_rank", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("feedback", "drill_rank")
    op.drop_table("drill_note")
