"""The search box: the same rows as reading everything, by right, scope and mask, kept by the database itself."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, func, insert, inspect, or_, select, text, update
from sqlalchemy.orm import Session

from app.core.db import db, fill_derived
from app.core.module import Registry
from app.core.rights import StaffScope
from app.core.search import GRAMS, matching, pairs
from app.modules.members.models import Customer
from tests.conftest import Browse, Store
from tests.factories import make_building, make_customer, make_occupancy, make_technician, make_unit
from tests.modules.billing.factories import make_bill
from tests.modules.repairs.factories import make_home, make_order
from tests.postgresql import both_databases

Hits = dict[str, list[dict[str, str]]]


def ask(client: FlaskClient, words: str) -> Hits:
    """What the box shows, by the title of the screen."""
    answer = client.post("/system/search/", data={"q": words}, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json is not None
    return {group["title"]: group["hits"] for group in answer.json["groups"]}


def titles(client: FlaskClient, words: str) -> set[str]:
    return {hit["title"] for hits in ask(client, words).values() for hit in hits}


@pytest.mark.req("G11", "B3", "R6")
@both_databases
def test_people_units_and_numbers_are_found(browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session, building=make_building(session, name="A座"), number="1203-B")
        customer = make_customer(session, name="广州王伟商贸有限公司", contact_name="李小龙", phone="13912345678")
        make_technician(session, name="王伟", phone="13800005678")
        bill = make_bill(session, customer, unit)
        order = make_order(session, make_home(session))
        bill_number, order_number = bill.number, order.number
    client = browse()
    assert titles(client, "王伟") == {"广州王伟商贸有限公司", "王伟"}
    assert titles(client, " 王伟商 ") == {"广州王伟商贸有限公司"}
    assert titles(client, "小龙") == {"广州王伟商贸有限公司"}
    assert titles(client, "伟王") == titles(client, "王") == titles(client, "") == set()
    assert titles(client, "5678") >= {"广州王伟商贸有限公司", "王伟"}
    assert titles(client, "13912345678") == {"广州王伟商贸有限公司"}
    assert len(titles(client, "1203")) == len(titles(client, "203-b")) == 1
    assert titles(client, bill_number) == titles(client, bill_number.lower()) != set()
    assert titles(client, order_number) == titles(client, order_number[-4:]) == {order_number}
    (hit,) = ask(client, order_number)["报修工单"]
    assert client.get(hit["url"]).status_code == 200


def names_like(session: Session, words: str) -> set[int]:
    like = [
        func.lower(column).contains(words.lower(), autoescape=True) for column in (Customer.name, Customer.contact_name)
    ]
    return set(session.scalars(select(Customer.id).where(or_(*like))))


def names_found(app: Flask, session: Session, words: str) -> set[int]:
    registry: Registry = app.extensions["registry"]
    searched = next(one for module in registry for one in module.search if one.kind == "customer")
    queries = matching(session, searched, words, select(Customer))
    return {one.id for query in queries for one in session.scalars(query)}


NAMES = [
    "王伟", "王伟明", "伟明王", "王 伟", "a%b_c", "AB科技", "ab科技", "科技科技科技", "x", "", "王王王", "O'Neil’s 店",
]  # fmt: skip
QUESTIONS = [
    "王伟", "王伟明", "大明", "王大", "伟明", "ab", "AB科", "科技科技", "%b", "_c", "王 伟", "o'n", "’s", "没有",
    "王王",
]  # fmt: skip


@both_databases
def test_it_finds_what_reading_every_row_finds_however_rows_are_written(app: Flask, store: Store) -> None:
    with store() as session:
        rows = [{"kind": "merchant", "name": name, "contact_name": NAMES[-n]} for n, name in enumerate(NAMES)]
        fill_derived(Customer, rows)
        session.execute(insert(Customer), rows)
        session.add_all(Customer(kind="tenant", name=name) for name in NAMES)
    with store() as session:
        session.execute(update(Customer).where(Customer.name == "王伟明").values(name="王大明"))
        session.execute(delete(Customer).where(Customer.name == "AB科技"))
        session.scalars(select(Customer).where(Customer.name == "伟明王").limit(1)).one().contact_name = "王大"
    with store() as session:
        for words in QUESTIONS:
            assert names_found(app, session, words) == names_like(session, words), words
        kept = session.execute(select(GRAMS.c.record_id, GRAMS.c.gram).where(GRAMS.c.kind == "customer")).all()
        assert set(kept) == {
            (one.id, gram) for one in session.scalars(select(Customer)) for part in (one.name, one.contact_name)
            for gram in pairs(part)
        }  # fmt: skip


@pytest.mark.req("G8")
def test_a_role_finds_only_what_its_screens_show_and_masked(browse: Browse, store: Store) -> None:
    with store() as session:
        customer = make_customer(session, name="王伟商贸", phone="13912345678")
        make_technician(session, name="王伟")
        make_occupancy(session, customer, make_unit(session))
    assert titles(browse("new", set()), "王伟") == set()
    client = browse("desk", {("customers", "view")})
    assert titles(client, "王伟") == {"王伟商贸"}
    (hit,) = ask(client, "王伟")["商家与租客"]
    assert "139****5678" in hit["detail"]
    assert "13912345678" not in str(ask(client, "5678"))
    with store() as session:
        user = session.scalars(select(User.id).where(User.username == "desk")).one()
        session.add(StaffScope(user_id=user, community_id=make_unit(session).community_id))
    assert titles(client, "王伟") == set()


def test_without_scripts_it_is_a_page_and_markup_stays_text(browse: Browse, store: Store) -> None:
    with store() as session:
        make_customer(session, name="<b>王伟</b>")
    client = browse()
    page = client.post("/system/search/", data={"q": "王伟"}).get_data(as_text=True)
    assert "&lt;b&gt;王伟&lt;/b&gt;" in page
    assert "<b>王伟" not in page
    assert "请至少输入两个字" in client.post("/system/search/", data={"q": "王"}).get_data(as_text=True)
    assert "没有找到" in client.post("/system/search/", data={"q": "王\0麻子" * 60}).get_data(as_text=True)
    assert client.get("/system/search/").status_code == 200


def test_many_hits_are_cut_and_it_says_so(browse: Browse, store: Store) -> None:
    with store() as session:
        for n in range(8):
            make_customer(session, name=f"王伟{n}")
    client = browse()
    answer: Any = client.post("/system/search/", data={"q": "王伟"}, headers={"Accept": "application/json"}).json
    assert [(len(group["hits"]), group["more"]) for group in answer["groups"]] == [(5, True)]


def test_the_databases_triggers_are_those_of_the_declarations(app: Flask) -> None:
    """A migration that rebuilds a table on SQLite loses its triggers: it has to say ``index_ddl`` again."""
    registry: Registry = app.extensions["registry"]
    declared = {
        one.kind: (*one.words, *one.ends) for module in registry for one in module.search if one.words or one.ends
    }
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("read from SQLite's own table of triggers")
        triggers = {
            row.name: row.sql
            for row in db.session.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_search_%'")
            )
        }
    assert set(triggers) == {f"{table}_search_{verb}" for table in declared for verb in ("insert", "update", "delete")}
    for table, columns in declared.items():
        assert f"UPDATE OF {', '.join(columns)} ON {table}" in triggers[f"{table}_search_update"]


def test_every_way_begins_at_an_index(app: Flask) -> None:
    registry: Registry = app.extensions["registry"]
    for one in (one for module in registry for one in module.search):
        table = inspect(one.view.model).local_table
        first = {next(iter(index.columns)).name for index in table.indexes}
        first |= {column.name for column in table.columns if column.unique}
        for name in (*one.exact, *((f"{one.phone}_tail", f"{one.phone}_index") if one.phone else ())):
            assert name in first, (one.kind, name)
