"""An index on the table that everybody writes."""

from alembic import op

from app.core.migrating import add_index

revision = "drill_2"
down_revision = "drill_1"


def upgrade() -> None:
    add_index("ix_feedback_drill_rank", "feedback", ["drill_rank", "id"])


def downgrade() -> None:
    op.drop_index("ix_feedback_drill_rank", "feedback")
