"""Notices for several places, under categories that staff keep; several slots for ads in an order."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"

CATEGORIES = {
    "notice": "物业通知",
    "outage": "停水停电",
    "safety": "安全提示",
    "activity": "社区活动",
    "policy": "政策法规",
}
"""What the code knew until now, by key."""

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STAMPS = ("created_at", "updated_at")


def upgrade() -> None:
    category = op.create_table(
        "notice_category",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in STAMPS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_category")),
        sa.UniqueConstraint("name", name=op.f("uq_notice_category_name")),
    )
    for name in ("active", "created_at", "position"):
        op.create_index(op.f(f"ix_notice_category_{name}"), "notice_category", [name])
    now = datetime.now(UTC).replace(tzinfo=None)
    op.bulk_insert(
        category,
        [
            {"name": name, "position": number * 10, "active": True, "created_at": now, "updated_at": now}
            for number, name in enumerate(CATEGORIES.values(), start=1)
        ],
    )
    op.create_table(
        "notice_place",
        sa.Column("id", BIG, nullable=False),
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("community_id", BIG, nullable=False),
        sa.Column("building_id", BIG, nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in STAMPS),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_place_notice_id_notice"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_notice_place_community_id_community")
        ),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_notice_place_building_id_building")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_place")),
        sa.UniqueConstraint(
            "notice_id", "community_id", "building_id", name=op.f("uq_notice_place_notice_id_community_id_building_id")
        ),
    )
    for name in ("building_id", "community_id", "created_at"):
        op.create_index(op.f(f"ix_notice_place_{name}"), "notice_place", [name])
    op.execute(
        "INSERT INTO notice_place (notice_id, community_id, building_id, created_at, updated_at) "
        "SELECT id, community_id, building_id, created_at, updated_at FROM notice WHERE community_id IS NOT NULL"
    )
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("category_id", BIG, nullable=True))
    notice = sa.table("notice", sa.column("category"), sa.column("category_id"))
    for key, name in CATEGORIES.items():
        found = sa.select(category.c.id).where(category.c.name == name).scalar_subquery()
        op.execute(notice.update().where(notice.c.category == key).values(category_id=found))
    with op.batch_alter_table("notice") as batch:
        batch.alter_column("category_id", nullable=False)
        batch.drop_index(op.f("ix_notice_category"))
        batch.drop_index(op.f("ix_notice_community_id"))
        batch.drop_index(op.f("ix_notice_building_id"))
        batch.drop_constraint(op.f("fk_notice_community_id_community"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_notice_building_id_building"), type_="foreignkey")
        batch.drop_column("category")
        batch.drop_column("community_id")
        batch.drop_column("building_id")
        batch.create_foreign_key(
            op.f("fk_notice_category_id_notice_category"), "notice_category", ["category_id"], ["id"]
        )
        batch.create_index(op.f("ix_notice_category_id"), ["category_id"])
    with op.batch_alter_table("ad_slot") as batch:
        batch.add_column(sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
        batch.create_index(op.f("ix_ad_slot_position"), ["position"])
    with op.batch_alter_table("ad_slot") as batch:
        batch.alter_column("position", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("ad_slot") as batch:
        batch.drop_index(op.f("ix_ad_slot_position"))
        batch.drop_column("position")
    with op.batch_alter_table("notice") as batch:
        batch.add_column(sa.Column("category", sa.String(length=24), nullable=False, server_default="notice"))
        batch.add_column(sa.Column("community_id", BIG, nullable=True))
        batch.add_column(sa.Column("building_id", BIG, nullable=True))
    for key, name in CATEGORIES.items():
        op.execute(
            sa.text(
                "UPDATE notice SET category = :key "
                "WHERE category_id IN (SELECT id FROM notice_category WHERE name = :name)"
            ).bindparams(key=key, name=name)
        )
    for column in ("community_id", "building_id"):  # of several places the first one is kept
        op.execute(
            f"UPDATE notice SET {column} = (SELECT {column} FROM notice_place "
            "WHERE notice_place.id = (SELECT MIN(id) FROM notice_place WHERE notice_id = notice.id))"
        )
    with op.batch_alter_table("notice") as batch:
        batch.alter_column("category", server_default=None)
        batch.drop_index(op.f("ix_notice_category_id"))
        batch.drop_constraint(op.f("fk_notice_category_id_notice_category"), type_="foreignkey")
        batch.drop_column("category_id")
        batch.create_index(op.f("ix_notice_category"), ["category"])
        for column, table in (("community_id", "community"), ("building_id", "building")):
            batch.create_foreign_key(op.f(f"fk_notice_{column}_{table}"), table, [column], ["id"])
            batch.create_index(op.f(f"ix_notice_{column}"), [column])
    op.drop_table("notice_place")
    op.drop_table("notice_category")
