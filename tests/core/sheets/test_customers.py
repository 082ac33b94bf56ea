"""Five hundred customers come in from a file that another program wrote (G11), technicians likewise (G3)."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rustpy_xlsxwriter
from sqlalchemy import func, select

from app.core.privacy import keyring
from app.modules.estate.models import Unit
from app.modules.members.models import Customer, Occupancy, Technician
from tests.conftest import Store
from tests.core.sheets import customers
from tests.core.sheets.conftest import Import, xlsx
from tests.factories import make_building, make_community, make_member, make_unit
from tests.postgresql import both_databases

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def park(store: Store) -> None:
    with store() as session:
        building = make_building(session, community=make_community(session, name="客户园"), name="A座")
        for n in range(500):
            session.add(Unit(community_id=building.community_id, building_id=building.id, number=f"{n:04d}"))


def rust(rows: list[list[Any]]) -> bytes:
    stream = io.BytesIO()
    rustpy_xlsxwriter.write_worksheet(
        [dict(zip(rows[0], row, strict=True)) for row in rows[1:]], stream, sheet_name="客户"
    )
    return stream.getvalue()


def gbk(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("gbk")


def libreoffice(suffix: str) -> bytes:
    return (HERE / f"customers_libreoffice.{suffix}").read_bytes()


@pytest.mark.req("G11")
@pytest.mark.parametrize(
    ("written", "name"),
    [
        (lambda: xlsx(customers.rows(mistakes=True)), "openpyxl.xlsx"),
        (lambda: rust(customers.rows(mistakes=True)), "xlsxwriter.xlsx"),
        (lambda: gbk(customers.rows(mistakes=True)), "excel.csv"),
        (lambda: libreoffice("xlsx"), "LibreOffice.xlsx"),
        (lambda: libreoffice("xls"), "LibreOffice.xls"),
    ],
    ids=["openpyxl", "xlsxwriter", "csv-gbk", "libreoffice-xlsx", "libreoffice-xls"],
)
def test_ten_bad_rows_of_five_hundred_are_reported_by_cell_and_none_is_imported(
    store: Store, importer: Import, written: Any, name: str
) -> None:
    page = importer("customer").check(written(), name)
    assert page.job.state == "checked", page.job.error
    expected = {f"{'ABCDEFGHIJ'[column]}{row}": message for row, (column, _cell, message) in customers.MISTAKES.items()}
    assert page.cells == expected
    assert page.counts == (490, 0, 0, 10)
    assert importer("customer").press(page, "confirm").job.state == "checked"
    with store() as session:
        assert session.scalar(select(func.count(Customer.id))) == 0


@pytest.mark.req("G11")
@both_databases
def test_the_corrected_file_is_imported_and_the_same_again_changes_nothing(store: Store, importer: Import) -> None:
    sheet = importer("customer")
    page = sheet.take(customers.rows())
    assert page.job.state == "imported", page.job.error
    assert page.counts == (500, 0, 0, 0)
    with store() as session:
        assert session.scalar(select(func.count(Customer.id))) == 500
        assert session.scalar(select(func.count(Occupancy.id))) == 400
        found = session.scalars(
            select(Customer).where(Customer.credit_code_index == keyring().digest(customers.credit_code(2)))
        ).one()
        assert (found.name, found.phone, found.kind, found.phone_tail) == (
            "粤海第2商行",
            "13900000002",
            "merchant",
            "0002",
        )
        occupancy = session.scalars(select(Occupancy).where(Occupancy.customer_id == found.id)).one()
        unit = session.get_one(Unit, occupancy.unit_id)
        assert (unit.number, occupancy.starts_on, occupancy.ends_on) == ("0002", date(2024, 3, 1), None)
        assert unit.status == "occupied"
        assert session.scalar(select(func.count(Unit.id)).where(Unit.status == "vacant")) == 100
    again = sheet.check(customers.rows())
    assert again.counts == (0, 0, 500, 0)
    undone = sheet.press(page, "undo")
    assert undone.job.state == "undone"
    with store() as session:
        assert session.scalar(select(func.count(Customer.id))) == 0
        assert session.scalar(select(func.count(Occupancy.id))) == 0
        assert session.scalar(select(func.count(Unit.id)).where(Unit.status == "vacant")) == 500


def test_personal_data_stand_neither_in_the_job_nor_on_the_disk_nor_in_the_address(
    store: Store, importer: Import
) -> None:
    sheet = importer("customer")
    phone, number = "13912345678", customers.id_number(7)
    sheet.take([["客户类型", "客户名称", "手机号", "身份证号"], ["租客", "王五", phone, number]])
    page = sheet.check([["客户类型", "客户名称", "手机号", "身份证号"], ["租客", "王五", "13987654321", number]])
    assert [(item["before"], item["after"]) for item in page.job.previews] == [("139****5678", "139****4321")]
    sheet.check([["客户类型", "客户名称", "手机号", "身份证号"], ["租客", "赵六", phone + "9", "440101199001010000"]])
    kept = b"".join(path.read_bytes() for path in sheet.app.config["DATA_DIR"].rglob("*") if path.is_file())
    assert page.job.file_key in {path.name for path in (sheet.app.config["DATA_DIR"] / "imports").iterdir()}
    for secret in (phone, number, "13987654321", "440101199001010000"):
        assert secret.encode() not in kept


def test_a_number_that_the_spreadsheet_program_spoiled_is_explained(importer: Import) -> None:
    page = importer("customer").check(
        [["客户类型", "客户名称", "手机号", "身份证号"], ["租客", "王五", 13912345678, 440101199001011234]]
    )
    assert page.cells == {"D2": "被表格软件当成了数字，末尾已丢失；请把单元格格式设为“文本”后重新输入"}


def test_a_customer_without_anything_to_know_it_by_is_refused(importer: Import) -> None:
    page = importer("customer").check([["客户类型", "客户名称", "手机号"], ["租客", "王五", ""]])
    assert list(page.cells) == ["第 2 行"]
    assert page.cells["第 2 行"].startswith("请填写统一社会信用代码 / 身份证号 / 客户名称 + 手机号")


def test_two_rows_about_one_customer_are_reported(importer: Import) -> None:
    rows = [
        ["客户类型", "客户名称", "手机号", "统一社会信用代码"],
        ["商家", "甲店", "13900000001", customers.credit_code(1)],
        ["商家", "甲店", "13900000001", ""],
        ["商家", "乙店", "13900000002", customers.credit_code(1)],
        ["商家", "甲店", "13900000001", customers.credit_code(2)],
    ]
    page = importer("customer").check(rows)
    assert page.cells == {"第 3 行": "与第 2 行重复", "第 4 行": "与第 2 行重复", "第 5 行": "与第 3 行重复"}


OCCUPANCY = ["园区", "楼栋", "房号", "客户名称", "客户手机号", "开始日期", "结束日期"]


@both_databases
def test_occupancies_neither_overlap_nor_end_before_they_start(store: Store, importer: Import) -> None:
    importer("customer").take([["客户类型", "客户名称", "手机号"], ["商家", "甲店", "13900000001"]])
    own = ["客户园", "A座", "0001", "甲店", "13900000001"]
    page = importer("occupancy").check(
        [
            OCCUPANCY,
            [*own, "2025-01-01", "2025-12-31"],
            [*own, "2025-06-01", ""],
            [*own, "2026-02-01", "2026-01-01"],
            [*own, date(2026, 1, 1), ""],
            [*own[:4], "13900000009", "2024-01-01", ""],
        ]
    )
    assert page.cells == {
        "F3": "该客户在此期间已有这个房号的入住记录",
        "G4": "结束日期不能早于开始日期",
        "E6": "找不到商家/租客",
    }
    occupancies = importer("occupancy")
    assert occupancies.take([OCCUPANCY, [*own, "2025-01-01", ""]]).counts == (1, 0, 0, 0)
    closed = occupancies.take([OCCUPANCY, [*own, "2025-01-01", "2025-12-31"], [*own, "2026-01-01", ""]])
    assert closed.counts == (1, 1, 0, 0)
    assert closed.job.state == "imported", closed.job.error


@pytest.mark.req("G3")
@both_databases
def test_an_imported_technician_is_the_member_with_that_phone(store: Store, importer: Import) -> None:
    with store() as session:
        member_id = make_member(session, phone="13900000077").id
    header = ["姓名", "手机号", "工种", "在岗", "园区"]
    page = importer("technician").take(
        [header, ["李师傅", "139 0000 0077", "强电、电梯", "是", "客户园"], ["张师傅", "13900000078", "", "否", ""]]
    )
    assert page.counts == (2, 0, 0, 0)
    with store() as session:
        rows = session.execute(
            select(Technician.name, Technician.trades, Technician.on_duty, Technician.member_id).order_by(Technician.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("李师傅", ["electrical", "lift"], True, member_id),
        ("张师傅", [], False, None),
    ]


def test_units_in_use_keep_what_staff_said_of_them(store: Store, importer: Import) -> None:
    with store() as session:
        building = make_building(session, community=make_community(session, name="另一园"), name="B座")
        make_unit(session, building=building, number="1", status="fitting_out")
    importer("customer").take(
        [
            ["客户类型", "客户名称", "手机号", "园区", "楼栋", "房号"],
            ["商家", "甲店", "13900000001", "另一园", "B座", "1"],
        ]
    )
    with store() as session:
        assert session.scalars(select(Unit).where(Unit.number == "1")).one().status == "fitting_out"


def test_a_cell_that_is_wanting_in_a_column_that_the_file_does_not_have_is_a_problem_of_the_row(
    importer: Import,
) -> None:
    page = importer("customer").check(
        [["客户类型", "客户名称", "手机号", "园区"], ["商家", "甲店", "13900000001", "客户园"]]
    )
    assert page.cells == {"第 2 行": "填写了园区、楼栋或入住日期时，须同时填写房号"}
