"""Tables of visits: gates, passes, passages."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0060"
down_revision = "0053"


def upgrade() -> None:
    op.create_table(
        "pass_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("retires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_key")),
        sa.UniqueConstraint("number", name=op.f("uq_pass_key_number")),
    )
    with op.batch_alter_table("pass_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pass_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "batch_grant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("most_cards", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_batch_grant_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_batch_grant_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_grant")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_batch_grant_customer_id")),
    )
    with op.batch_alter_table("batch_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_grant_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_batch_grant_created_at"), ["created_at"], unique=False)

    op.create_table(
        "blocked_visitor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("phone_tail", sa.String(length=4), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_blocked_visitor_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_visitor")),
    )
    with op.batch_alter_table("blocked_visitor", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blocked_visitor_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_blocked_visitor_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blocked_visitor_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_blocked_visitor_phone_index"), ["phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_blocked_visitor_phone_tail"), ["phone_tail"], unique=False)

    op.create_table(
        "gate_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_gate_group_building_id_building")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_gate_group_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_group")),
        sa.UniqueConstraint("community_id", "building_id", name=op.f("uq_gate_group_community_id_building_id")),
    )
    with op.batch_alter_table("gate_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gate_group_building_id"), ["building_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_group_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_group_created_at"), ["created_at"], unique=False)

    op.create_table(
        "gate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=24), nullable=False),
        sa.Column("protocol", sa.String(length=24), nullable=False),
        sa.Column("device_serial", sa.String(length=64), nullable=True),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("takes_codes", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_gate_community_id_community")),
        sa.ForeignKeyConstraint(["group_id"], ["gate_group.id"], name=op.f("fk_gate_group_id_gate_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate")),
        sa.UniqueConstraint("device_serial", name=op.f("uq_gate_device_serial")),
        sa.UniqueConstraint("number", name=op.f("uq_gate_number")),
    )
    with op.batch_alter_table("gate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gate_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_direction"), ["direction"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_last_seen_at"), ["last_seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_gate_protocol"), ["protocol"], unique=False)

    op.create_table(
        "pass_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_by_member", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_pass_batch_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_pass_batch_customer_id_customer")),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_pass_batch_decided_by_ab_user")),
        sa.ForeignKeyConstraint(
            ["decided_by_member"],
            ["member.id"],
            name=op.f("fk_pass_batch_decided_by_member_member"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_pass_batch_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_pass_batch_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_batch")),
    )
    with op.batch_alter_table("pass_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pass_batch_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_pass_batch_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("visitor_name", sa.String(length=32), nullable=False),
        sa.Column("visitor_phone", sa.Text(), nullable=True),
        sa.Column("visitor_phone_index", sa.String(length=64), nullable=True),
        sa.Column("visitor_phone_tail", sa.String(length=4), nullable=True),
        sa.Column("plate", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("host_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["pass_batch.id"], name=op.f("fk_visit_batch_id_pass_batch")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_visit_community_id_community")),
        sa.ForeignKeyConstraint(["host_id"], ["member.id"], name=op.f("fk_visit_host_id_member"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_visit_member_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_visit_staff_id_ab_user")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_visit_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_arrived_at"), ["arrived_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index("ix_visit_expected", ["community_id", "state", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_host_id"), ["host_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_kind"), ["kind"], unique=False)
        batch_op.create_index("ix_visit_member_id_id", ["member_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_state"), ["state"], unique=False)
        batch_op.create_index("ix_visit_unit_id_state", ["unit_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_visitor_name"), ["visitor_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_visitor_phone_index"), ["visitor_phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_visitor_phone_tail"), ["visitor_phone_tail"], unique=False)

    op.create_table(
        "access_pass",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("exits", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_access_pass_community_id_community")),
        sa.ForeignKeyConstraint(["group_id"], ["gate_group.id"], name=op.f("fk_access_pass_group_id_gate_group")),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visit.id"], name=op.f("fk_access_pass_visit_id_visit"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_pass")),
        sa.UniqueConstraint("code", name=op.f("uq_access_pass_code")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_access_pass_visit_id")),
    )
    with op.batch_alter_table("access_pass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_pass_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_access_pass_group_id_ends_at", ["group_id", "ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_pass_state"), ["state"], unique=False)

    op.create_table(
        "passage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("direction", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("conflict", sa.String(length=24), nullable=True),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_passage_community_id_community")),
        sa.ForeignKeyConstraint(["gate_id"], ["gate.id"], name=op.f("fk_passage_gate_id_gate")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_passage_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint("gate_id", "serial", name=op.f("uq_passage_gate_id_serial")),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index("ix_passage_community_id_scanned_at", ["community_id", "scanned_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_conflict"), ["conflict"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_direction"), ["direction"], unique=False)
        batch_op.create_index("ix_passage_gate_id_scanned_at", ["gate_id", "scanned_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_outcome"), ["outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_scanned_at"), ["scanned_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_passage_visit_id"), ["visit_id"], unique=False)

    for statement in append_only_ddl("passage", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in drop_append_only_ddl("passage", op.get_bind().dialect.name):
        op.execute(statement)
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passage_visit_id"))
        batch_op.drop_index(batch_op.f("ix_passage_scanned_at"))
        batch_op.drop_index(batch_op.f("ix_passage_outcome"))
        batch_op.drop_index("ix_passage_gate_id_scanned_at")
        batch_op.drop_index(batch_op.f("ix_passage_direction"))
        batch_op.drop_index(batch_op.f("ix_passage_created_at"))
        batch_op.drop_index(batch_op.f("ix_passage_conflict"))
        batch_op.drop_index("ix_passage_community_id_scanned_at")

    op.drop_table("passage")
    with op.batch_alter_table("access_pass", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_pass_state"))
        batch_op.drop_index("ix_access_pass_group_id_ends_at")
        batch_op.drop_index(batch_op.f("ix_access_pass_created_at"))

    op.drop_table("access_pass")
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_visitor_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_visit_visitor_phone_index"))
        batch_op.drop_index(batch_op.f("ix_visit_visitor_name"))
        batch_op.drop_index("ix_visit_unit_id_state")
        batch_op.drop_index(batch_op.f("ix_visit_state"))
        batch_op.drop_index(batch_op.f("ix_visit_starts_at"))
        batch_op.drop_index("ix_visit_member_id_id")
        batch_op.drop_index(batch_op.f("ix_visit_kind"))
        batch_op.drop_index(batch_op.f("ix_visit_host_id"))
        batch_op.drop_index("ix_visit_expected")
        batch_op.drop_index(batch_op.f("ix_visit_ends_at"))
        batch_op.drop_index(batch_op.f("ix_visit_created_at"))
        batch_op.drop_index(batch_op.f("ix_visit_batch_id"))
        batch_op.drop_index(batch_op.f("ix_visit_arrived_at"))

    op.drop_table("visit")
    with op.batch_alter_table("pass_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pass_batch_unit_id"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_state"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_member_id"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_ends_at"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_customer_id"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_created_at"))
        batch_op.drop_index(batch_op.f("ix_pass_batch_community_id"))

    op.drop_table("pass_batch")
    with op.batch_alter_table("gate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gate_protocol"))
        batch_op.drop_index(batch_op.f("ix_gate_last_seen_at"))
        batch_op.drop_index(batch_op.f("ix_gate_group_id"))
        batch_op.drop_index(batch_op.f("ix_gate_direction"))
        batch_op.drop_index(batch_op.f("ix_gate_created_at"))
        batch_op.drop_index(batch_op.f("ix_gate_community_id"))
        batch_op.drop_index(batch_op.f("ix_gate_active"))

    op.drop_table("gate")
    with op.batch_alter_table("gate_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gate_group_created_at"))
        batch_op.drop_index(batch_op.f("ix_gate_group_community_id"))
        batch_op.drop_index(batch_op.f("ix_gate_group_building_id"))

    op.drop_table("gate_group")
    with op.batch_alter_table("blocked_visitor", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blocked_visitor_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_blocked_visitor_phone_index"))
        batch_op.drop_index(batch_op.f("ix_blocked_visitor_created_at"))
        batch_op.drop_index(batch_op.f("ix_blocked_visitor_community_id"))
        batch_op.drop_index(batch_op.f("ix_blocked_visitor_active"))

    op.drop_table("blocked_visitor")
    with op.batch_alter_table("batch_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_grant_created_at"))
        batch_op.drop_index(batch_op.f("ix_batch_grant_community_id"))

    op.drop_table("batch_grant")
    with op.batch_alter_table("pass_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pass_key_created_at"))

    op.drop_table("pass_key")
