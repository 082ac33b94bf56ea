"""What the report of arrears by age reads: an index of open bills alone, built while others write."""

from alembic import op

from app.core.migrating import add_index

revision = "0101"
down_revision = "0100"

OPEN = "state IN ('unpaid', 'part_paid')"
COLUMNS = [
    "customer_id", "due_on", "community_id", "fee_item_id", "amount_fen", "paid_fen", "waived_fen", "late_fee_fen",
    "late_paid_fen", "late_waived_fen",
]  # fmt: skip


def upgrade() -> None:
    add_index("ix_bill_owed", "bill", COLUMNS, where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_bill_owed", "bill")
