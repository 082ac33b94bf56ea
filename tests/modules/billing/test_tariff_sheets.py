"""Assignments, meters and readings from spreadsheets: the same rules as when they are typed."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from app.modules.billing.models import Meter, MeterReading, TariffAssignment
from tests.conftest import Store
from tests.core.sheets.conftest import Importer, importer
from tests.factories import make_building, make_community, make_customer, make_unit
from tests.modules.billing.tariffs import make_meter, make_reading, make_tariff

__all__ = ("importer",)

Import = Callable[..., Importer]
METER_HEADER = ["园区", "楼栋", "房号", "类型", "表号", "倍率", "启用"]


@pytest.fixture(autouse=True)
def park(store: Store) -> None:
    """One building with two units, a tariff by area and one by meter, an owner, and a meter that was read twice."""
    with store() as session:
        community = make_community(session, name="云谷园", code="YG")
        building = make_building(session, community=community, name="1号楼")
        unit = make_unit(session, building=building, number="0101")
        make_unit(session, building=building, number="0102")
        make_tariff(session, community.id, name="物业费")
        make_tariff(session, community.id, "electricity", method="metered", name="电费")
        make_customer(session, name="云谷置业", phone="13900000001")
        meter = make_meter(session, unit, number="DB1")
        make_reading(session, meter, date(2026, 1, 10), "100")
        make_reading(session, meter, date(2026, 2, 10), "200")


@pytest.mark.req("G11")
def test_readings_are_judged_with_those_before_them_in_the_file_too(importer: Import, store: Store) -> None:
    header = ["表号", "抄表日期", "读数", "备注"]
    page = importer("meter_reading").take(
        [header, ["DB1", "2026-03-10", "290", ""], ["DB1", "2026-04-10", "900", "大了"], ["DB1", "2026-05-10", 800, ""]]
    )
    assert page.job.created_rows == 3
    with store() as session:
        rows = session.scalars(
            select(MeterReading).where(MeterReading.read_on > date(2026, 2, 10)).order_by(MeterReading.read_on)
        )
        assert [(row.flag, row.source) for row in rows] == [
            ("", "import"), ("doubled", "import"), ("backwards", "import"),
        ]  # fmt: skip
    page = importer("meter_reading").take([header, ["DB1", "2026-03-10", "290", ""], ["DB1", "2026-04-10", "410", ""]])
    assert page.counts == (0, 1, 1, 0)
    with store() as session:
        reading = session.scalars(select(MeterReading).where(MeterReading.read_on == date(2026, 4, 10))).one()
        assert (reading.value, reading.flag) == (410, "")


def test_meters_and_assignments_come_in_by_their_names(importer: Import, store: Store) -> None:
    importer("meter").take(
        [
            ["园区", "楼栋", "房号", "类型", "表号", "倍率", "启用"],
            ["云谷园", "1号楼", "0102", "电表", "DB2", "1.5", "是"],
        ]
    )
    header = [
        "园区",
        "楼栋",
        "房号",
        "收费标准",
        "缴费人",
        "业主或指定客户",
        "客户手机号",
        "表号",
        "数量",
        "开始日期",
        "结束日期",
    ]
    importer("tariff_assignment").take(
        [
            header,
            ["云谷园", "1号楼", "0101", "物业费", "入住客户", "云谷置业", "13900000001", "", 1, "2026-01-01", ""],
            ["云谷园", "1号楼", "0102", "电费", "入住客户", "", "", "DB2", 1, "2026-01-01", ""],
        ]
    )
    with store() as session:
        assert len(session.scalars(select(Meter)).all()) == 2
        first, second = session.scalars(select(TariffAssignment).order_by(TariffAssignment.id))
        assert first.customer_id is not None
        assert second.meter_id is not None


def test_what_does_not_fit_is_named_by_cell(importer: Import, store: Store) -> None:
    header = ["园区", "楼栋", "房号", "收费标准", "缴费人", "表号", "开始日期", "结束日期"]
    page = importer("tariff_assignment").check(
        [
            header,
            ["云谷园", "1号楼", "0101", "电费", "", "", "2026-01-01", ""],
            ["云谷园", "1号楼", "0102", "电费", "", "DB1", "2026-01-01", ""],
            ["云谷园", "1号楼", "0101", "物业费", "指定客户", "", "2026-01-01", ""],
            ["云谷园", "1号楼", "0102", "物业费", "", "", "2026-01-01", "2025-01-01"],
        ]
    )
    for words in (
        "按表计量的收费标准须指定表计",
        "该表计不属于所选房号",
        "请选择缴费的客户",
        "结束日期不能早于开始日期",
    ):
        assert words in page.text
    bad = importer("meter").check(
        [
            ["园区", "楼栋", "房号", "类型", "表号", "倍率", "启用"],
            ["云谷园", "1号楼", "0102", "电表", "DB3", "1.25", "是"],
        ]
    )
    assert "倍率最多 1 位小数" in bad.text
    with store() as session:
        assert session.scalars(select(TariffAssignment)).all() == []
