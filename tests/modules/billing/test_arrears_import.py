"""What another system leaves behind becomes bills, once and whole (B6, invariant 12)."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.modules.billing.models import Bill, BillLine, LedgerEntry
from app.modules.billing.operations import charges
from app.modules.estate.models import Building, Community
from tests.conftest import Browse, Store
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_household
from tests.uploading import upload

HEADER = ["账单号", "园区", "楼栋", "房号", "客户名称", "客户手机号", "费用项", "账期", "截止日期", "应收金额", "备注"]


@pytest.fixture
def row(store: Store) -> list[Any]:
    """A row that fits what is there."""
    with store() as session:
        charges.install(session)
        customer, unit, _member = make_household(session, name="百味餐饮店", phone="13912345678")
        building, community = session.get_one(Building, unit.building_id), session.get_one(Community, unit.community_id)
        place = [community.name, building.name, unit.number]
        return ["QC-1", *place, customer.name, "13912345678", "物业管理费", "2026-09", "2026-09-15", 242.2, "九月"]


@pytest.mark.req("B6")
def test_arrears_are_bills_with_their_line_and_entry_and_not_twice(
    app: Flask, browse: Browse, store: Store, row: list[Any]
) -> None:
    cashier = browse("cashier", {("billing", "view"), ("billing", "import")})
    page = upload(app, cashier, "arrears", HEADER, [row, ["QC-2", *row[1:9], 100, ""]])
    assert "已导入：新增 2 条" in page
    assert "撤销本次导入</button>" not in page
    assert "没有需要导入的变化" in upload(app, cashier, "arrears", HEADER, [row], confirm=False)
    with store() as session:
        bills = session.scalars(select(Bill).order_by(Bill.number)).all()
        assert [(bill.number, bill.amount_fen, bill.period, bill.state) for bill in bills] == [
            ("QC-1", 24_220, "2026-09", "unpaid"), ("QC-2", 10_000, "2026-09", "unpaid"),
        ]  # fmt: skip
        for model in (BillLine, LedgerEntry):
            assert session.scalar(select(func.count()).select_from(model)) == 2
        check_books(session, bills[0].community_id)


def test_a_bill_is_not_changed_by_importing_it_differently(
    app: Flask, browse: Browse, store: Store, row: list[Any]
) -> None:
    cashier = browse("cashier", {("billing", "view"), ("billing", "import")})
    upload(app, cashier, "arrears", HEADER, [row])
    page = upload(
        app, cashier, "arrears", HEADER, [[*row[:9], 999, row[10]], ["QC-3", *row[1:9], 0, ""]], confirm=False
    )
    assert "账单不能通过导入修改" in page
    assert "金额应大于 0" in page
    with store() as session:
        assert session.scalars(select(Bill.amount_fen)).all() == [24_220]
