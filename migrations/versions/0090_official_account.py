"""Members who come through the official account, and payments that are made inside it."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0080"


def upgrade() -> None:
    op.add_column("member", sa.Column("official_openid", sa.String(64), nullable=True))
    op.create_index(op.f("ix_member_official_openid"), "member", ["official_openid"], unique=True)
    for table in ("member_token", "payment"):
        op.add_column(table, sa.Column("official", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    for table in ("payment", "member_token"):
        op.drop_column(table, "official")
    op.drop_index(op.f("ix_member_official_openid"), "member")
    op.drop_column("member", "official_openid")
