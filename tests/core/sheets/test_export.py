"""An export is exactly the filtered list, masked without the right, harmless to open, and known to the import."""

import io
import re
import tracemalloc
import zipfile
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from flask_appbuilder.security.sqla.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db, reading
from app.core.rights import StaffScope
from app.core.sheets.columns import clean, neutralise
from app.core.sheets.export import write_export
from app.core.sheets.files import Source
from app.core.sheets.models import ExportJob
from app.core.sheets.xlsx import write_xlsx
from app.modules.estate import sheets as estate_sheets
from app.modules.estate.models import Building, Community, Unit
from tests.conftest import Browse, Store
from tests.core.sheets.conftest import Import, table
from tests.core.sheets.customers import credit_code
from tests.factories import make_building, make_community, make_customer, make_occupancy, make_technician, make_unit
from tests.postgresql import both_databases

CUSTOMERS, UNITS = "/customers/customer", "/estate/unit"


def exported(client: Any, path: str) -> list[list[Any]]:
    answer = client.post(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return table(answer.data)


@pytest.fixture
def addresses(app: Any) -> dict[str, str]:
    """Where the lists of the sheets' records are."""
    found = {}
    for rule in app.url_map.iter_rules():
        view, _, method = rule.endpoint.partition(".")
        if method == "export":
            found[view] = rule.rule
    return found


@both_databases
def test_exactly_the_filtered_list_is_exported(store: Store, browse: Browse, addresses: dict[str, str]) -> None:
    with store() as session:
        building = make_building(session, community=make_community(session, name="粤海园"), name="A座")
        for number, kind in (("1201", "office"), ("1202", "shop"), ("1203", "shop")):
            make_unit(session, building=building, number=number, kind=kind, floor=12)
        make_unit(session, number="别处", kind="office")
    rows = exported(browse(), f"{addresses['UnitView']}?kind=shop")
    assert rows[0] == ["园区", "楼栋", "房号", "楼层", "类型", "面积（m²）", "使用状态"]
    assert sorted(rows[1:]) == [
        ["粤海园", "A座", "1202", 12, "商铺", 86.5, "空置"],
        ["粤海园", "A座", "1203", 12, "商铺", 86.5, "空置"],
    ]
    with store() as session:
        job = session.scalars(select(ExportJob)).one()
        assert (job.sheet, job.rows, job.revealed, job.filters) == ("unit", 2, False, {"kind": "shop"})
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).one()
        assert (entry.actor_name, entry.record, entry.changes["rows"]) == ("boss", "unit", 2)
        assert job.user_id == session.scalars(select(User.id).where(User.username == "boss")).one()


def test_the_file_is_named_in_chinese_with_the_day(browse: Browse, addresses: dict[str, str]) -> None:
    answer = browse().post(addresses["UnitView"])
    name = unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2])
    assert name == f"房屋与单元-{clock.today():%Y%m%d}.xlsx"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.req("G11")
def test_sensitive_and_personal_columns_are_masked_without_the_right(
    store: Store, browse: Browse, addresses: dict[str, str]
) -> None:
    with store() as session:
        customer = make_customer(session, name="王五", phone="13912345678", id_number="440106199003070011")
        make_occupancy(session, customer, make_unit(session, number="8-8"))
    staff = browse("li", {("customers", "export")})
    (header, row) = exported(staff, addresses["CustomerView"])
    shown = dict(zip(header, row, strict=True))
    assert (shown["客户名称"], shown["手机号"], shown["身份证号"]) == ("王五", "139****5678", "440***********0011")
    assert (shown["房号"], shown["入住日期"].date()) == ("8-8", clock.today())
    assert "13912345678" not in str(exported(staff, addresses["OccupancyView"]))
    (header, row) = exported(
        browse("zhao", {("customers", "export"), ("customers", "reveal")}), addresses["CustomerView"]
    )
    shown = dict(zip(header, row, strict=True))
    assert (shown["手机号"], shown["身份证号"]) == ("13912345678", "440106199003070011")
    with store() as session:
        assert list(session.scalars(select(ExportJob.revealed).order_by(ExportJob.id))) == [False, False, True]


def test_without_the_right_nothing_is_exported_and_the_data_scope_holds(
    store: Store, browse: Browse, addresses: dict[str, str]
) -> None:
    with store() as session:
        make_unit(session, number="1")
        own = make_building(session)
        make_unit(session, building=own, number="2")
        community_id = own.community_id
    assert browse("viewer", {("estate", "view")}).post(addresses["UnitView"]).status_code == 404
    client = browse("li", {("estate", "export")})
    with store() as session:
        person = session.scalars(select(User).where(User.username == "li")).one()
        session.add(StaffScope(user_id=person.id, community_id=community_id))
    assert [row[2] for row in exported(client, addresses["UnitView"])[1:]] == ["2"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "=cmd|' /C calc'!A0"])
def test_no_text_can_become_a_formula(store: Store, browse: Browse, addresses: dict[str, str], text: str) -> None:
    with store() as session:
        make_unit(session, number=text)
    data = browse().post(addresses["UnitView"]).data
    xml = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in xml
    shown = table(data)[1][2]
    assert shown.startswith("'")
    assert clean(shown) == text


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")) | st.sampled_from(" '=+-@&<_x0041"),
    max_size=30,
)


@given(TEXT)
def test_what_is_neutralised_is_taken_back_exactly(text: str) -> None:
    if "﻿" not in text and "​" not in text and text == text.strip():
        wide = {0xFEE0 + code for code in range(0x30, 0x7B)}
        if not any(ord(character) in wide for character in text):
            assert clean(neutralise(text)) == text


ODD = "房A1-座=+@'&<>_x0041楼 号\"e"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.text(st.sampled_from(ODD), min_size=1, max_size=12).map(str.strip).filter(bool),
            st.integers(-20, 300),
            st.sampled_from(["office", "shop", "flat"]),
            st.decimals(0, 99999, places=2),
        ),
        min_size=1, max_size=8, unique_by=lambda row: row[0],
    )
)  # fmt: skip
def test_an_export_that_is_imported_again_changes_nothing(
    store: Store, importer: Import, addresses: dict[str, str], units: Any
) -> None:
    with store() as session:
        session.query(Unit).delete()
        session.query(Building).delete()
        session.query(Community).delete()
        building = make_building(session, community=make_community(session, name="=园", code="-1"), name="+A座")
        for number, floor, kind, area in units:
            make_unit(session, building=building, number=number, floor=floor, kind=kind, area_m2=area)
    sheet = importer("unit")
    page = sheet.check(sheet.client.post(addresses["UnitView"]).data)
    assert page.cells == {}
    assert page.counts == (0, 0, len(units), 0)


@both_databases
def test_every_sheet_takes_back_its_own_export(store: Store, importer: Import, addresses: dict[str, str]) -> None:
    with store() as session:
        unit = make_unit(session)
        customer = make_customer(
            session, name="甲店", contact_name="张三", note="多行\n备注", credit_code=credit_code(1)
        )
        make_occupancy(session, customer, unit)
        make_technician(session, trades=["lift", "general"], community_id=unit.community_id)
    for view, name in (
        ("CommunityView", "community"), ("BuildingView", "building"), ("UnitView", "unit"),
        ("CustomerView", "customer"), ("OccupancyView", "occupancy"), ("TechnicianView", "technician"),
    ):  # fmt: skip
        sheet = importer(name)
        page = sheet.check(sheet.client.post(addresses[view]).data)
        assert page.cells == {}, name
        assert page.job.created_rows == page.job.updated_rows == 0, name


def test_a_masked_export_is_no_news_and_masks_are_not_taken_for_numbers(
    store: Store, browse: Browse, importer: Import, addresses: dict[str, str]
) -> None:
    with store() as session:
        make_technician(session, name="李师傅", phone="13912345678")
    staff = browse("li", {("technicians", "export"), ("technicians", "import")})
    page = importer("technician", staff).check(staff.post(addresses["TechnicianView"]).data)
    assert page.cells == {"第 2 行": "手机号是脱敏后的内容，无法据此识别记录"}
    with store() as session:
        make_customer(session, name="甲店", phone="13912345678", id_number="440106199003070011")
    header = ["客户类型", "客户名称", "手机号", "身份证号"]
    customers = importer("customer", browse())
    assert customers.check([header, ["商家", "甲店", "13912345678", "440***********0011"]]).counts == (0, 0, 1, 0)
    page = customers.check([header, ["商家", "甲店", "13912345678", "440***********9999"]])
    assert page.cells == {"D2": "是脱敏后的内容，与原值不符；请填写完整，或留空表示不修改"}


def test_the_writer_makes_what_other_programs_read() -> None:
    stream = io.BytesIO()
    rows = [["a<b>&\"c'", 12, None, clock.today()], [" 空格 ", 1.5, "_x0041_\x00\ufffe", None]]
    assert write_xlsx(stream, "标题/含[非法]字符", ["甲", "乙", "丙", "丁"], rows, [10, 10, 10, 12]) == 2
    sheet = openpyxl.load_workbook(io.BytesIO(stream.getvalue())).active
    assert sheet is not None
    assert [sheet["A2"].value, sheet["B2"].value, sheet["C2"].value] == ["a<b>&\"c'", 12, None]
    read = [cells for batch in Source(stream.getvalue(), "xlsx").batches() for _number, cells in batch]
    assert read[2][:3] == [" 空格 ", 1.5, "_x0041_"]
    assert sheet["D2"].is_date
    assert sheet.freeze_panes == "A2"


@both_databases
def test_memory_does_not_grow_with_the_number_of_rows(store: Store, app: Any) -> None:
    from sqlalchemy import insert

    with store() as session:
        building = make_building(session)
        at = {"created_at": clock.now(), "updated_at": clock.now()}
        rows = [
            {"community_id": building.community_id, "building_id": building.id, "number": f"{n:06d}", "floor": 1,
             "kind": "office", "area_m2": 1, "status": "vacant", **at} for n in range(20_000)
        ]  # fmt: skip
        session.execute(insert(Unit.__table__), rows)

    def peak(limit: int) -> int:
        with store(), reading():
            tracemalloc.start()
            query = select(Unit).where(Unit.number < f"{limit:06d}").order_by(Unit.id)
            with open("/dev/null", "wb") as nowhere:
                assert write_export(db.session(), Sink(nowhere), estate_sheets.UNITS, query, reveal=False) == limit
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(10)
    assert peak(20_000) < peak(5_000) * 1.2 + 500_000


class Sink(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.at = stream, 0

    def write(self, data: Any) -> int:
        self.at += len(data)
        return len(data)

    def tell(self) -> int:
        return self.at

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


def test_the_template_explains_itself_and_its_example_is_not_imported(store: Store, importer: Import) -> None:
    sheet = importer("unit")
    answer = sheet.client.get("/import/unit/template.xlsx")
    assert "模板" in unquote(answer.headers["Content-Disposition"])
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    page: Any = book.worksheets[0]
    titles = [cell.value for cell in page[1]]
    assert titles == ["园区*", "楼栋*", "房号*", "楼层", "类型", "面积（m²）", "使用状态", "填写说明"]
    assert page.freeze_panes == "A2"
    assert page["A1"].font.bold
    assert "必填" in page["A1"].comment.text
    assert {str(rule.sqref).partition("2:")[0] for rule in page.data_validations.dataValidation} == {"E", "G"}
    assert [cell.value for cell in book["说明"][1]] == ["列名", "是否必填", "怎样填写", "示例"]
    empty = sheet.check(answer.data)
    assert empty.job.state == "failed"
    assert "没有要导入的数据" in empty.text
    with store() as session:
        make_building(session, community=make_community(session, name="粤海园"), name="A座")
    for column, value in zip("ABCDEFG", ["粤海园", "A座", "0801", 8, "商铺", 12.5, "空置"], strict=True):
        page[f"{column}3"] = value
    page["H2"] = "示例行,导入时忽略"  # as a template says that was taken before its punctuation changed
    stream = io.BytesIO()
    book.save(stream)
    shown = sheet.check(stream.getvalue())
    assert shown.counts == (1, 0, 0, 0), shown.cells
    assert "第 2 行是模板的示例行，已忽略" in shown.text
    assert not re.search("多个工作表", shown.text)
