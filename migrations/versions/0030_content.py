"""Notices, ads, convenience information, and a badge on menu modules."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "ad_slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column("layout", sa.String(length=24), nullable=False),
        sa.Column("slides", sa.Integer(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("ratio", sa.String(length=24), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad_slot")),
        sa.UniqueConstraint("key", name=op.f("uq_ad_slot_key")),
    )
    with op.batch_alter_table("ad_slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ad_slot_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_slot_layout"), ["layout"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_slot_ratio"), ["ratio"], unique=False)

    op.create_table(
        "convenience_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=16), nullable=False),
        sa.Column("icon", sa.String(length=24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_category")),
        sa.UniqueConstraint("title", name=op.f("uq_convenience_category_title")),
    )
    with op.batch_alter_table("convenience_category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_convenience_category_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_category_icon"), ["icon"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_category_position"), ["position"], unique=False)

    op.create_table(
        "convenience_info",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("hotlines", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["convenience_category.id"],
            name=op.f("fk_convenience_info_category_id_convenience_category"),
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_convenience_info_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convenience_info")),
    )
    with op.batch_alter_table("convenience_info", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_convenience_info_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_position"), ["position"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_convenience_info_title"), ["title"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_notice_building_id_building")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_notice_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_category"), ["category"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_pinned"), ["pinned"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_title"), ["title"], unique=False)

    op.create_table(
        "ad",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("link_kind", sa.String(length=24), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("link_text", sa.String(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("poster_key", sa.String(length=32), nullable=True),
        sa.Column("poster_source", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_ad_community_id_community")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_ad_notice_id_notice"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["slot_id"], ["ad_slot.id"], name=op.f("fk_ad_slot_id_ad_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad")),
    )
    with op.batch_alter_table("ad", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ad_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_link_kind"), ["link_kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_position"), ["position"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_slot_id"), ["slot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_title"), ["title"], unique=False)

    op.create_table(
        "notice_read",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_notice_read_member_id_member"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_read_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_read")),
        sa.UniqueConstraint("notice_id", "member_id", name=op.f("uq_notice_read_notice_id_member_id")),
    )
    with op.batch_alter_table("notice_read", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_read_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_read_member_id"), ["member_id"], unique=False)

    op.create_table(
        "ad_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ad_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("impressions", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ad_id"], ["ad.id"], name=op.f("fk_ad_day_ad_id_ad"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad_day")),
        sa.UniqueConstraint("ad_id", "day", name=op.f("uq_ad_day_ad_id_day")),
    )
    with op.batch_alter_table("ad_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ad_day_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ad_day_day"), ["day"], unique=False)

    with op.batch_alter_table("menu_module", schema=None) as batch_op:
        batch_op.add_column(sa.Column("badge", sa.String(length=4), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("menu_module", schema=None) as batch_op:
        batch_op.drop_column("badge")

    with op.batch_alter_table("ad_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ad_day_day"))
        batch_op.drop_index(batch_op.f("ix_ad_day_created_at"))

    op.drop_table("ad_day")
    with op.batch_alter_table("notice_read", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_read_member_id"))
        batch_op.drop_index(batch_op.f("ix_notice_read_created_at"))

    op.drop_table("notice_read")
    with op.batch_alter_table("ad", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ad_title"))
        batch_op.drop_index(batch_op.f("ix_ad_state"))
        batch_op.drop_index(batch_op.f("ix_ad_starts_at"))
        batch_op.drop_index(batch_op.f("ix_ad_slot_id"))
        batch_op.drop_index(batch_op.f("ix_ad_position"))
        batch_op.drop_index(batch_op.f("ix_ad_notice_id"))
        batch_op.drop_index(batch_op.f("ix_ad_link_kind"))
        batch_op.drop_index(batch_op.f("ix_ad_ends_at"))
        batch_op.drop_index(batch_op.f("ix_ad_created_at"))
        batch_op.drop_index(batch_op.f("ix_ad_community_id"))

    op.drop_table("ad")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_title"))
        batch_op.drop_index(batch_op.f("ix_notice_state"))
        batch_op.drop_index(batch_op.f("ix_notice_starts_at"))
        batch_op.drop_index(batch_op.f("ix_notice_pinned"))
        batch_op.drop_index(batch_op.f("ix_notice_ends_at"))
        batch_op.drop_index(batch_op.f("ix_notice_created_at"))
        batch_op.drop_index(batch_op.f("ix_notice_community_id"))
        batch_op.drop_index(batch_op.f("ix_notice_category"))
        batch_op.drop_index(batch_op.f("ix_notice_building_id"))

    op.drop_table("notice")
    with op.batch_alter_table("convenience_info", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_convenience_info_title"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_state"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_starts_at"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_position"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_ends_at"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_created_at"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_community_id"))
        batch_op.drop_index(batch_op.f("ix_convenience_info_category_id"))

    op.drop_table("convenience_info")
    with op.batch_alter_table("convenience_category", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_convenience_category_position"))
        batch_op.drop_index(batch_op.f("ix_convenience_category_icon"))
        batch_op.drop_index(batch_op.f("ix_convenience_category_created_at"))

    op.drop_table("convenience_category")
    with op.batch_alter_table("ad_slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ad_slot_ratio"))
        batch_op.drop_index(batch_op.f("ix_ad_slot_layout"))
        batch_op.drop_index(batch_op.f("ix_ad_slot_created_at"))

    op.drop_table("ad_slot")
