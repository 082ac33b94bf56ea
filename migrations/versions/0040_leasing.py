"""Tables of leasing, lost and found, and feedback."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0040"
down_revision = "0030"

APPEND_ONLY = ("lease_follow_up", "feedback_reply")


def upgrade() -> None:
    op.create_table(
        "feedback_type",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_type")),
        sa.UniqueConstraint("name", name=op.f("uq_feedback_type_name")),
    )
    with op.batch_alter_table("feedback_type", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_type_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_type_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_type_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_type_position"), ["position"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("type_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("author_index", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("assigned_to", sa.Integer(), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_note", sa.String(length=300), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["assigned_to"], ["ab_user.id"], name=op.f("fk_feedback_assigned_to_ab_user")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_feedback_community_id_community")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_feedback_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["type_id"], ["feedback_type.id"], name=op.f("fk_feedback_type_id_feedback_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_assigned_to"), ["assigned_to"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_author_index"), ["author_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_escalated_at"), ["escalated_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_feedback_open", ["state", "deadline_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_type_id"), ["type_id"], unique=False)

    op.create_table(
        "lost_found_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("contact_way", sa.String(length=24), nullable=False),
        sa.Column("contact_name", sa.String(length=32), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_lost_found_item_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_lost_found_item_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_lost_found_item_staff_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_found_item")),
    )
    with op.batch_alter_table("lost_found_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lost_found_item_category"), ["category"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_contact_way"), ["contact_way"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_happened_on"), ["happened_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_item_state"), ["state"], unique=False)

    op.create_table(
        "feedback_reply",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feedback_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feedback_id"], ["feedback.id"], name=op.f("fk_feedback_reply_feedback_id_feedback")),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_feedback_reply_staff_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_reply")),
    )
    with op.batch_alter_table("feedback_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_reply_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_reply_feedback_id"), ["feedback_id"], unique=False)

    op.create_table(
        "lost_found_claim",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("proof", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_lost_found_claim_community_id_community")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_lost_found_claim_decided_by_ab_user")),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["lost_found_item.id"],
            name=op.f("fk_lost_found_claim_item_id_lost_found_item"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_lost_found_claim_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_found_claim")),
    )
    with op.batch_alter_table("lost_found_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lost_found_claim_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_claim_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_claim_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_claim_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lost_found_claim_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_lost_found_claim_pending",
            ["item_id", "member_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "listing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("price_unit", sa.String(length=24), nullable=False),
        sa.Column("area_m2", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("period", sa.String(length=64), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=True),
        sa.Column("location", sa.String(length=120), nullable=False),
        sa.Column("contact_name", sa.String(length=32), nullable=False),
        sa.Column("contact_phone", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_listing_community_id_community")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_listing_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_leased_at"), ["leased_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_price_unit"), ["price_unit"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_published_at"), ["published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "lease_application",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("phone_tail", sa.String(length=4), nullable=True),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_lease_application_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_lease_application_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_lease_application_decided_by_ab_user")),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_lease_application_listing_id_listing")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_lease_application_member_id_member"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_application")),
    )
    with op.batch_alter_table("lease_application", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_application_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_phone_tail"), ["phone_tail"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_application_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_lease_application_pending",
            ["listing_id", "member_id"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "listing_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("inquiries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_listing_day_listing_id_listing"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_day")),
        sa.UniqueConstraint("listing_id", "day", name=op.f("uq_listing_day_listing_id_day")),
    )
    with op.batch_alter_table("listing_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_day_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_day_day"), ["day"], unique=False)

    op.create_table(
        "lease",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("occupancy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("application_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("rent_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["lease_application.id"], name=op.f("fk_lease_application_id_lease_application")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_lease_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_lease_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["occupancy_id"], ["occupancy.id"], name=op.f("fk_lease_occupancy_id_occupancy"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_lease_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        sa.UniqueConstraint("application_id", name=op.f("uq_lease_application_id")),
        sa.UniqueConstraint("occupancy_id", name=op.f("uq_lease_occupancy_id")),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_ends_on"), ["ends_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "lease_follow_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("application_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["lease_application.id"],
            name=op.f("fk_lease_follow_up_application_id_lease_application"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_lease_follow_up_staff_id_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease_follow_up")),
    )
    with op.batch_alter_table("lease_follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_follow_up_application_id"), ["application_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_follow_up_created_at"), ["created_at"], unique=False)

    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in APPEND_ONLY:
        for statement in drop_append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)
    with op.batch_alter_table("lease_follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lease_follow_up_created_at"))
        batch_op.drop_index(batch_op.f("ix_lease_follow_up_application_id"))

    op.drop_table("lease_follow_up")
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lease_unit_id"))
        batch_op.drop_index(batch_op.f("ix_lease_ends_on"))
        batch_op.drop_index(batch_op.f("ix_lease_customer_id"))
        batch_op.drop_index(batch_op.f("ix_lease_created_at"))
        batch_op.drop_index(batch_op.f("ix_lease_community_id"))

    op.drop_table("lease")
    with op.batch_alter_table("listing_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_day_day"))
        batch_op.drop_index(batch_op.f("ix_listing_day_created_at"))

    op.drop_table("listing_day")
    with op.batch_alter_table("lease_application", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_lease_application_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_lease_application_state"))
        batch_op.drop_index(batch_op.f("ix_lease_application_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_lease_application_phone_index"))
        batch_op.drop_index(batch_op.f("ix_lease_application_name"))
        batch_op.drop_index(batch_op.f("ix_lease_application_member_id"))
        batch_op.drop_index(batch_op.f("ix_lease_application_listing_id"))
        batch_op.drop_index(batch_op.f("ix_lease_application_customer_id"))
        batch_op.drop_index(batch_op.f("ix_lease_application_created_at"))
        batch_op.drop_index(batch_op.f("ix_lease_application_community_id"))

    op.drop_table("lease_application")
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_unit_id"))
        batch_op.drop_index(batch_op.f("ix_listing_state"))
        batch_op.drop_index(batch_op.f("ix_listing_published_at"))
        batch_op.drop_index(batch_op.f("ix_listing_price_unit"))
        batch_op.drop_index(batch_op.f("ix_listing_leased_at"))
        batch_op.drop_index(batch_op.f("ix_listing_kind"))
        batch_op.drop_index(batch_op.f("ix_listing_created_at"))
        batch_op.drop_index(batch_op.f("ix_listing_community_id"))

    op.drop_table("listing")
    with op.batch_alter_table("lost_found_claim", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_lost_found_claim_pending",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_lost_found_claim_state"))
        batch_op.drop_index(batch_op.f("ix_lost_found_claim_member_id"))
        batch_op.drop_index(batch_op.f("ix_lost_found_claim_item_id"))
        batch_op.drop_index(batch_op.f("ix_lost_found_claim_created_at"))
        batch_op.drop_index(batch_op.f("ix_lost_found_claim_community_id"))

    op.drop_table("lost_found_claim")
    with op.batch_alter_table("feedback_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_reply_feedback_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_reply_created_at"))

    op.drop_table("feedback_reply")
    with op.batch_alter_table("lost_found_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lost_found_item_state"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_member_id"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_kind"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_happened_on"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_expires_on"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_created_at"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_contact_way"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_community_id"))
        batch_op.drop_index(batch_op.f("ix_lost_found_item_category"))

    op.drop_table("lost_found_item")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_type_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_state"))
        batch_op.drop_index("ix_feedback_open")
        batch_op.drop_index(batch_op.f("ix_feedback_member_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_kind"))
        batch_op.drop_index(batch_op.f("ix_feedback_escalated_at"))
        batch_op.drop_index(batch_op.f("ix_feedback_created_at"))
        batch_op.drop_index(batch_op.f("ix_feedback_community_id"))
        batch_op.drop_index(batch_op.f("ix_feedback_author_index"))
        batch_op.drop_index(batch_op.f("ix_feedback_assigned_to"))

    op.drop_table("feedback")
    with op.batch_alter_table("feedback_type", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_type_position"))
        batch_op.drop_index(batch_op.f("ix_feedback_type_kind"))
        batch_op.drop_index(batch_op.f("ix_feedback_type_created_at"))
        batch_op.drop_index(batch_op.f("ix_feedback_type_active"))

    op.drop_table("feedback_type")
