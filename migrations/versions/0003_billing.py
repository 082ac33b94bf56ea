"""Tables of billing, and the nonces of signed calls."""

import sqlalchemy as sa
from alembic import op

from app.core.db import append_only_ddl, drop_append_only_ddl

revision = "0003"
down_revision = "0002"

APPEND_ONLY = ("bill_line", "ledger_entry", "receipt", "dunning_notice")


def upgrade() -> None:
    op.create_table(
        "billing_counter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_counter")),
        sa.UniqueConstraint("key", name=op.f("uq_billing_counter_key")),
    )
    with op.batch_alter_table("billing_counter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_billing_counter_created_at"), ["created_at"], unique=False)

    op.create_table(
        "fee_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_item")),
        sa.UniqueConstraint("key", name=op.f("uq_fee_item_key")),
        sa.UniqueConstraint("name", name=op.f("uq_fee_item_name")),
    )
    with op.batch_alter_table("fee_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fee_item_created_at"), ["created_at"], unique=False)

    op.create_table(
        "reconciliation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("channel_count", sa.Integer(), nullable=False),
        sa.Column("channel_fen", sa.BigInteger(), nullable=False),
        sa.Column("our_count", sa.Integer(), nullable=False),
        sa.Column("our_fen", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
        sa.UniqueConstraint("channel", "day", name=op.f("uq_reconciliation_channel_day")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reconciliation_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_reconciliation_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reconciliation_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_reconciliation_state"), ["state"], unique=False)

    op.create_table(
        "spent_nonce",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_nonce")),
        sa.UniqueConstraint("key", "nonce", name=op.f("uq_spent_nonce_key_nonce")),
    )
    with op.batch_alter_table("spent_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spent_nonce_created_at"), ["created_at"], unique=False)

    op.create_table(
        "customer_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prepaid_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("prepaid_fen >= 0", name=op.f("ck_customer_account_prepaid")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_customer_account_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_account_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_account")),
        sa.UniqueConstraint("customer_id", "community_id", name=op.f("uq_customer_account_customer_id_community_id")),
    )
    with op.batch_alter_table("customer_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_account_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_account_created_at"), ["created_at"], unique=False)

    op.create_table(
        "dunning_stage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_dunning_stage_community_id_community")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_stage")),
    )
    with op.batch_alter_table("dunning_stage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dunning_stage_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_stage_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_stage_created_at"), ["created_at"], unique=False)

    op.create_table(
        "finance_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=48), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_finance_key_community_id_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_finance_key_key_id")),
    )
    with op.batch_alter_table("finance_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finance_key_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("channel_no", sa.String(length=64), nullable=True),
        sa.Column("prepay_id", sa.String(length=96), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("cashier_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("refunded_fen >= 0 AND refunded_fen <= amount_fen", name=op.f("ck_payment_refunded")),
        sa.ForeignKeyConstraint(["cashier_id"], ["ab_user.id"], name=op.f("fk_payment_cashier_id_ab_user")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_payment_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_payment_customer_id_customer")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_payment_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("channel", "channel_no", name=op.f("uq_payment_channel_channel_no")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_number")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_payment_customer", ["customer_id", "id"], unique=False)
        batch_op.create_index("ix_payment_day", ["community_id", "paid_on", "channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_member_id"), ["member_id"], unique=False)
        batch_op.create_index("ix_payment_open", ["state", "channel", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_state"), ["state"], unique=False)

    op.create_table(
        "tariff",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fee_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=24), nullable=False),
        sa.Column("cycle", sa.String(length=24), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_tariff_community_id_community")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_item.id"], name=op.f("fk_tariff_fee_item_id_fee_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_tariff_community_id_name")),
    )
    with op.batch_alter_table("tariff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tariff_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_cycle"), ["cycle"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_fee_item_id"), ["fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_method"), ["method"], unique=False)

    op.create_table(
        "bill_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("building_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fee_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("bills", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_bill_run_building_id_building")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_bill_run_community_id_community")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_item.id"], name=op.f("fk_bill_run_fee_item_id_fee_item")),
        sa.ForeignKeyConstraint(["issued_by"], ["ab_user.id"], name=op.f("fk_bill_run_issued_by_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_run")),
    )
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bill_run_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_run_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_run_period"), ["period"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_run_state"), ["state"], unique=False)

    op.create_table(
        "invoice_request",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("invoice_no", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_invoice_request_community_id_community")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_invoice_request_member_id_member")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_invoice_request_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_request")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_invoice_request_payment_id")),
    )
    with op.batch_alter_table("invoice_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_request_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_request_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_request_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_request_state"), ["state"], unique=False)

    op.create_table(
        "payment_alert",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel_no", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("dedupe", sa.String(length=96), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("resolution", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_payment_alert_community_id_community")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_payment_alert_customer_id_customer")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_alert_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_alert")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_payment_alert_dedupe")),
    )
    with op.batch_alter_table("payment_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_alert_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_alert_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_alert_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_alert_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_alert_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_alert_state"), ["state"], unique=False)

    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_receipt_community_id_community")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_receipt_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_receipt_payment_id")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_created_at"), ["created_at"], unique=False)

    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("channel_no", sa.String(length=64), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_refund_community_id_community")),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_refund_decided_by_ab_user")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id_payment")),
        sa.ForeignKeyConstraint(["requested_by"], ["ab_user.id"], name=op.f("fk_refund_requested_by_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("number", name=op.f("uq_refund_number")),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refund_state"), ["state"], unique=False)

    op.create_table(
        "tariff_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tariff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("late_rate", sa.BigInteger(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("late_cap_percent", sa.Integer(), nullable=False),
        sa.Column("vacant_percent", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_tariff_version_community_id_community")
        ),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariff.id"], name=op.f("fk_tariff_version_tariff_id_tariff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_version")),
        sa.UniqueConstraint("tariff_id", "valid_from", name=op.f("uq_tariff_version_tariff_id_valid_from")),
    )
    with op.batch_alter_table("tariff_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tariff_version_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_version_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_version_tariff_id"), ["tariff_id"], unique=False)

    op.create_table(
        "deposit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("deducted_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_deposit_amount")),
        sa.CheckConstraint("deducted_fen >= 0 AND deducted_fen <= amount_fen", name=op.f("ck_deposit_deducted")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_deposit_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_deposit_customer_id_customer")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_deposit_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint("number", name=op.f("uq_deposit_number")),
    )
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deposit_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposit_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposit_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposit_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_deposit_state"), ["state"], unique=False)

    op.create_table(
        "meter",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("multiplier", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_meter_community_id_community")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_meter_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter")),
        sa.UniqueConstraint("number", name=op.f("uq_meter_number")),
    )
    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meter_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "reconciliation_difference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reconciliation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel_fen", sa.BigInteger(), nullable=True),
        sa.Column("our_fen", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("resolution", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_reconciliation_difference_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["reconciliation_id"],
            ["reconciliation.id"],
            name=op.f("fk_reconciliation_difference_reconciliation_id_reconciliation"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_reconciliation_difference_refund_id_refund")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_difference")),
        sa.UniqueConstraint(
            "reconciliation_id",
            "kind",
            "reference",
            name=op.f("uq_reconciliation_difference_reconciliation_id_kind_reference"),
        ),
    )
    with op.batch_alter_table("reconciliation_difference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reconciliation_difference_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reconciliation_difference_kind"), ["kind"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_reconciliation_difference_reconciliation_id"), ["reconciliation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_reconciliation_difference_state"), ["state"], unique=False)

    op.create_table(
        "meter_reading",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("flag", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_meter_reading_community_id_community")
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name=op.f("fk_meter_reading_meter_id_meter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_reading")),
        sa.UniqueConstraint("meter_id", "read_on", name=op.f("uq_meter_reading_meter_id_read_on")),
    )
    with op.batch_alter_table("meter_reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meter_reading_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_reading_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_reading_flag"), ["flag"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_reading_meter_id"), ["meter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_reading_read_on"), ["read_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_meter_reading_source"), ["source"], unique=False)

    op.create_table(
        "tariff_assignment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tariff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payer", sa.String(length=24), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("meter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_tariff_assignment_community_id_community")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_tariff_assignment_customer_id_customer")
        ),
        sa.ForeignKeyConstraint(["meter_id"], ["meter.id"], name=op.f("fk_tariff_assignment_meter_id_meter")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariff.id"], name=op.f("fk_tariff_assignment_tariff_id_tariff")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_tariff_assignment_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_assignment")),
        sa.UniqueConstraint(
            "tariff_id", "unit_id", "starts_on", name=op.f("uq_tariff_assignment_tariff_id_unit_id_starts_on")
        ),
    )
    with op.batch_alter_table("tariff_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tariff_assignment_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_meter_id"), ["meter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_payer"), ["payer"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_tariff_id"), ["tariff_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tariff_assignment_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "bill",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fee_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tariff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tariff_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assignment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("waived_fen", sa.BigInteger(), nullable=False),
        sa.Column("late_fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("late_paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("late_waived_fen", sa.BigInteger(), nullable=False),
        sa.Column("late_micro_fen", sa.BigInteger(), nullable=False),
        sa.Column("late_until", sa.Date(), nullable=True),
        sa.Column("late_rate", sa.BigInteger(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("late_cap_percent", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_bill_amount")),
        sa.CheckConstraint(
            "late_paid_fen >= 0 AND late_waived_fen >= 0 AND late_paid_fen + late_waived_fen <= late_fee_fen",
            name=op.f("ck_bill_late_fee"),
        ),
        sa.CheckConstraint(
            "paid_fen >= 0 AND waived_fen >= 0 AND paid_fen + waived_fen <= amount_fen", name=op.f("ck_bill_principal")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["tariff_assignment.id"], name=op.f("fk_bill_assignment_id_tariff_assignment")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_bill_community_id_community")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_bill_customer_id_customer")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_item.id"], name=op.f("fk_bill_fee_item_id_fee_item")),
        sa.ForeignKeyConstraint(["run_id"], ["bill_run.id"], name=op.f("fk_bill_run_id_bill_run")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariff.id"], name=op.f("fk_bill_tariff_id_tariff")),
        sa.ForeignKeyConstraint(
            ["tariff_version_id"], ["tariff_version.id"], name=op.f("fk_bill_tariff_version_id_tariff_version")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_bill_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill")),
        sa.UniqueConstraint("number", name=op.f("uq_bill_number")),
        sa.UniqueConstraint("origin", name=op.f("uq_bill_origin")),
    )
    with op.batch_alter_table("bill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bill_community_id"), ["community_id"], unique=False)
        batch_op.create_index("ix_bill_community_period", ["community_id", "period", "fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_bill_customer_state", ["customer_id", "state", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_fee_item_id"), ["fee_item_id"], unique=False)
        batch_op.create_index("ix_bill_overdue", ["state", "due_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_tariff_version_id"), ["tariff_version_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bill_unit_id"), ["unit_id"], unique=False)
        batch_op.create_index(
            "uq_bill_charged_once",
            ["assignment_id", "customer_id", "period", "starts_on"],
            unique=True,
            sqlite_where=sa.text("state <> 'void'"),
            postgresql_where=sa.text("state <> 'void'"),
        )

    op.create_table(
        "bill_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=24), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("period_days", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_bill_line_bill_id_bill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_line")),
        sa.UniqueConstraint("bill_id", "position", name=op.f("uq_bill_line_bill_id_position")),
    )
    with op.batch_alter_table("bill_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bill_line_created_at"), ["created_at"], unique=False)

    op.create_table(
        "dunning_hold",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_dunning_hold_bill_id_bill")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_dunning_hold_community_id_community")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_dunning_hold_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_hold")),
    )
    with op.batch_alter_table("dunning_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dunning_hold_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_hold_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_hold_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_hold_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_hold_reason"), ["reason"], unique=False)

    op.create_table(
        "dunning_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_dunning_notice_bill_id_bill")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_dunning_notice_community_id_community")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_dunning_notice_customer_id_customer")),
        sa.ForeignKeyConstraint(["staff_id"], ["ab_user.id"], name=op.f("fk_dunning_notice_staff_id_ab_user")),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["dunning_stage.id"], name=op.f("fk_dunning_notice_stage_id_dunning_stage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_notice")),
        sa.UniqueConstraint("bill_id", "stage_id", name=op.f("uq_dunning_notice_bill_id_stage_id")),
    )
    with op.batch_alter_table("dunning_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dunning_notice_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_channel"), ["channel"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_outcome"), ["outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_dunning_notice_sent_at"), ["sent_at"], unique=False)

    op.create_table(
        "finance_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_no", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("bill_no", sa.String(length=40), nullable=False),
        sa.Column("customer_name", sa.String(length=128), nullable=False),
        sa.Column("payer", sa.String(length=128), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_finance_entry_bill_id_bill")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_finance_entry_community_id_community")
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_finance_entry_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_entry")),
        sa.UniqueConstraint("external_no", name=op.f("uq_finance_entry_external_no")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_finance_entry_payment_id")),
    )
    with op.batch_alter_table("finance_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finance_entry_bill_no"), ["bill_no"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_entry_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_entry_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_entry_paid_on"), ["paid_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_entry_source"), ["source"], unique=False)
        batch_op.create_index(batch_op.f("ix_finance_entry_state"), ["state"], unique=False)

    op.create_table(
        "payment_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_payment_item_bill_id_bill")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_item_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_item")),
        sa.UniqueConstraint("payment_id", "bill_id", name=op.f("uq_payment_item_payment_id_bill_id")),
    )
    with op.batch_alter_table("payment_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_item_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_item_created_at"), ["created_at"], unique=False)

    op.create_table(
        "waiver",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_waiver_amount")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_waiver_bill_id_bill")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_waiver_community_id_community")),
        sa.ForeignKeyConstraint(["decided_by"], ["ab_user.id"], name=op.f("fk_waiver_decided_by_ab_user")),
        sa.ForeignKeyConstraint(["requested_by"], ["ab_user.id"], name=op.f("fk_waiver_requested_by_ab_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
    )
    with op.batch_alter_table("waiver", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiver_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_waiver_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_waiver_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_waiver_part"), ["part"], unique=False)
        batch_op.create_index(batch_op.f("ix_waiver_state"), ["state"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("community_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("debit", sa.String(length=24), nullable=False),
        sa.Column("credit", sa.String(length=24), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("bill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("fee_item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("period", sa.String(length=7), nullable=True),
        sa.Column("payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("waiver_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deposit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_ledger_entry_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_entry_accounts")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_ledger_entry_bill_id_bill")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_ledger_entry_community_id_community")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_ledger_entry_customer_id_customer")),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name=op.f("fk_ledger_entry_deposit_id_deposit")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["fee_item.id"], name=op.f("fk_ledger_entry_fee_item_id_fee_item")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_ledger_entry_payment_id_payment")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_ledger_entry_refund_id_refund")),
        sa.ForeignKeyConstraint(["waiver_id"], ["waiver.id"], name=op.f("fk_ledger_entry_waiver_id_waiver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_bill_id"), ["bill_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_created_at"), ["created_at"], unique=False)
        batch_op.create_index("ix_ledger_entry_customer", ["customer_id", "id"], unique=False)
        batch_op.create_index("ix_ledger_entry_day", ["community_id", "booked_on", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_deposit_id"), ["deposit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_period", ["community_id", "period", "fee_item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_refund_id"), ["refund_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_waiver_id"), ["waiver_id"], unique=False)
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)


def downgrade() -> None:
    for table in APPEND_ONLY:
        for statement in drop_append_only_ddl(table, op.get_bind().dialect.name):
            op.execute(statement)
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_entry_waiver_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_refund_id"))
        batch_op.drop_index("ix_ledger_entry_period")
        batch_op.drop_index(batch_op.f("ix_ledger_entry_payment_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_deposit_id"))
        batch_op.drop_index("ix_ledger_entry_day")
        batch_op.drop_index("ix_ledger_entry_customer")
        batch_op.drop_index(batch_op.f("ix_ledger_entry_created_at"))
        batch_op.drop_index(batch_op.f("ix_ledger_entry_bill_id"))

    op.drop_table("ledger_entry")
    with op.batch_alter_table("waiver", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_waiver_state"))
        batch_op.drop_index(batch_op.f("ix_waiver_part"))
        batch_op.drop_index(batch_op.f("ix_waiver_created_at"))
        batch_op.drop_index(batch_op.f("ix_waiver_community_id"))
        batch_op.drop_index(batch_op.f("ix_waiver_bill_id"))

    op.drop_table("waiver")
    with op.batch_alter_table("payment_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_item_created_at"))
        batch_op.drop_index(batch_op.f("ix_payment_item_bill_id"))

    op.drop_table("payment_item")
    with op.batch_alter_table("finance_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_entry_state"))
        batch_op.drop_index(batch_op.f("ix_finance_entry_source"))
        batch_op.drop_index(batch_op.f("ix_finance_entry_paid_on"))
        batch_op.drop_index(batch_op.f("ix_finance_entry_created_at"))
        batch_op.drop_index(batch_op.f("ix_finance_entry_community_id"))
        batch_op.drop_index(batch_op.f("ix_finance_entry_bill_no"))

    op.drop_table("finance_entry")
    with op.batch_alter_table("dunning_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dunning_notice_sent_at"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_outcome"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_customer_id"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_created_at"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_community_id"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_channel"))
        batch_op.drop_index(batch_op.f("ix_dunning_notice_bill_id"))

    op.drop_table("dunning_notice")
    with op.batch_alter_table("dunning_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dunning_hold_reason"))
        batch_op.drop_index(batch_op.f("ix_dunning_hold_customer_id"))
        batch_op.drop_index(batch_op.f("ix_dunning_hold_created_at"))
        batch_op.drop_index(batch_op.f("ix_dunning_hold_community_id"))
        batch_op.drop_index(batch_op.f("ix_dunning_hold_bill_id"))

    op.drop_table("dunning_hold")
    with op.batch_alter_table("bill_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bill_line_created_at"))

    op.drop_table("bill_line")
    with op.batch_alter_table("bill", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bill_charged_once", sqlite_where=sa.text("state <> 'void'"), postgresql_where=sa.text("state <> 'void'")
        )
        batch_op.drop_index(batch_op.f("ix_bill_unit_id"))
        batch_op.drop_index(batch_op.f("ix_bill_tariff_version_id"))
        batch_op.drop_index(batch_op.f("ix_bill_state"))
        batch_op.drop_index(batch_op.f("ix_bill_run_id"))
        batch_op.drop_index("ix_bill_overdue")
        batch_op.drop_index(batch_op.f("ix_bill_fee_item_id"))
        batch_op.drop_index("ix_bill_customer_state")
        batch_op.drop_index(batch_op.f("ix_bill_created_at"))
        batch_op.drop_index("ix_bill_community_period")
        batch_op.drop_index(batch_op.f("ix_bill_community_id"))

    op.drop_table("bill")
    with op.batch_alter_table("tariff_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_unit_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_tariff_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_payer"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_meter_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_customer_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_created_at"))
        batch_op.drop_index(batch_op.f("ix_tariff_assignment_community_id"))

    op.drop_table("tariff_assignment")
    with op.batch_alter_table("meter_reading", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meter_reading_source"))
        batch_op.drop_index(batch_op.f("ix_meter_reading_read_on"))
        batch_op.drop_index(batch_op.f("ix_meter_reading_meter_id"))
        batch_op.drop_index(batch_op.f("ix_meter_reading_flag"))
        batch_op.drop_index(batch_op.f("ix_meter_reading_created_at"))
        batch_op.drop_index(batch_op.f("ix_meter_reading_community_id"))

    op.drop_table("meter_reading")
    with op.batch_alter_table("reconciliation_difference", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reconciliation_difference_state"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_difference_reconciliation_id"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_difference_kind"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_difference_created_at"))

    op.drop_table("reconciliation_difference")
    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meter_unit_id"))
        batch_op.drop_index(batch_op.f("ix_meter_kind"))
        batch_op.drop_index(batch_op.f("ix_meter_created_at"))
        batch_op.drop_index(batch_op.f("ix_meter_community_id"))

    op.drop_table("meter")
    with op.batch_alter_table("deposit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deposit_state"))
        batch_op.drop_index(batch_op.f("ix_deposit_customer_id"))
        batch_op.drop_index(batch_op.f("ix_deposit_created_at"))
        batch_op.drop_index(batch_op.f("ix_deposit_community_id"))
        batch_op.drop_index(batch_op.f("ix_deposit_channel"))

    op.drop_table("deposit")
    with op.batch_alter_table("tariff_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tariff_version_tariff_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_version_created_at"))
        batch_op.drop_index(batch_op.f("ix_tariff_version_community_id"))

    op.drop_table("tariff_version")
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refund_state"))
        batch_op.drop_index(batch_op.f("ix_refund_payment_id"))
        batch_op.drop_index(batch_op.f("ix_refund_created_at"))
        batch_op.drop_index(batch_op.f("ix_refund_community_id"))

    op.drop_table("refund")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_created_at"))
        batch_op.drop_index(batch_op.f("ix_receipt_community_id"))

    op.drop_table("receipt")
    with op.batch_alter_table("payment_alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_alert_state"))
        batch_op.drop_index(batch_op.f("ix_payment_alert_payment_id"))
        batch_op.drop_index(batch_op.f("ix_payment_alert_kind"))
        batch_op.drop_index(batch_op.f("ix_payment_alert_created_at"))
        batch_op.drop_index(batch_op.f("ix_payment_alert_community_id"))
        batch_op.drop_index(batch_op.f("ix_payment_alert_channel"))

    op.drop_table("payment_alert")
    with op.batch_alter_table("invoice_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_request_state"))
        batch_op.drop_index(batch_op.f("ix_invoice_request_member_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_request_created_at"))
        batch_op.drop_index(batch_op.f("ix_invoice_request_community_id"))

    op.drop_table("invoice_request")
    with op.batch_alter_table("bill_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bill_run_state"))
        batch_op.drop_index(batch_op.f("ix_bill_run_period"))
        batch_op.drop_index(batch_op.f("ix_bill_run_created_at"))
        batch_op.drop_index(batch_op.f("ix_bill_run_community_id"))

    op.drop_table("bill_run")
    with op.batch_alter_table("tariff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tariff_method"))
        batch_op.drop_index(batch_op.f("ix_tariff_fee_item_id"))
        batch_op.drop_index(batch_op.f("ix_tariff_cycle"))
        batch_op.drop_index(batch_op.f("ix_tariff_created_at"))
        batch_op.drop_index(batch_op.f("ix_tariff_community_id"))

    op.drop_table("tariff")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_state"))
        batch_op.drop_index("ix_payment_open")
        batch_op.drop_index(batch_op.f("ix_payment_member_id"))
        batch_op.drop_index("ix_payment_day")
        batch_op.drop_index("ix_payment_customer")
        batch_op.drop_index(batch_op.f("ix_payment_created_at"))
        batch_op.drop_index(batch_op.f("ix_payment_community_id"))
        batch_op.drop_index(batch_op.f("ix_payment_channel"))

    op.drop_table("payment")
    with op.batch_alter_table("finance_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finance_key_created_at"))
        batch_op.drop_index(batch_op.f("ix_finance_key_community_id"))

    op.drop_table("finance_key")
    with op.batch_alter_table("dunning_stage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dunning_stage_created_at"))
        batch_op.drop_index(batch_op.f("ix_dunning_stage_community_id"))
        batch_op.drop_index(batch_op.f("ix_dunning_stage_channel"))

    op.drop_table("dunning_stage")
    with op.batch_alter_table("customer_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_account_created_at"))
        batch_op.drop_index(batch_op.f("ix_customer_account_community_id"))

    op.drop_table("customer_account")
    with op.batch_alter_table("spent_nonce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spent_nonce_created_at"))

    op.drop_table("spent_nonce")
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reconciliation_state"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_day"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_created_at"))
        batch_op.drop_index(batch_op.f("ix_reconciliation_channel"))

    op.drop_table("reconciliation")
    with op.batch_alter_table("fee_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fee_item_created_at"))

    op.drop_table("fee_item")
    with op.batch_alter_table("billing_counter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billing_counter_created_at"))

    op.drop_table("billing_counter")
