"""The database rules that every module stands on, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from app.core import clock
from app.core.db import column_label, conflict_insert, db, execute, fill_derived, reading, to_fen, transaction, yuan
from app.core.settings import SettingValue
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer
from tests.conftest import Store
from tests.factories import make_building, make_community, make_customer, make_unit
from tests.postgresql import both_databases


@both_databases
def test_concurrent_read_modify_write_loses_no_update(app: Flask, store: Store) -> None:
    """The default of SQLAlchemy on SQLite loses most of them; on PostgreSQL the row is locked."""
    with store() as session:
        session.add(SettingValue(key="counter", value=0))

    def add(_n: int) -> None:
        with app.app_context():
            for _ in range(10):
                with transaction():
                    row = db.session.scalars(select(SettingValue).with_for_update()).one()
                    row.value = row.value + 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    with store() as session:
        assert session.scalars(select(SettingValue.value)).one() == 60


def test_readers_do_not_wait_for_a_writer(app: Flask, store: Store) -> None:
    with store() as session:
        make_community(session)
        session.commit()
        make_community(session)  # holds the write lock from here on

        def look(_n: int) -> int:
            with app.app_context(), reading():
                return db.session.scalar(select(func.count()).select_from(Community)) or 0

        with ThreadPoolExecutor(1) as pool:
            assert list(pool.map(look, [0])) == [1]


@both_databases
def test_a_transaction_is_whole_or_nothing(app: Flask, store: Store) -> None:
    def fail() -> None:
        with transaction():
            make_community(db.session())
            raise KeyboardInterrupt

    with app.app_context(), pytest.raises(KeyboardInterrupt):
        fail()
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Community)) == 0


@both_databases
def test_statements_say_how_many_rows_they_touched(app: Flask, store: Store) -> None:
    with store() as session:
        insert = conflict_insert(session, Community).values(code="A", name="A").on_conflict_do_nothing()
        assert execute(session, insert) == 1
        assert execute(session, insert) == 0
        assert execute(session, update(Community).values(name="B")) == 1
        assert execute(session, update(Community).where(Community.code == "none").values(name="B")) == 0


@both_databases
def test_foreign_keys_are_enforced(app: Flask, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        session.add(Unit(community_id=building.community_id, building_id=building.id + 1, number="1"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


@both_databases
def test_moments_are_aware_and_the_same_on_every_database(app: Flask, store: Store) -> None:
    at = datetime(2026, 3, 1, 0, 30, tzinfo=clock.SHANGHAI)
    with store() as session:
        make_community(session, created_at=at)
    with store() as session:
        found = session.scalars(select(Community)).one()
        assert found.created_at == at
        assert found.created_at.tzinfo is UTC
        assert session.scalar(select(func.count()).where(Community.created_at == at)) == 1


def test_a_naive_moment_is_refused(store: Store) -> None:
    with store() as session:
        with pytest.raises(StatementError, match="time zone"):
            make_community(session, created_at=datetime(2026, 3, 1))  # noqa: DTZ001
        session.rollback()


def test_areas_keep_their_decimals(store: Store) -> None:
    with store() as session:
        make_unit(session, area_m2=Decimal("1234567.89"))
    with store() as session:
        assert session.scalars(select(Unit.area_m2)).one() == Decimal("1234567.89")


def test_what_a_page_needs_is_loaded_on_purpose(store: Store) -> None:
    with store() as session:
        make_unit(session)
    with store() as session:
        unit = session.scalars(select(Unit)).one()
        with pytest.raises(Exception, match="raise_on_sql"):
            _ = unit.building


def test_derived_columns_follow_their_source_one_by_one_and_in_bulk(app: Flask, store: Store) -> None:
    with store() as session:
        customer = make_customer(session, phone="13800000001")
        first = customer.phone_index
        customer.phone = "13800000002"
        assert (customer.phone_tail, customer.phone_index != first) == ("0002", True)
        customer.phone = None
        assert (customer.phone_tail, customer.phone_index) == (None, None)
        row: dict[str, Any] = {"phone": "13800000001", "name": "x"}
        fill_derived(Customer, [row])
        assert (row["phone_tail"], row["phone_index"]) == ("0001", first)


def test_labels_stand_once_on_the_column() -> None:
    assert column_label(Unit, "building") == column_label(Unit, "building_id") == "楼栋"
    with pytest.raises(KeyError):
        column_label(Unit, "buildings")


@pytest.mark.parametrize(
    ("amount", "fen"), [("0.005", 1), ("0.004", 0), ("1234.5", 123450), ("-1.005", -101), ("19.99", 1999)]
)
def test_yuan_become_fen_half_up(amount: str, fen: int) -> None:
    assert to_fen(Decimal(amount)) == fen


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "¥0.00"), (5, "¥0.05"), (123450, "¥1,234.50"), (-123456789, "-¥1,234,567.89")]
)
def test_fen_are_shown_as_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text
