"""The audit trail: complete, true, unchangeable, and a change that goes around it is found (G8)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor, AuditEntry, act_as
from app.core.db import db, transaction
from app.modules.estate.models import Community
from app.modules.members.models import Customer
from tests.conftest import Store
from tests.factories import make_community, make_customer
from tests.postgresql import both_databases


def trail(session: Session, record: str = "community") -> list[tuple[str, dict[str, Any]]]:
    """(action, changes) of the entries about one kind of record, in order."""
    rows = session.scalars(select(AuditEntry).where(AuditEntry.record == record).order_by(AuditEntry.seq))
    return [(entry.action, entry.changes) for entry in rows]


def unlock(session: Session) -> None:
    """Take the triggers away, as someone with the database's own password could."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
    else:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("DROP TRIGGER audit_entry_no_delete"))


def write_some(store: Store, n: int = 5) -> int:
    """Write ``n`` entries after those of the set-up; how many there are then."""
    for _ in range(n):
        with store() as session:
            make_community(session)
    return length(store)


def length(store: Store) -> int:
    with store() as session:
        count, broken = audit.verify(session)
        assert broken is None
        return count


@both_databases
def test_each_change_is_kept_with_who_when_whence_and_both_values(app: Flask, store: Store) -> None:
    with store() as session:
        act_as(Actor("staff", "7", "何经理", "10.0.0.9", "req-1"))
        park = make_community(session, name="旧名")
        session.commit()
        park.name = "新名"
        session.commit()
        session.delete(park)
    with store() as session:
        (created, first), (updated, second), (deleted, _third) = trail(session)
        assert (created, updated, deleted) == ("create", "update", "delete")
        assert first["name"] == [None, "旧名"]
        assert second == {"name": ["旧名", "新名"]}
        entry = audit.last(session, park)
        assert entry is not None
        assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("staff", "7", "何经理")
        assert (entry.ip, entry.request_id, entry.record_id) == ("10.0.0.9", "req-1", str(park.id))


def test_personal_columns_are_masked(store: Store) -> None:
    with store() as session:
        make_customer(session, name="欧阳明华", phone="13812345678", id_number="11010519491231002X")
    with store() as session:
        [(_action, changes)] = trail(session, "customer")
    assert changes["phone"] == [None, "138****5678"]
    assert changes["id_number"] == [None, "110***********002X"]
    assert "欧阳明华" not in str(changes)
    assert not {"phone_index", "phone_tail", "id_number_index"} & changes.keys()


@both_databases
def test_what_is_rolled_back_leaves_no_entry(app: Flask, store: Store) -> None:
    with store() as session:
        make_community(session)
        session.rollback()
        make_community(session, code="stays")
    with store() as session:
        assert [changes["code"][1] for _action, changes in trail(session)] == ["stays"]


@both_databases
def test_a_rolled_back_savepoint_takes_its_entries_and_those_within_it(app: Flask, store: Store) -> None:
    before = length(store)
    with store() as session:
        make_community(session, code="before")
        outer = session.begin_nested()
        make_community(session, code="outer")
        with session.begin_nested():
            make_community(session, code="inner")
        outer.rollback()
        with session.begin_nested():
            make_community(session, code="released")
        make_community(session, code="after")
    with store() as session:
        assert [changes["code"][1] for _action, changes in trail(session)] == ["before", "released", "after"]
    assert length(store) == before + 3


@both_databases
@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET actor_name = 'x'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_or_delete_entries(app: Flask, store: Store, statement: str) -> None:
    before = write_some(store, 1)
    with store() as session:
        with pytest.raises(DBAPIError, match="append-only"):
            session.execute(text(statement))
        session.rollback()
    assert length(store) == before


@both_databases
@pytest.mark.parametrize(
    ("tampering", "from_the_end"),
    [
        ("UPDATE audit_entry SET actor_name = 'nobody' WHERE seq = {seq}", 2),
        ("UPDATE audit_entry SET changes = '{{}}' WHERE seq = {seq}", 3),
        ("UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE seq = {seq}", 0),
        ("DELETE FROM audit_entry WHERE seq = {seq}", 3),
        ("DELETE FROM audit_entry WHERE seq = {seq}", 0),
        ("DELETE FROM audit_entry WHERE seq >= {seq}", 2),
    ],
)
def test_tampering_around_the_triggers_is_found(app: Flask, store: Store, tampering: str, from_the_end: int) -> None:
    seq = write_some(store) - from_the_end
    with store() as session:
        unlock(session)
        session.execute(text(tampering.format(seq=seq)))
    with store() as session:
        assert audit.verify(session) == (seq - 1, seq)
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert f"自第 {seq} 条起" in result.output


def test_the_operator_can_have_the_chain_verified(app: Flask, store: Store) -> None:
    count = write_some(store)
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (result.exit_code, result.output.strip()) == (0, f"审计日志完好，共 {count} 条")


@both_databases
def test_the_chain_stays_whole_when_many_write_at_once(app: Flask, store: Store) -> None:
    before = length(store)

    def work(n: int) -> None:
        with app.app_context():
            for k in range(5):
                with transaction():
                    db.session.add(Community(code=f"c{n}-{k}", name=f"c{n}-{k}"))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert length(store) == before + 30


def test_doors_can_record_what_is_no_change_of_a_row(store: Store) -> None:
    with store() as session:
        customer = make_customer(session, phone="13812345678")
        session.commit()
        audit.record(session, "reveal", customer, {"phone": customer.phone, "count": 1})
    with store() as session:
        last = audit.last(session, session.scalars(select(Customer)).one())
        assert last is not None
        assert (last.action, last.changes) == ("reveal", {"phone": "138****5678", "count": 1})
