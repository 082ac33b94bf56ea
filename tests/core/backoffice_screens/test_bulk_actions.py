"""Bulk actions: asked for once, done row by row outside the request, and told row by row."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.backoffice import bulk_work
from app.core.backoffice.models import BulkWork
from app.core.rights import StaffScope
from app.modules.estate.models import Unit
from app.modules.system import staff
from tests.bulk import work_off
from tests.conftest import Browse, Store
from tests.factories import make_building, make_community, make_unit
from tests.postgresql import both_databases

VACATE = "/try/unit/bulk/vacate"
MAY = {("estate", "view"), ("estate", "edit")}

Occupied = Callable[..., list[int]]


@pytest.fixture
def occupied(store: Store) -> Occupied:
    """``occupied("1", "2")``: units with these numbers in which somebody lives, as ids."""

    def make(*numbers: str) -> list[int]:
        with store() as session:
            building = make_building(session)
            return [make_unit(session, building=building, number=n, status="occupied").id for n in numbers]

    return make


@pytest.fixture
def states(store: Store) -> Callable[[], dict[str, str]]:
    """``states()``: the status of every unit by its number."""

    def read() -> dict[str, str]:
        with store() as session:
            return {unit.number: unit.status for unit in session.scalars(select(Unit))}

    return read


def text(client: FlaskClient, url: str) -> str:
    return client.get(url).get_data(as_text=True)


def start(client: FlaskClient, ids: list[int], arguments: str = "") -> str:
    """Confirm the action; the address of the page that tells of it."""
    answer = client.post(f"{VACATE}{arguments}", data={"ids": [str(number) for number in ids], "confirmed": "1"})
    assert answer.status_code == 302
    return str(answer.location)


def changed(session: Session, ids: list[int]) -> list[tuple[str, int]]:
    """Who changed which of these units, as the audit trail says, in order."""
    entries = select(AuditEntry.actor_name, AuditEntry.record_id).where(
        AuditEntry.record == "unit", AuditEntry.action == "update", AuditEntry.record_id.in_([str(n) for n in ids])
    )
    return [(name, int(number)) for name, number in session.execute(entries.order_by(AuditEntry.seq))]


def test_it_is_asked_first_with_how_many_rows_and_what_will_happen(browse: Browse, occupied: Occupied) -> None:
    ids = [str(number) for number in occupied("1", "2")]
    page = browse().post(VACATE, data={"ids": ids}).get_data(as_text=True)
    assert "已选择 2 条" in page
    assert "这些房屋将显示为空置。" in page


def test_what_is_no_selection_is_refused_and_the_way_back_stays_in_the_house(browse: Browse) -> None:
    client = browse()
    odd = "method=x&endpoint=y&_external=1&_scheme=javascript&self=z&next=//evil.example"
    assert client.post(f"{VACATE}?{odd}", data={}).location == "/try/unit/"
    assert client.post("/try/customer/search", data=dict(pair.split("=") for pair in odd.split("&"))).location == (
        "/try/customer/"
    )
    for bad in ({}, {"ids": ["x"]}, {"ids": [str(n) for n in range(1001)]}):
        client.post(VACATE, data=bad)
        assert "请选择 1 至 1000 条记录" in text(client, "/try/unit/")


@both_databases
def test_each_row_is_done_by_itself_and_the_page_says_what_became_of_each(
    app: Flask, browse: Browse, store: Store, occupied: Occupied, states: Callable[[], dict[str, str]]
) -> None:
    ids = occupied("1", "禁", "坏", "2", "3")
    client = browse("hua", MAY)
    page = start(client, ids[:4], "?kind=office")
    waiting = text(client, page)
    assert "正在处理“标为空置”" in waiting
    assert client.get(f"{page}/state").json == {"busy": True, "done": 0, "total": 4}
    work_off(app)
    assert states() == {"1": "vacant", "禁": "occupied", "坏": "occupied", "2": "vacant", "3": "occupied"}
    assert client.get(f"{page}/state").json == {"busy": False, "done": 4, "total": 4}
    told = text(client, page)
    assert "成功 2 条，失败 2 条" in told
    rows = [
        tuple(re.sub(r"<[^>]+>", "", cell) for cell in row)
        for row in re.findall(r"<tr><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", told, re.S)
    ]
    assert [(name[-1], reason) for name, reason in rows] == [
        ("禁", "这套房屋已签约，不能标为空置"),
        ("坏", "系统内部错误，此条未处理，请联系系统管理员"),
    ]
    assert '"/try/unit/?kind=office"' in told, "back to the list as it was filtered"
    with store() as session:
        assert changed(session, ids) == [("hua", ids[0]), ("hua", ids[3])]


def test_work_that_is_interrupted_goes_on_where_it_was_and_does_nothing_twice(
    app: Flask, browse: Browse, store: Store, occupied: Occupied, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "SLICE_SECONDS", 0.0)
    ids = occupied("1", "2", "3")
    client = browse("hua", MAY)
    page = start(client, ids)
    for done in (1, 2):
        work_off(app, 1)
        assert client.get(f"{page}/state").json == {"busy": True, "done": done, "total": 3}
    work_off(app)
    work_off(app)
    with store() as session:
        told = session.scalars(select(BulkWork)).one()
        assert (told.done, told.succeeded, told.refusals) == (3, 3, [])
        assert changed(session, ids) == [("hua", number) for number in ids]


@pytest.mark.req("G8")
def test_right_and_scope_are_those_of_the_moment_in_which_a_row_is_done(
    app: Flask, browse: Browse, store: Store, occupied: Occupied, states: Callable[[], dict[str, str]]
) -> None:
    ids = occupied("1", "2")
    client = browse("hua", MAY)
    first, second = start(client, ids[:1]), start(client, ids[1:])
    with store() as session:
        person = session.scalars(select(User.id).where(User.username == "hua")).one()
        session.add(StaffScope(user_id=person, community_id=make_community(session, name="别的园区").id))
    work_off(app, 1)
    assert "记录已不存在，或不再符合列表的条件" in text(client, first)
    with store() as session:
        role = session.scalars(select(Role).where(Role.name == "hua 的角色")).one()
        staff.save_role(session, role, role.name, {("estate", "view")})
    work_off(app)
    assert "您已没有此操作的权限" in text(client, second)
    assert states() == {"1": "occupied", "2": "occupied"}


def test_nobody_sees_how_far_the_work_of_another_is(app: Flask, browse: Browse, occupied: Occupied) -> None:
    page = start(browse("hua", MAY), occupied("1"))
    other = browse("other", MAY)
    for address in (page, f"{page}/state", "/try/unit/work/99999999999999999999"):
        assert other.get(address).status_code == 404
    assert browse("hua").get(page.replace("/unit/", "/building/")).status_code == 404


def test_a_row_that_went_meanwhile_is_told_as_such(
    app: Flask, browse: Browse, store: Store, occupied: Occupied
) -> None:
    ids = occupied("1", "2")
    client = browse("hua", MAY)
    page = start(client, ids)
    with store() as session:
        session.delete(session.get_one(Unit, ids[0]))
    work_off(app)
    told = text(client, page)
    assert "成功 1 条，失败 1 条" in told
    assert f"编号 {ids[0]}" in told
