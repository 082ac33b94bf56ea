"""Lists: what stands on them, filters in the address, paging, limits, data scope."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.backoffice import listing, screens
from app.core.backoffice.models import BulkWork
from app.core.db import db
from app.core.rights import StaffScope
from app.modules.estate.models import Unit
from tests.conftest import Browse, Store
from tests.core.backoffice_screens.screens import TryUnitView
from tests.factories import (
    make_building,
    make_community,
    make_customer,
    make_staff,
    make_technician,
    make_unit,
)


def text(client: FlaskClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def numbers(page: str) -> list[str]:
    """The unit numbers on a list page, in order."""
    return re.findall(r'<a class="row-link[^>]*>([^<]*)</a>', page)


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', page)
    return found.group(1).replace("&amp;", "&") if found else None


def make_units(session: Session, count: int, **values: Any) -> None:
    building = make_building(session)
    for number in range(count):
        make_unit(session, building=building, number=f"N{number:03d}", floor=number % 7, **values)


def test_a_list_shows_chinese_names_local_time_and_decimals(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session, community=make_community(session, name="科技园"), name="甲座")
        make_unit(session, building=building, number="0808", kind="shop", area_m2=Decimal("1234.50"))
    page = text(browse(), "/try/unit/")
    for shown in ("科技园", "甲座", "商铺", "1,234.50", "空置", f"{clock.local(clock.now()):%Y-%m-%d}", "共 1 条"):
        assert shown in page
    assert 'data-label="面积（m²）" class="number"' in page


def test_next_previous_first_and_last_page_walk_all_rows_once(browse: Browse, store: Store) -> None:
    with store() as session:
        make_units(session, 45)
    client = browse()
    for sort in ("number", "-number", "floor", "-floor", "area_m2", ""):
        pages, url = [], f"/try/unit/?sort={sort}"
        while url:
            page = text(client, url)
            pages.append(numbers(page))
            url = link(page, "next")
        assert [len(rows) for rows in pages] == [20, 20, 5]
        assert len({row for rows in pages for row in rows}) == 45
        back = text(client, link(page, "prev"))
        assert numbers(back) == pages[1]
        first = text(client, link(back, "prev"))
        assert numbers(first) == pages[0]
        assert link(first, "prev") is None
        last = text(client, link(first, "last"))
        assert numbers(last) == [*pages[1], *pages[2]][-20:]
        assert link(last, "next") is None


def test_paging_by_a_column_that_may_be_empty_walks_all_rows_once(browse: Browse, store: Store) -> None:
    with store() as session:
        community = make_community(session)
        for number in range(45):
            make_technician(session, name=f"T{number:02d}", community_id=community.id if number % 2 else None)
    client = browse()
    for sort in ("community_id", "-community_id"):
        seen, url = [], f"/try/technician/?sort={sort}"
        while url:
            page = text(client, url)
            seen += numbers(page)
            url = link(page, "next")
        assert len(seen) == len(set(seen)) == 45
        back = link(page, "prev")
        assert numbers(text(client, back)) == seen[20:40]


@pytest.mark.parametrize(
    "query",
    [
        "at=abc", "at=~x", "at=~k1.AAAA", "at=~%00", "sort=secret", "sort=-id;drop", "size=-5", "size=10000", "size=x",
        "size=1e9", "kind=castle", "community=abc", "community=99999999999999999999999", "community=-1", "community=7",
        "floor_from=abc", "floor_from=99999999999", "floor_to=1e400", "area_m2_from=NaN", "area_m2_to=9999999999999999",
        "created_at_from=2026-13-01", "created_at_to=9999-12-31", "number=%00", "q=%00", "q=" + "长" * 201,
        "floor_from=%EF%BC%91%C2%B2",
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_left_out_and_said(browse: Browse, store: Store, query: str) -> None:
    with store() as session:
        make_units(session, 3)
    page = text(browse(), f"/try/unit/?{query}")
    assert len(numbers(page)) == 3
    assert 'class="alert is-amber"' in page


def test_unknown_names_in_the_address_are_nothing(browse: Browse, store: Store) -> None:
    with store() as session:
        make_units(session, 2)
    page = text(browse(), "/try/unit/?psize=10000&page_UnitView=x&_flt_0_number=1&page=abc")
    assert len(numbers(page)) == 2


def test_filters_narrow_the_list_and_stay_as_removable_chips(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session, name="乙座")
        make_unit(session, building=building, number="A1", kind="shop", floor=3, status="occupied")
        make_unit(session, building=building, number="A2", kind="shop", floor=9)
        make_unit(session, number="B1", kind="shop", floor=3)
        building_id = building.id
    client = browse()
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    chosen = f"kind=shop&building={building_id}&floor_from=1&floor_to=5&created_at_from={today}"
    page = text(client, f"/try/unit/?{chosen}")
    assert numbers(page) == ["A1"]
    for chip in ("类型：商铺", "楼栋：乙座", "楼层：从 1 至 5", f"创建时间：从 {today}"):
        assert chip in page
    assert f'value="{building_id}" selected' in page
    assert 'aria-label="移除筛选 类型：商铺"' in page
    assert numbers(text(client, f"/try/unit/?created_at_from={tomorrow}")) == []
    assert numbers(text(client, "/try/unit/?status=occupied")) == ["A1"]
    nothing = text(client, "/try/unit/?q=none")
    assert "没有符合条件的房屋/单元" in nothing
    assert 'class="pager"' not in nothing
    assert numbers(text(client, "/try/unit/?q=a")) == ["A2", "A1"]
    assert numbers(text(client, "/try/unit/?number=%25")) == []


def test_a_day_filter_means_the_day_in_shanghai(browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session, number="夜里")
        unit.created_at = clock.local(clock.now()).replace(year=2026, month=3, day=5, hour=0, minute=30)
    client = browse()
    assert numbers(text(client, "/try/unit/?created_at_from=2026-03-05&created_at_to=2026-03-05")) == ["夜里"]
    assert numbers(text(client, "/try/unit/?created_at_to=2026-03-04")) == []


def test_filter_by_one_of_several_choices_and_by_yes_or_no(browse: Browse, store: Store) -> None:
    with store() as session:
        make_technician(session, name="水工", trades=["plumbing"], on_duty=True)
        make_technician(session, name="电工", trades=["electrical", "lift"], on_duty=False)
    client = browse()
    assert numbers(text(client, "/try/technician/?trades=lift")) == ["电工"]
    assert numbers(text(client, "/try/technician/?on_duty=0")) == ["电工"]
    assert numbers(text(client, "/try/technician/?on_duty=1")) == ["水工"]


@pytest.mark.req("S2")
def test_personal_columns_are_masked_and_found_only_by_their_full_value_or_tail(browse: Browse, store: Store) -> None:
    with store() as session:
        make_customer(session, name="王伟", phone="13800138000", id_number="44030119900101123X")
        make_customer(session, name="李娜", phone="13900139001")
    client = browse()
    page = text(client, "/try/customer/")
    assert "138****8000" in page
    assert "440***********123X" in page
    assert "13800138000" not in page
    for typed in ("13800138000", "8000", "44030119900101123X", "44030119900101123x", "王伟"):
        answer = client.post("/try/customer/search", data={"q": typed, "kind": ""})
        assert answer.status_code == 302
        assert typed not in answer.location, "personal text stands in no address"
        found = text(client, answer.location)
        assert numbers(found) == ["王伟"], typed
    assert numbers(text(client, "/try/customer/?q=1380013")) == []
    answer = client.post("/try/customer/search", data={"phone": "13900139001"})
    assert "13900139001" not in answer.location
    found = text(client, answer.location)
    assert numbers(found) == ["李娜"]
    assert "手机号：139****9001" in found


def test_counting_stops_at_ten_thousand(browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNT_LIMIT", 30)
    monkeypatch.setattr(listing.count, "__defaults__", (30,))
    with store() as session:
        make_units(session, 40)
    assert "共 30+ 条" in text(browse(), "/try/unit/")


def test_a_list_page_takes_at_most_nine_queries_however_many_rows(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        for _ in range(30):
            make_unit(session)
        building_id = session.scalar(select(Unit.building_id))
        community_id = session.scalar(select(Unit.community_id))
        person = make_staff(session, "lao", {("estate", "view")})
        session.add(StaffScope(user_id=person.id, community_id=community_id))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    boss, lao = browse(), browse("lao")
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        for client, url in ((boss, "/try/unit/?size=20"), (boss, "/try/unit/?size=50"), (boss, "/try/building/"),
                            (lao, f"/try/unit/?building={building_id}")):  # fmt: skip
            statements.clear()
            text(client, url)
            queries = [s for s in statements if not s.startswith(("SAVEPOINT", "BEGIN"))]
            assert len(queries) <= 9, "\n".join(queries)
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.req("G8")
def test_a_person_with_a_data_scope_sees_only_those_communities(browse: Browse, store: Store) -> None:
    with store() as session:
        mine, other = make_community(session, name="我的园区"), make_community(session, name="别的园区")
        seen = make_unit(session, building=make_building(session, community=mine, name="我楼"), number="MINE")
        hidden = make_unit(
            session, building=make_building(session, community=other, name="他楼"), number="OTHER", status="occupied"
        )
        person = make_staff(session, "lao", {("estate", "view"), ("estate", "edit"), ("estate", "delete")})
        session.add(StaffScope(user_id=person.id, community_id=mine.id))
        seen_id, hidden_id, other_building = seen.id, hidden.id, hidden.building_id
    client = browse("lao")
    page = text(client, "/try/unit/")
    assert numbers(page) == ["MINE"]
    text(client, f"/try/unit/{seen_id}")
    for url in ("", "/edit", "/delete"):
        text(client, f"/try/unit/{hidden_id}{url}", 404)
    assert client.post(f"/try/unit/{hidden_id}/delete").status_code == 404
    assert "别的园区" not in text(client, "/try/unit/choices/community")
    assert "我的园区" in client.get("/try/unit/choices/community").json["items"][0]["text"]
    assert "已忽略" in text(client, f"/try/unit/?building={other_building}")
    typed = {"building": str(other_building), "number": "X", "floor": "1", "kind": "shop", "area_m2": "1"}
    answer = client.post(f"/try/unit/{seen_id}/edit", data={**typed, "status": "vacant"})
    assert answer.status_code == 422
    assert "所选的“楼栋”不存在，或不在您的数据范围内" in answer.get_data(as_text=True)
    client.post("/try/unit/bulk/vacate", data={"ids": [str(hidden_id)], "confirmed": "1"})
    with store() as session:
        assert session.scalars(select(BulkWork)).all() == [], "nothing was asked for"


@pytest.mark.req("G8")
def test_without_the_right_a_screen_is_as_absent_and_buttons_follow_rights(browse: Browse, store: Store) -> None:
    with store() as session:
        unit_id = make_unit(session).id
    nobody, viewer, boss = browse("nobody", {("customers", "view")}), browse("viewer", {("estate", "view")}), browse()
    absent = nobody.get("/try/does-not-exist/")
    for url in ("/try/unit/", f"/try/unit/{unit_id}", "/try/unit/new", "/try/unit/choices/building"):
        answer = nobody.get(url)
        assert answer.status_code == 404
        assert len(answer.data) == len(absent.data)
    page = text(viewer, "/try/unit/") + text(viewer, f"/try/unit/{unit_id}")
    for button in ("新增", "删除", ">修改<", "/edit", "标为空置"):
        assert button not in page
    for url in ("/try/unit/new", f"/try/unit/{unit_id}/edit", f"/try/unit/{unit_id}/delete"):
        assert viewer.get(url).status_code == 404
        assert viewer.post(url).status_code == 404
    assert viewer.post("/try/unit/bulk/vacate", data={"ids": [str(unit_id)]}).status_code == 404
    page = text(boss, "/try/unit/") + text(boss, f"/try/unit/{unit_id}")
    for button in ("新增房屋/单元", "删除", "标为空置", "/edit"):
        assert button in page


def test_someone_not_signed_in_is_sent_to_the_sign_in_page(app: Flask) -> None:
    answer = app.test_client().get("/try/unit/")
    assert answer.status_code == 302
    assert "/login" in answer.location


def test_base_filter_hides_records_from_every_page(browse: Browse, store: Store) -> None:
    with store() as session:
        hidden = make_community(session, name="隐藏园区").id
    client = browse()
    assert "隐藏园区" not in text(client, "/try/community/")
    text(client, f"/try/community/{hidden}", 404)
    text(client, "/try/community/99999999999999999999999999", 404)


def test_filters_are_kept_under_a_name_for_oneself(browse: Browse, store: Store) -> None:
    with store() as session:
        make_unit(session, kind="shop", number="S1")
        make_unit(session, kind="flat", number="F1")
    client, other = browse(), browse("other", {("estate", "view")})
    client.post("/try/unit/saved?kind=shop", data={"name": "只看商铺"})
    page = text(client, "/try/unit/")
    assert "已保存常用筛选“只看商铺”" in page
    found = re.search(r'<a href="([^"]*)">只看商铺</a>', page)
    assert found
    assert numbers(text(client, found.group(1))) == ["S1"]
    assert "只看商铺" not in text(other, "/try/unit/")
    saved_id = re.search(r"/saved/(\d+)/delete", page).group(1)  # type: ignore[union-attr]
    assert other.post(f"/try/unit/saved/{saved_id}/delete").status_code == 404
    assert client.post(f"/try/unit/saved/{saved_id}/delete").status_code == 302
    page = text(client, "/try/unit/")
    assert "已删除常用筛选“只看商铺”" in page
    assert "只看商铺</a>" not in page
    client.post("/try/unit/saved", data={"name": "空的"})
    assert "请先设置筛选条件" in text(client, "/try/unit/")


def test_a_removed_filter_is_taken_back_from_the_message_that_says_so(browse: Browse, store: Store) -> None:
    client = browse()
    client.post("/try/unit/saved?kind=shop&sort=-number", data={"name": "<b>商铺</b>"})
    saved_id = re.search(r"/saved/(\d+)/delete", text(client, "/try/unit/")).group(1)  # type: ignore[union-attr]
    client.post(f"/try/unit/saved/{saved_id}/delete")
    page = text(client, "/try/unit/")
    assert "“&lt;b&gt;商铺&lt;/b&gt;”" in page
    back = re.search(r'<form method="post" action="([^"]+)"[^>]*>(?:<input[^>]*>)*<button[^>]*>撤销', page)
    assert back is not None
    assert 'name="name" value="&lt;b&gt;商铺&lt;/b&gt;"' in back[0]
    again = client.post(unescape(back[1]), data={"name": "<b>商铺</b>"}, follow_redirects=True).get_data(as_text=True)
    assert re.search(r'<a href="/try/unit/\?kind=shop">&lt;b&gt;商铺&lt;/b&gt;</a>', again)


def test_choices_answer_at_most_twenty_and_say_whether_there_are_more(browse: Browse, store: Store) -> None:
    with store() as session:
        community = make_community(session)
        for number in range(25):
            make_building(session, community=community, name=f"{number:02d}栋")
    client = browse()
    answer = client.get("/try/unit/choices/building").json
    assert len(answer["items"]) == 20
    assert answer["more"]
    assert len(client.get("/try/unit/choices/building?page=1").json["items"]) == 5
    assert [item["text"] for item in client.get("/try/unit/choices/building?q=07").json["items"]] == ["07栋"]
    for odd in ("q=%00", "page=abc", "page=-1", "page=99999999999", "q=" + "x" * 500):
        assert client.get(f"/try/unit/choices/building?{odd}").status_code == 200
    assert client.get("/try/unit/choices/number").status_code == 404


@pytest.mark.parametrize("query", ["at=~k1.AAAA", "size=abc", "state=x"])
def test_export_takes_the_same_filters_as_the_list(app: Flask, store: Store, query: str) -> None:
    with store() as session:
        make_unit(session, kind="shop", number="S1")
        make_unit(session, kind="flat", number="F1")
        view = screens.screen_of(TryUnitView)
        arguments = dict([query.split("="), ("kind", "shop")])
        with app.test_request_context():
            assert [unit.number for unit in session.scalars(view.filtered_select(arguments))] == ["S1"]


def test_pages_asked_for_at_once_show_each_its_own_filters(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        for floor in range(8):
            make_unit(session, building=building, number=f"第{floor}层", floor=floor)
    client = browse()
    cookie = client.get_cookie("staff")
    assert cookie is not None

    def ask(floor: int) -> tuple[int, list[str]]:
        browser = app.test_client()
        browser.set_cookie("staff", cookie.value)
        return floor, numbers(text(browser, f"/try/unit/?floor_from={floor}&floor_to={floor}"))

    with ThreadPoolExecutor(8) as pool:
        for floor, found in pool.map(ask, [number % 8 for number in range(40)]):
            assert found == [f"第{floor}层"]


@pytest.mark.req("G11")
def test_the_export_button_gives_the_filtered_list_to_those_who_may(browse: Browse, store: Store) -> None:
    with store() as session:
        make_unit(session, kind="shop", number="S1")
        make_unit(session, kind="flat", number="F1")
    boss, viewer = browse(), browse("viewer", {("estate", "view"), ("estate", "import")})
    page = text(boss, "/estate/unit/?kind=shop")
    assert 'action="/estate/unit/export?kind=shop"' in page
    answer = boss.post("/estate/unit/export?kind=shop")
    assert answer.status_code == 200
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert any("S1" in row for row in rows)
    assert not any("F1" in row for row in rows)
    page = text(viewer, "/estate/unit/")
    assert "导出" not in page
    assert "/import/unit/" in page
    assert viewer.post("/estate/unit/export").status_code == 404
    assert "/import/unit/" not in text(browse("reader", {("estate", "view")}), "/estate/unit/")


@pytest.mark.req("S5")
def test_the_audit_list_speaks_chinese(browse: Browse, store: Store) -> None:
    with store() as session:
        make_community(session)
    page = text(browse(), "/system/audit_entry/?action=create&record=community&actor_kind=system")
    for word in ("新增", "园区", "操作：新增", "对象：园区", "身份：系统"):
        assert word in page
    assert ">community<" not in page
