"""The figures of the dashboard that are kept because counting them takes long; reports that come by themselves;
the index by which records are found by a part of their name."""

import sqlalchemy as sa
from alembic import op

from app.core.search_ddl import drop_index_ddl, index_ddl

revision = "0080"
down_revision = "0061"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


SEARCHED = (
    ("unit", ("number",), ()),
    ("customer", ("name", "contact_name"), ()),
    ("technician", ("name",), ()),
    ("member", ("nickname", "contact_name"), ()),
    ("work_order", ("contact_name",), ("number",)),
    ("visit", ("visitor_name",), ()),
)


def upgrade() -> None:
    op.create_table(
        "panel_snapshot",
        sa.Column("id", BIG, nullable=False),
        sa.Column("panel", sa.String(40), nullable=False),
        sa.Column("period", sa.String(24), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("communities", sa.JSON(), nullable=True),
        sa.Column("until", sa.String(10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_snapshot")),
        sa.UniqueConstraint("panel", "period", "scope", name=op.f("uq_panel_snapshot_panel_period_scope")),
    )
    op.create_index(op.f("ix_panel_snapshot_asked_at"), "panel_snapshot", ["asked_at"])
    op.create_index(op.f("ix_panel_snapshot_created_at"), "panel_snapshot", ["created_at"])
    op.create_table(
        "report_subscription",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("report", sa.String(64), nullable=False),
        sa.Column("cadence", sa.String(24), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("by", sa.String(24), nullable=False),
        sa.Column("community_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_report_subscription_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["community.id"],
            name=op.f("fk_report_subscription_community_id_community"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscription")),
        sa.UniqueConstraint("user_id", "report", "cadence", name=op.f("uq_report_subscription_user_id_report_cadence")),
    )
    op.create_index(op.f("ix_report_subscription_cadence"), "report_subscription", ["cadence"])
    op.create_index(op.f("ix_report_subscription_created_at"), "report_subscription", ["created_at"])
    op.create_table(
        "delivered_report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", BIG, nullable=True),
        sa.Column("report", sa.String(64), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("mimetype", sa.String(100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_delivered_report_user_id_ab_user"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["report_subscription.id"],
            name=op.f("fk_delivered_report_subscription_id_report_subscription"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivered_report")),
        sa.UniqueConstraint("subscription_id", "until", name=op.f("uq_delivered_report_subscription_id_until")),
    )
    op.create_index(op.f("ix_delivered_report_user_id"), "delivered_report", ["user_id"])
    op.create_index(op.f("ix_delivered_report_created_at"), "delivered_report", ["created_at"])
    op.create_table(
        "search_gram",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("gram", sa.String(6), nullable=False),
        sa.Column("record_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("kind", "gram", "record_id", name=op.f("pk_search_gram")),
        sqlite_with_rowid=False,
    )
    for table, words, ends in SEARCHED:
        for statement in index_ddl(table, words, ends, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table, _words, _ends in SEARCHED:
        for statement in drop_index_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)
    op.drop_table("search_gram")
    op.drop_table("delivered_report")
    op.drop_table("report_subscription")
    op.drop_table("panel_snapshot")
