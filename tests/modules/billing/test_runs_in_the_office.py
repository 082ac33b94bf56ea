"""Tariffs and runs through the back office, as staff see them; sheets; and the run in the background."""

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.core.jobs.runner import run_due
from app.modules.billing.models import (
    Bill,
    BillRun,
    LedgerEntry,
    MeterReading,
    Tariff,
    TariffAssignment,
    TariffVersion,
)
from app.modules.billing.operations import runs
from app.modules.billing.operations.plan import Scope
from app.modules.estate.models import Community
from tests.conftest import Browse, Store
from tests.factories import make_building, make_customer, make_occupancy, make_unit
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import keep_to
from tests.modules.billing.tariffs import assign, make_meter, make_reading, make_tariff
from tests.modules.members.races import race
from tests.postgresql import both_databases

EVERYTHING = {("tariffs", action) for action in ("view", "edit", "delete", "approve", "import", "export")} | {
    ("billing", "view")
}


def park(store: Store, buildings: int = 1, units: int = 3) -> int:
    """A community whose units are let and charged by area; its id."""
    with store() as session:
        first = make_building(session)
        there = [first] + [make_building(session, community=session.get_one(Community, first.community_id))
                           for _n in range(buildings - 1)]  # fmt: skip
        tariff = make_tariff(session, first.community_id, name="写字楼物业费")
        for building in there:
            for _n in range(units):
                unit = make_unit(session, building=building)
                make_occupancy(session, make_customer(session), unit, starts_on=date(2025, 1, 1))
                assign(session, tariff, unit)
        return first.community_id


@pytest.mark.req("B3")
def test_from_preview_to_bills_and_back(browse: Browse, store: Store) -> None:
    community = park(store)
    staff = browse("li", EVERYTHING)
    asked = f"community={community}&period=2026-11"
    page = staff.get(f"/billing/issue/?{asked}").get_data(as_text=True)
    assert "将生成 3 张账单，合计 ¥726.60" in page
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Bill)) == 0
    answer = staff.post("/billing/issue/", data={"community": community, "period": "2026-11"})
    assert answer.status_code == 302
    shown = staff.get(answer.location).get_data(as_text=True)
    assert "已出账" in shown
    assert "¥726.60" in shown
    again = staff.post("/billing/issue/", data={"community": community, "period": "2026-11"})
    assert again.status_code == 409
    assert "没有可出的账单" in again.get_data(as_text=True)
    with store() as session:
        bill = session.scalars(select(Bill).limit(1)).one().id
    assert "面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20" in staff.get(f"/billing/bill/{bill}").get_data(as_text=True)
    staff.post(f"{answer.location}/move/cancel")
    with store() as session:
        assert set(session.scalars(select(Bill.state))) == {"void"}
        check_books(session, community)


def test_preview_needs_view_issuing_needs_approve_and_foreign_parks_are_absent(browse: Browse, store: Store) -> None:
    community, foreign = park(store), park(store)
    looker = browse("wang", {("tariffs", "view")})
    assert "确认出账" not in looker.get(f"/billing/issue/?community={community}&period=2026-11").get_data(as_text=True)
    assert looker.post("/billing/issue/", data={"community": community, "period": "2026-11"}).status_code == 404
    confined = browse("zhao", EVERYTHING)
    with store() as session:
        keep_to(session, "zhao", community)
    assert "请选择园区" in confined.get(f"/billing/issue/?community={foreign}&period=2026-11").get_data(as_text=True)
    assert confined.post("/billing/issue/", data={"community": foreign, "period": "2026-11"}).status_code == 422
    for wrong in ("2026-13", "abc", "", "9999-01"):
        assert confined.post("/billing/issue/", data={"community": community, "period": wrong}).status_code == 422


def test_prices_with_steps_are_typed_in_a_form(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        tariff = make_tariff(session, building.community_id, "electricity", method="metered", name="公寓电费").id
    staff = browse("li", EVERYTHING)
    typed = {"valid_from": "2026-12-01", "due_days": "15", "late_percent": "0.05", "grace_days": "3",
             "late_cap_percent": "20", "vacant_percent": "100", "upto0": "260", "price0": "0.6086", "upto1": "600",
             "price1": "0.6586", "price2": "0.9086"}  # fmt: skip
    wrong = staff.post(f"/billing/prices/new/{tariff}", data={**typed, "price1": "贵"})
    assert wrong.status_code == 422
    assert "第 2 档的上限或单价不是有效的数字" in wrong.get_data(as_text=True)
    assert 'value="0.6086"' in wrong.get_data(as_text=True)
    assert staff.post(f"/billing/prices/new/{tariff}", data=typed).status_code == 302
    with store() as session:
        version = session.scalars(select(TariffVersion).where(TariffVersion.valid_from == date(2026, 12, 1))).one()
        assert version.steps == [{"upto": "260", "price": "0.6086"}, {"upto": "600", "price": "0.6586"},
                                 {"price": "0.9086"}]  # fmt: skip
        assert (version.late_rate, version.grace_days) == (Decimal("0.0005"), 3)
        number = version.id
    page = staff.get(f"/billing/tariff/{tariff}").get_data(as_text=True)
    assert "0–260 ¥0.6086；260–600 ¥0.6586；600 以上 ¥0.9086" in page
    assert staff.get(f"/billing/prices/{number}").status_code == 200
    assert staff.post(f"/billing/prices/{number}", data={**typed, "due_days": "20"}).status_code == 302


def test_a_building_is_read_on_one_page(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        meters = [make_meter(session, make_unit(session, building=building)) for _n in range(3)]
        for meter in meters:
            make_reading(session, meter, date(2026, 1, 10), "100")
            make_reading(session, meter, date(2026, 2, 10), "200")
        ids, building_id = [meter.id for meter in meters], building.id
    staff = browse("li", EVERYTHING)
    where = {"building": building_id, "kind": "electricity", "read_on": "2026-03-10"}
    assert "200" in staff.get("/billing/entry/", query_string=where).get_data(as_text=True)
    typed = {f"value{ids[0]}": "290", f"value{ids[1]}": "150", f"value{ids[2]}": "许多"}
    answer = staff.post("/billing/entry/", data={**where, **typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "读数倒退" in page
    assert "请填写数字" in page
    assert 'value="许多"' in page
    with store() as session:
        found = {
            reading.meter_id: reading
            for reading in session.scalars(select(MeterReading).where(MeterReading.read_on == date(2026, 3, 10)))
        }
        assert {number: reading.flag for number, reading in found.items()} == {ids[0]: "", ids[1]: "backwards"}
        flagged = found[ids[1]].id
    assert staff.post(f"/billing/meter_reading/{flagged}/confirm", data={"note": ""}).status_code == 422
    assert staff.post(f"/billing/meter_reading/{flagged}/confirm", data={"note": "已换表"}).status_code == 302


def test_all_units_of_a_kind_are_assigned_on_one_page(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        make_unit(session, building=building, kind="shop")
        make_unit(session, building=building, kind="office")
        tariff = make_tariff(session, building.community_id).id
    staff = browse("li", EVERYTHING)
    wrong = staff.post("/billing/assign/", data={"tariff": tariff, "kind": "palace", "starts_on": ""})
    assert wrong.status_code == 422
    answer = staff.post("/billing/assign/", data={"tariff": tariff, "kind": "shop", "starts_on": "2026-11-01"})
    assert answer.status_code == 302
    with store() as session:
        assert session.scalar(select(func.count()).select_from(TariffAssignment)) == 1


@both_databases
def test_a_big_run_goes_on_in_the_background_and_shows_how_far_it_is(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    community = park(store, buildings=3, units=2)
    monkeypatch.setattr(runs, "AT_ONCE", 5)
    with store() as session:
        run_id = runs.start(session, Scope(community, "2026-11"), None).id
    progress = []
    while True:
        with store() as session:
            run = session.get_one(BillRun, run_id)
            progress.append((run.state, run.steps_done, run.bills))
        if progress[-1][0] == "issued" or run_due(app, limit=1) == 0:
            break
    assert [step for n, step in enumerate(progress) if step not in progress[:n]] == [
        ("issuing", 0, 0), ("issuing", 1, 2), ("issuing", 2, 4), ("issued", 3, 6),
    ]  # fmt: skip
    with store() as session:
        run = session.get_one(BillRun, run_id)
        assert run.amount_fen == 6 * 24_220
        assert len(set(session.scalars(select(Bill.number)))) == 6
        check_books(session, community)


@both_databases
def test_six_runs_at_once_make_each_bill_once(app: Flask, store: Store) -> None:
    community = park(store, units=20)
    race(app, lambda _n: runs.start(db.session(), Scope(community, "2026-11"), None).id)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Bill)) == 20
        assert session.scalar(select(func.sum(LedgerEntry.amount_fen))) == 20 * 24_220
        assert session.scalar(select(func.count()).select_from(BillRun)) == 1
        check_books(session, community)


def test_a_staff_member_adds_a_tariff_meter_and_assignment(browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session)
        make_tariff(session, unit.community_id)
        fee = session.scalars(select(Tariff.fee_item_id)).one()
        unit_id, community = unit.id, unit.community_id
    staff = browse("li", EVERYTHING)
    answer = staff.post("/billing/tariff/new", data={"community": community, "fee_item": fee, "name": "垃圾费",
                                                     "method": "fixed", "cycle": "1", "active": "1"})  # fmt: skip
    assert answer.status_code == 302
    refused = staff.post("/billing/meter/new", data={"unit": unit_id, "kind": "water", "number": "SB1",
                                                     "multiplier": "1.25", "active": "1"})  # fmt: skip
    assert "最多 1 位小数" in refused.get_data(as_text=True)
    assert staff.post("/billing/meter/new", data={"unit": unit_id, "kind": "water", "number": "SB1",
                                                  "multiplier": "1.5", "active": "1"}).status_code == 302  # fmt: skip
    with store() as session:
        tariff = session.scalars(select(Tariff.id).where(Tariff.name == "垃圾费")).one()
    answer = staff.post("/billing/tariff_assignment/new", data={"tariff": tariff, "unit": unit_id, "payer": "occupant",
                                                                "count": "1", "starts_on": "2026-11-01"})  # fmt: skip
    assert answer.status_code == 302
    for path in ("fee_item", "tariff", "tariff_version", "tariff_assignment", "meter", "meter_reading", "bill_run"):
        assert staff.get(f"/billing/{path}/").status_code == 200
