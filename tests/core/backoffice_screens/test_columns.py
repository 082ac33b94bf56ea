"""列设置: each member of staff sees the columns of a list that they want; nobody sees more than before."""

import io
import re

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from app.core.backoffice.models import HiddenColumns
from tests.conftest import Browse, Store
from tests.core.backoffice_screens.screens import TryUnitView
from tests.factories import make_customer, make_unit


def headings(client: FlaskClient, url: str = "/try/unit/") -> list[str]:
    """The headings of the list's columns, in order."""
    page = client.get(url).get_data(as_text=True)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.S)]


def choose(client: FlaskClient, *columns: str, url: str = "/try/unit/columns", **more: str) -> str:
    return client.post(url, data={"columns": list(columns), **more}, follow_redirects=True).get_data(as_text=True)


@pytest.fixture
def lists(browse: Browse, store: Store) -> FlaskClient:
    """Somebody at a list with a row."""
    with store() as session:
        make_unit(session, number="0808")
    return browse("hua", {("estate", "view"), ("estate", "export")})


@pytest.mark.req("S5")
def test_a_list_shows_the_chosen_columns_in_the_order_of_the_declaration(lists: FlaskClient, browse: Browse) -> None:
    before = headings(lists)
    assert len(before) == 8
    assert "已保存列设置" in choose(lists, "status", "number", "floor")
    assert headings(lists) == [before[0], before[3], before[6]]
    assert headings(browse("other", {("estate", "view")})) == before, "the setting is one's own"
    page = lists.get("/try/unit/").get_data(as_text=True)
    assert re.findall(r'name="columns" value="(\w+)" checked', page) == ["number", "floor", "status"]


def test_the_exported_sheet_has_all_its_columns_and_the_setting_says_so(lists: FlaskClient) -> None:
    def exported() -> list[object]:
        return (
            CalamineWorkbook.from_filelike(io.BytesIO(lists.post("/estate/unit/export").data))
            .get_sheet_by_index(0)
            .to_python()[0]
        )

    before = exported()
    assert "导出的表格不受影响" in choose(lists, "number", url="/estate/unit/columns")
    assert headings(lists, "/estate/unit/") == ["房号"]
    assert exported() == before


def test_the_way_back_keeps_the_filters(lists: FlaskClient) -> None:
    answer = lists.post("/try/unit/columns?kind=shop&next=//evil.example", data={"columns": "number"})
    assert answer.location.endswith("/try/unit/?kind=shop")


def test_the_row_leads_to_the_record_whatever_is_shown(lists: FlaskClient) -> None:
    page = choose(lists, "status")
    assert re.search(r'<a class="row-link[^>]* href="/try/unit/\d+">', page)


def test_at_least_one_column_stays(lists: FlaskClient) -> None:
    before = headings(lists)
    for nothing in ((), ("password",), ("id_number", "")):
        assert "请至少保留一列" in choose(lists, *nothing)
    assert headings(lists) == before


def test_reset_shows_all_again(lists: FlaskClient, store: Store) -> None:
    before = headings(lists)
    choose(lists, "number")
    assert "已恢复显示全部列" in choose(lists, "number", default="1")
    assert headings(lists) == before
    with store() as session:
        assert session.scalars(select(HiddenColumns)).all() == []


def test_columns_that_a_list_gains_or_loses_do_no_harm(lists: FlaskClient, store: Store) -> None:
    before = headings(lists)
    choose(lists, "number", "floor")
    with store() as session:
        session.scalars(select(HiddenColumns)).one().names = ["gone", "kind", "status"]
    assert headings(lists) == [title for n, title in enumerate(before) if n not in (4, 6)]
    with store() as session:
        session.scalars(select(HiddenColumns)).one().names = list(TryUnitView.columns)
    assert headings(lists) == before


@pytest.mark.req("G8")
def test_masked_columns_stay_masked_and_nothing_undeclared_is_offered(browse: Browse, store: Store) -> None:
    with store() as session:
        make_customer(session, name="王小明", phone="13812345678")
    viewer = browse("viewer", {("customers", "view")})
    page = choose(viewer, "phone", "note", "created_at", "phone_index", url="/try/customer/columns")
    assert headings(viewer, "/try/customer/") == ["手机号"]
    assert "138****5678" in page
    assert "13812345678" not in page
    assert re.findall(r'name="columns" value="(\w+)"', page) == ["name", "kind", "phone", "id_number", "active"]
    assert browse("nobody", set()).post("/try/customer/columns").status_code == 404
