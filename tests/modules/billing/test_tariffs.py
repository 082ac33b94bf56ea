"""Tariffs and their versions, what they are charged for, and meter readings."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.modules.billing.explanation import recompute
from app.modules.billing.models import BillLine, MeterReading, TariffAssignment, TariffVersion
from app.modules.billing.operations import readings, runs, tariffs
from app.modules.billing.operations.plan import Scope
from tests.conftest import Store
from tests.factories import make_building, make_customer, make_occupancy, make_unit
from tests.modules.billing.tariffs import assign, make_meter, make_tariff
from tests.postgresql import both_databases

TERMS: dict[str, Any] = {
    "valid_from": date(2026, 12, 1), "unit_price": Decimal("3.10"), "steps": [], "due_days": 15,
    "late_rate": Decimal("0.0005"), "grace_days": 0, "late_cap_percent": 20, "vacant_percent": 70,
}  # fmt: skip


def versions(session: Session, tariff_id: int) -> list[tuple[date, date | None]]:
    rows = session.scalars(
        select(TariffVersion).where(TariffVersion.tariff_id == tariff_id).order_by(TariffVersion.valid_from)
    )
    return [(row.valid_from, row.valid_to) for row in rows]


@pytest.mark.req("B3")
def test_a_new_price_follows_a_used_one_and_old_bills_stay_explained(store: Store) -> None:
    with store() as session:
        unit, tenant = make_unit(session), make_customer(session)
        make_occupancy(session, tenant, unit, starts_on=date(2025, 1, 1))
        tariff = make_tariff(session, unit.community_id)
        assign(session, tariff, unit)
        runs.start(session, Scope(unit.community_id, "2026-11"), None)
        used = session.scalars(select(TariffVersion)).one()
        with pytest.raises(Conflict):
            tariffs.change_version(session, used, tariff, {**TERMS, "unit_price": Decimal("9")})
        with pytest.raises(Conflict):
            tariffs.remove_version(session, used)
        new = tariffs.add_version(session, tariff, TERMS)
        assert versions(session, tariff.id) == [(date(2020, 1, 1), date(2026, 11, 30)), (date(2026, 12, 1), None)]
        line = session.scalars(select(BillLine)).one()
        assert recompute(line) == line.amount_fen == 24_220
        tariffs.change_version(session, new, tariff, {**TERMS, "unit_price": Decimal("3.00")})
        runs.start(session, Scope(unit.community_id, "2026-12"), None)
        assert session.scalars(select(BillLine.amount_fen).order_by(BillLine.id)).all() == [24_220, 25_950]
        with pytest.raises(Conflict):
            tariffs.save_tariff(session, tariff, {"method": "fixed"})
        tariffs.save_tariff(session, tariff, {"name": "办公楼物业费"})


def test_a_version_that_is_taken_away_lets_the_one_before_go_on(store: Store) -> None:
    with store() as session:
        tariff = make_tariff(session, make_building(session).community_id)
        later = tariffs.add_version(session, tariff, TERMS)
        between = tariffs.add_version(session, tariff, {**TERMS, "valid_from": date(2026, 6, 1)})
        assert versions(session, tariff.id)[1] == (date(2026, 6, 1), date(2026, 11, 30))
        with pytest.raises(Invalid):
            tariffs.add_version(session, tariff, {**TERMS, "valid_from": date(2026, 6, 1)})
        tariffs.remove_version(session, between)
        tariffs.remove_version(session, later)
        assert versions(session, tariff.id) == [(date(2020, 1, 1), None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_price": Decimal("-1")},
        {"late_rate": Decimal("0.02")},
        {"vacant_percent": 101},
        {"steps": [{"price": "1"}]},
        {"valid_from": None},
    ],
)
def test_terms_that_make_no_sense_are_refused_by_field(store: Store, wrong: dict[str, Any]) -> None:
    with store() as session:
        tariff = make_tariff(session, make_building(session).community_id)
        with pytest.raises(Invalid) as refused:
            tariffs.add_version(session, tariff, {**TERMS, **wrong})
        assert set(refused.value.by_field()) == set(wrong)


@pytest.mark.parametrize(
    "steps",
    [
        [{"upto": "100", "price": "1"}],
        [{"price": "1"}, {"price": "2"}],
        [{"upto": "100", "price": "1"}, {"upto": "90", "price": "2"}, {"price": "3"}],
        [{"upto": "100", "price": "-1"}, {"price": "2"}],
    ],
)
def test_steps_must_rise_and_end_open(store: Store, steps: list[dict[str, str]]) -> None:
    with store() as session:
        tariff = make_tariff(session, make_building(session).community_id, "water", method="metered")
        with pytest.raises(Invalid):
            tariffs.add_version(session, tariff, {**TERMS, "steps": steps})
        good = [{"upto": "26", "price": "2.9"}, {"price": "4"}]
        assert tariffs.add_version(session, tariff, {**TERMS, "steps": good}).steps == good


@both_databases
def test_many_units_at_once_and_again_only_the_new_ones(store: Store) -> None:
    with store() as session:
        building = make_building(session)
        units = [make_unit(session, building=building, kind="shop") for _n in range(3)]
        make_unit(session, building=building, kind="office")
        tariff = make_tariff(session, building.community_id)
        day = date(2026, 11, 1)
        assert tariffs.assign_many(session, tariff, starts_on=day, building_id=building.id, kind="shop") == 3
        assert tariffs.assign_many(session, tariff, starts_on=day) == 1
        assert tariffs.assign_many(session, tariff, starts_on=day) == 0
        power = make_tariff(session, building.community_id, "electricity", method="metered")
        meter = make_meter(session, units[0])
        make_meter(session, units[1], kind="water")
        assert tariffs.assign_many(session, power, starts_on=day) == 1
        made = session.scalars(select(TariffAssignment).where(TariffAssignment.tariff_id == power.id)).one()
        assert (made.unit_id, made.meter_id, made.payer) == (units[0].id, meter.id, "occupant")


def test_an_assignment_fits_its_tariff_and_stands_once_at_a_time(store: Store) -> None:
    with store() as session:
        unit, elsewhere = make_unit(session), make_unit(session)
        tariff = make_tariff(session, unit.community_id)
        power = make_tariff(session, unit.community_id, "electricity", method="metered")
        values = {"tariff_id": tariff.id, "unit_id": unit.id, "payer": "occupant", "customer_id": None,
                  "meter_id": None, "count": 1, "starts_on": date(2026, 1, 1), "ends_on": None}  # fmt: skip
        for wrong, field in (
            ({"unit_id": elsewhere.id}, "unit_id"),
            ({"tariff_id": power.id}, "meter_id"),
            ({"tariff_id": power.id, "meter_id": make_meter(session, elsewhere).id}, "meter_id"),
            ({"payer": "customer"}, "customer_id"),
            ({"ends_on": date(2025, 1, 1)}, "ends_on"),
            ({"count": 0}, "count"),
        ):
            with pytest.raises(Invalid) as refused:
                tariffs.save_assignment(session, None, {**values, **wrong})
            assert field in refused.value.by_field()
        first = tariffs.save_assignment(session, None, values)
        with pytest.raises(Invalid):
            tariffs.save_assignment(session, None, {**values, "starts_on": date(2026, 6, 1)})
        tariffs.save_assignment(session, first, {"ends_on": date(2026, 5, 31)})
        tariffs.save_assignment(session, None, {**values, "starts_on": date(2026, 6, 1)})


def day(before: int) -> date:
    return clock.today() - timedelta(days=before)


@pytest.mark.req("B3")
def test_backwards_and_doubled_readings_are_flagged_until_somebody_says_why(store: Store) -> None:
    with store() as session:
        meter = make_meter(session, make_unit(session))
        flags = [
            readings.enter(session, meter, day(before), Decimal(value)).flag
            for before, value in ((90, "100"), (60, "200"), (30, "290"), (10, "480"), (5, "470"), (4, "472"))
        ]
        assert flags == ["", "", "", "doubled", "backwards", ""]
        doubled = session.scalars(select(MeterReading).where(MeterReading.flag == "doubled")).one()
        with pytest.raises(Invalid):
            readings.confirm(session, doubled, " ")
        assert readings.confirm(session, doubled, "店铺扩容").flag == "confirmed"
        with pytest.raises(Conflict):
            readings.confirm(session, doubled, "再次")
        # the same value again changes nothing; a corrected one is judged anew, and so is the one after it
        assert readings.enter(session, meter, day(10), Decimal("480")).flag == "confirmed"
        assert readings.enter(session, meter, day(10), Decimal("330")).flag == ""
        after = session.scalars(select(MeterReading).where(MeterReading.read_on == day(5))).one()
        assert after.flag == "doubled"


def test_what_was_billed_is_not_read_again(store: Store) -> None:
    with store() as session:
        unit, tenant = make_unit(session), make_customer(session)
        make_occupancy(session, tenant, unit, starts_on=date(2025, 1, 1))
        meter = make_meter(session, unit)
        tariff = make_tariff(session, unit.community_id, "electricity", method="metered")
        assign(session, tariff, unit, meter_id=meter.id)
        with clock.travel(clock.start_of(date(2026, 11, 26))):
            readings.enter(session, meter, date(2026, 10, 25), Decimal(100))
            last = readings.enter(session, meter, date(2026, 11, 25), Decimal(150))
            runs.start(session, Scope(unit.community_id, "2026-11"), None)
            with pytest.raises(Conflict):
                readings.enter(session, meter, date(2026, 11, 25), Decimal(160))
            with pytest.raises(Conflict):
                readings.enter(session, meter, date(2026, 11, 10), Decimal(120))
            with pytest.raises(Conflict):
                readings.remove(session, last)
            with pytest.raises(Conflict):
                readings.save_meter(session, meter, {"multiplier": Decimal(2)}, unit.community_id)
            readings.enter(session, meter, date(2026, 11, 26), Decimal(151))


@pytest.mark.parametrize(("value", "when"), [("-1", 0), ("1.2345", 0), ("100000000", 0), ("1", -1)])
def test_a_reading_that_is_none_is_refused(store: Store, value: str, when: int) -> None:
    with store() as session, pytest.raises(Invalid):
        readings.enter(session, make_meter(session, make_unit(session)), day(when), Decimal(value))
