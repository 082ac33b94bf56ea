"""The orders and the period filter of the list of bills."""

from alembic import op

revision = "0052"
down_revision = "0051"

INDEXES = {"due_date": "due_on", "amount": "amount_fen", "period": "period"}


def upgrade() -> None:
    for name, column in INDEXES.items():
        op.create_index(f"ix_bill_by_{name}", "bill", [column, "id"])


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(f"ix_bill_by_{name}", "bill")
