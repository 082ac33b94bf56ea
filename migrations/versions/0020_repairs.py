"""Tables of repairs: categories, equipment, work orders with their timeline, follow-up calls."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0020"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "repair_category",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("trade", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.String(length=24), nullable=False),
        sa.Column("respond_urgent", sa.Integer(), nullable=False),
        sa.Column("finish_urgent", sa.Integer(), nullable=False),
        sa.Column("respond_normal", sa.Integer(), nullable=False),
        sa.Column("finish_normal", sa.Integer(), nullable=False),
        sa.Column("respond_low", sa.Integer(), nullable=False),
        sa.Column("finish_low", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["repair_category.id"], name=op.f("fk_repair_category_parent_id_repair_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_category")),
        sa.UniqueConstraint("name", name=op.f("uq_repair_category_name")),
    )
    with op.batch_alter_table("repair_category", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_repair_category_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_category_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_category_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_category_priority"), ["priority"], unique=False)
        batch_op.create_index(batch_op.f("ix_repair_category_trade"), ["trade"], unique=False)

    op.create_table(
        "equipment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["repair_category.id"], name=op.f("fk_equipment_category_id_repair_category")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_equipment_community_id_community")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_equipment_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("code", name=op.f("uq_equipment_code")),
        sa.UniqueConstraint("community_id", "name", "place", name=op.f("uq_equipment_community_id_name_place")),
    )
    with op.batch_alter_table("equipment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_equipment_active"), ["active"], unique=False)
        batch_op.create_index(batch_op.f("ix_equipment_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_equipment_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_equipment_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_equipment_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_equipment_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "work_order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("area", sa.String(length=24), nullable=False),
        sa.Column("category_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("trade", sa.String(length=24), nullable=False),
        sa.Column("priority", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("equipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("preferred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reporter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_name", sa.String(length=64), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_phone_index", sa.String(length=64), nullable=True),
        sa.Column("contact_phone_tail", sa.String(length=4), nullable=True),
        sa.Column("registered_by", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("technician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(length=24), nullable=False),
        sa.Column("proposed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("solution", sa.String(length=2000), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("round_clock", sa.Boolean(), nullable=False),
        sa.Column("respond_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finish_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock", sa.String(length=24), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_working_seconds", sa.Integer(), nullable=False),
        sa.Column("respond_warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finish_warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("respond_late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finish_late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fee_state", sa.String(length=24), nullable=False),
        sa.Column("quote_fen", sa.BigInteger(), nullable=False),
        sa.Column("quote_note", sa.String(length=500), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("speed", sa.Integer(), nullable=True),
        sa.Column("attitude", sa.Integer(), nullable=True),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("rating_note", sa.String(length=500), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(technician_id IS NULL) <= (state IN ('submitted', 'cancelled'))", name=op.f("ck_work_order_assigned")
        ),
        sa.CheckConstraint("quote_fen >= 0", name=op.f("ck_work_order_quote")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_work_order_bill_id_bill")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["repair_category.id"], name=op.f("fk_work_order_category_id_repair_category")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_work_order_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_work_order_customer_id_customer")),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_work_order_equipment_id_equipment")),
        sa.ForeignKeyConstraint(["registered_by"], ["ab_user.id"], name=op.f("fk_work_order_registered_by_ab_user")),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["member.id"], name=op.f("fk_work_order_reporter_id_member"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_work_order_technician_id_technician")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_work_order_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("bill_id", name=op.f("uq_work_order_bill_id")),
        sa.UniqueConstraint("number", name=op.f("uq_work_order_number")),
    )
    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_order_appointment_at"), ["appointment_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_area"), ["area"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_category_id"), ["category_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_clock"), ["clock"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_contact_phone_index"), ["contact_phone_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_contact_phone_tail"), ["contact_phone_tail"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_work_order_due", ["state", "finish_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_equipment_id"), ["equipment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_fee_state"), ["fee_state"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_finish_due_at"), ["finish_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_finished_at"), ["finished_at"], unique=False)
        batch_op.create_index("ix_work_order_pool", ["state", "area", "trade", "community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_priority"), ["priority"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_proposed_by"), ["proposed_by"], unique=False)
        batch_op.create_index("ix_work_order_reporter_id_id", ["reporter_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_respond_due_at"), ["respond_due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_state"), ["state"], unique=False)
        batch_op.create_index("ix_work_order_technician_state", ["technician_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_trade"), ["trade"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("called_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["called_by"], ["ab_user.id"], name=op.f("fk_follow_up_called_by_ab_user")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_follow_up_community_id_community")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_follow_up_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_follow_up_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_outcome"), ["outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_follow_up_work_order_id"), ["work_order_id"], unique=False)

    op.create_table(
        "work_order_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("work_order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("technician_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_work_order_event_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["technician.id"], name=op.f("fk_work_order_event_technician_id_technician")
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_work_order_event_work_order_id_work_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_event")),
    )
    with op.batch_alter_table("work_order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_order_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_event_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_event_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_work_order_event_order", ["work_order_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_order_event_step"), ["step"], unique=False)

    for statement in append_only_ddl("work_order_event", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    for statement in drop_append_only_ddl("work_order_event", op.get_bind().dialect.name):
        op.execute(statement)
    with op.batch_alter_table("work_order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_order_event_step"))
        batch_op.drop_index("ix_work_order_event_order")
        batch_op.drop_index(batch_op.f("ix_work_order_event_created_at"))
        batch_op.drop_index(batch_op.f("ix_work_order_event_community_id"))
        batch_op.drop_index(batch_op.f("ix_work_order_event_at"))

    op.drop_table("work_order_event")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_up_work_order_id"))
        batch_op.drop_index(batch_op.f("ix_follow_up_outcome"))
        batch_op.drop_index(batch_op.f("ix_follow_up_created_at"))
        batch_op.drop_index(batch_op.f("ix_follow_up_community_id"))

    op.drop_table("follow_up")
    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_order_unit_id"))
        batch_op.drop_index(batch_op.f("ix_work_order_trade"))
        batch_op.drop_index("ix_work_order_technician_state")
        batch_op.drop_index(batch_op.f("ix_work_order_state"))
        batch_op.drop_index(batch_op.f("ix_work_order_respond_due_at"))
        batch_op.drop_index("ix_work_order_reporter_id_id")
        batch_op.drop_index(batch_op.f("ix_work_order_proposed_by"))
        batch_op.drop_index(batch_op.f("ix_work_order_priority"))
        batch_op.drop_index("ix_work_order_pool")
        batch_op.drop_index(batch_op.f("ix_work_order_finished_at"))
        batch_op.drop_index(batch_op.f("ix_work_order_finish_due_at"))
        batch_op.drop_index(batch_op.f("ix_work_order_fee_state"))
        batch_op.drop_index(batch_op.f("ix_work_order_equipment_id"))
        batch_op.drop_index("ix_work_order_due")
        batch_op.drop_index(batch_op.f("ix_work_order_customer_id"))
        batch_op.drop_index(batch_op.f("ix_work_order_created_at"))
        batch_op.drop_index(batch_op.f("ix_work_order_contact_phone_tail"))
        batch_op.drop_index(batch_op.f("ix_work_order_contact_phone_index"))
        batch_op.drop_index(batch_op.f("ix_work_order_community_id"))
        batch_op.drop_index(batch_op.f("ix_work_order_clock"))
        batch_op.drop_index(batch_op.f("ix_work_order_channel"))
        batch_op.drop_index(batch_op.f("ix_work_order_category_id"))
        batch_op.drop_index(batch_op.f("ix_work_order_area"))
        batch_op.drop_index(batch_op.f("ix_work_order_appointment_at"))

    op.drop_table("work_order")
    with op.batch_alter_table("equipment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_equipment_unit_id"))
        batch_op.drop_index(batch_op.f("ix_equipment_name"))
        batch_op.drop_index(batch_op.f("ix_equipment_created_at"))
        batch_op.drop_index(batch_op.f("ix_equipment_community_id"))
        batch_op.drop_index(batch_op.f("ix_equipment_category_id"))
        batch_op.drop_index(batch_op.f("ix_equipment_active"))

    op.drop_table("equipment")
    with op.batch_alter_table("repair_category", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_repair_category_trade"))
        batch_op.drop_index(batch_op.f("ix_repair_category_priority"))
        batch_op.drop_index(batch_op.f("ix_repair_category_parent_id"))
        batch_op.drop_index(batch_op.f("ix_repair_category_created_at"))
        batch_op.drop_index(batch_op.f("ix_repair_category_active"))

    op.drop_table("repair_category")
