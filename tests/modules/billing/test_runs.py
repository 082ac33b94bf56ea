"""Bill runs: golden cases computed by hand, and everything else against a reference in exact fractions."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.modules.billing.explanation import explain, recompute
from app.modules.billing.models import Bill, BillLine, BillRun, LedgerEntry, Meter
from app.modules.billing.operations import payments, runs
from app.modules.billing.operations.plan import Scope
from app.modules.billing.operations.run_preview import preview
from app.modules.estate.models import Unit
from tests.conftest import Store
from tests.factories import make_building, make_customer, make_occupancy, make_unit
from tests.modules.billing.books import check_books
from tests.modules.billing.tariffs import assign, make_meter, make_reading, make_tariff, make_version
from tests.postgresql import both_databases

NOVEMBER = "2026-11"


def issue(session: Session, unit: Unit, period: str = NOVEMBER, **scope: Any) -> BillRun:
    return runs.start(session, Scope(unit.community_id, period, **scope), None)


def lines(session: Session) -> list[tuple[int, str]]:
    """Amount and words of every line, as the bills stand."""
    found = session.scalars(
        select(BillLine).join(Bill, Bill.id == BillLine.bill_id).where(Bill.state != "void")
        .order_by(Bill.starts_on, Bill.id, BillLine.position)
    ).all()  # fmt: skip
    for line in found:
        assert recompute(line) == line.amount_fen
    return [(line.amount_fen, explain(line)) for line in found]


@both_databases
@pytest.mark.req("B3")
def test_a_month_of_an_office_is_area_times_price(store: Store) -> None:
    with store() as session:
        unit, customer = make_unit(session), make_customer(session)
        make_occupancy(session, customer, unit, starts_on=date(2025, 3, 1))
        assign(session, make_tariff(session, unit.community_id, version={"due_days": 10}), unit)
        run = issue(session, unit)
        assert (run.state, run.bills, run.amount_fen) == ("issued", 1, 24_220)
        bill = session.scalars(select(Bill)).one()
        assert (bill.customer_id, bill.amount_fen, bill.state) == (customer.id, 24_220, "unpaid")
        assert (bill.starts_on, bill.ends_on) == (date(2026, 11, 1), date(2026, 11, 30))
        assert (bill.due_on - clock.today()).days == 10
        assert lines(session) == [(24_220, "面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20")]
        check_books(session, unit.community_id)


@both_databases
@pytest.mark.req("B3")
def test_each_occupant_pays_for_their_days_and_the_owner_for_vacant_ones(store: Store) -> None:
    with store() as session:
        unit, (owner, first, second) = make_unit(session), [make_customer(session) for _n in range(3)]
        make_occupancy(session, first, unit, starts_on=date(2025, 1, 1), ends_on=date(2026, 11, 10))
        make_occupancy(session, second, unit, starts_on=date(2026, 11, 21))
        tariff = make_tariff(session, unit.community_id, version={"vacant_percent": 70})
        assign(session, tariff, unit, customer_id=owner.id)
        issue(session, unit)
        assert lines(session) == [
            (8_073, "面积 86.50 m² × ¥2.80/m²·月 × 1 月 × 10/30 天（11 月 1 日至 11 月 10 日） = ¥80.73"),
            (5_651, "面积 86.50 m² × ¥2.80/m²·月 × 1 月 × 10/30 天（11 月 11 日至 11 月 20 日） × 空置 70% = ¥56.51"),
            (8_073, "面积 86.50 m² × ¥2.80/m²·月 × 1 月 × 10/30 天（11 月 21 日至 11 月 30 日） = ¥80.73"),
        ]
        payers = session.scalars(select(Bill.customer_id).order_by(Bill.starts_on)).all()
        assert payers == [first.id, owner.id, second.id]
        check_books(session, unit.community_id)


@both_databases
def test_without_an_owner_nobody_pays_for_vacant_days(store: Store) -> None:
    with store() as session:
        unit, empty, tenant = make_unit(session), make_unit(session), make_customer(session)
        make_occupancy(session, tenant, unit, starts_on=date(2026, 11, 16))
        assign(session, make_tariff(session, unit.community_id), unit)
        assign(session, make_tariff(session, empty.community_id), empty)
        issue(session, unit)
        assert [fen for fen, _words in lines(session)] == [12_110]
        shown = preview(session, Scope(empty.community_id, NOVEMBER))
        assert [(skip.reason, skip.count) for skip in shown.skipped] == [("no_payer", 1)]


@both_databases
def test_of_two_who_share_a_unit_the_first_pays_and_on_the_day_of_a_handover_too(store: Store) -> None:
    with store() as session:
        unit, (first, second, third) = make_unit(session), [make_customer(session) for _n in range(3)]
        make_occupancy(session, first, unit, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 15))
        make_occupancy(session, second, unit, starts_on=date(2026, 6, 1), ends_on=date(2026, 11, 5))
        make_occupancy(session, third, unit, starts_on=date(2026, 11, 15))
        assign(session, make_tariff(session, unit.community_id), unit)
        issue(session, unit)
        rows = session.execute(select(Bill.customer_id, Bill.starts_on, Bill.ends_on).order_by(Bill.starts_on)).all()
        assert [tuple(row) for row in rows] == [
            (first.id, date(2026, 11, 1), date(2026, 11, 15)),
            (third.id, date(2026, 11, 16), date(2026, 11, 30)),
        ]


@both_databases
def test_a_price_that_changes_within_a_quarter_makes_two_lines_of_one_bill(store: Store) -> None:
    with store() as session:
        unit, shop = make_unit(session, kind="shop", area_m2=Decimal("60.00")), make_customer(session)
        make_occupancy(session, shop, unit, starts_on=date(2025, 1, 1))
        tariff = make_tariff(session, unit.community_id, cycle="3",
                             version={"unit_price": Decimal("5.00"), "valid_to": date(2026, 11, 15)})  # fmt: skip
        make_version(session, tariff, unit_price=Decimal("5.5000"), valid_from=date(2026, 11, 16))
        assign(session, tariff, unit)
        issue(session, unit, "2026-10")
        # 60 × 5.00 × 3 = 900.00 for 92 days: 46 days 450.00; 60 × 5.50 × 3 = 990.00: 46 days 495.00
        assert lines(session) == [
            (45_000, "面积 60.00 m² × ¥5.00/m²·月 × 3 月 × 46/92 天（10 月 1 日至 11 月 15 日） = ¥450.00"),
            (49_500, "面积 60.00 m² × ¥5.50/m²·月 × 3 月 × 46/92 天（11 月 16 日至 12 月 31 日） = ¥495.00"),
        ]
        bill = session.scalars(select(Bill)).one()
        assert (bill.amount_fen, bill.period, bill.ends_on) == (94_500, "2026-10", date(2026, 12, 31))
        with pytest.raises(Invalid):
            issue(session, unit, "2026-11")


@both_databases
def test_bays_and_fixed_fees_count_pieces(store: Store) -> None:
    with store() as session:
        bay, owner = make_unit(session, kind="parking"), make_customer(session)
        parking = make_tariff(session, bay.community_id, "parking", method="parking",
                              version={"unit_price": Decimal("300")})  # fmt: skip
        rubbish = make_tariff(session, bay.community_id, "other", method="fixed",
                              version={"unit_price": Decimal("12.5")})  # fmt: skip
        for tariff, pieces in ((parking, 2), (rubbish, 1)):
            assign(session, tariff, bay, payer="customer", customer_id=owner.id, count=pieces)
        issue(session, bay)
        assert lines(session) == [
            (60_000, "2 个车位 × ¥300.00/月 × 1 月 = ¥600.00"),
            (1_250, "1 项 × ¥12.50/月 × 1 月 = ¥12.50"),
        ]


STEPS = [{"upto": "180", "price": "0.59"}, {"upto": "350", "price": "0.64"}, {"price": "0.89"}]


def metered(session: Session, *readings: tuple[date, str], multiplier: str = "1", **version: Any) -> Unit:
    """A tenant's unit with an electricity meter and its readings, charged by steps unless ``version`` differs."""
    unit, tenant = make_unit(session), make_customer(session)
    make_occupancy(session, tenant, unit, starts_on=date(2026, 1, 1))
    meter = make_meter(session, unit, multiplier=Decimal(multiplier))
    for day, value in readings:
        make_reading(session, meter, day, value)
    tariff = make_tariff(session, unit.community_id, "electricity", method="metered",
                         version={"steps": STEPS, "unit_price": Decimal(0), **version})  # fmt: skip
    assign(session, tariff, unit, meter_id=meter.id, starts_on=date(2026, 10, 1))
    return unit


@both_databases
@pytest.mark.req("B3")
def test_steps_price_each_part_of_the_usage(store: Store) -> None:
    with store() as session:
        unit = metered(session, (date(2026, 10, 25), "1200"), (date(2026, 11, 25), "1630.5"))
        issue(session, unit)
        # 180 × 0.59 = 106.20; 170 × 0.64 = 108.80; 80.5 × 0.89 = 71.645 → 71.65
        assert lines(session) == [
            (10_620, "用量 430.5 kWh（读数 1,200 → 1,630.5），第 1 档 0–180 kWh：180 kWh × ¥0.59/kWh = ¥106.20"),
            (10_880, "用量 430.5 kWh（读数 1,200 → 1,630.5），第 2 档 180–350 kWh：170 kWh × ¥0.64/kWh = ¥108.80"),
            (7_165, "用量 430.5 kWh（读数 1,200 → 1,630.5），第 3 档 350 kWh 以上：80.5 kWh × ¥0.89/kWh = ¥71.65"),
        ]
        bill = session.scalars(select(Bill)).one()
        assert (bill.amount_fen, bill.starts_on, bill.ends_on) == (28_665, date(2026, 10, 26), date(2026, 11, 25))


@both_databases
def test_a_month_without_a_run_is_charged_with_the_next_at_the_steps_of_two_months(store: Store) -> None:
    with store() as session:
        unit = metered(session, (date(2026, 9, 25), "100"), (date(2026, 10, 25), "400"), (date(2026, 11, 25), "500"))
        issue(session, unit)
        # 400 kWh in two months: 360 × 0.59 = 212.40; 40 × 0.64 = 25.60
        assert [fen for fen, _words in lines(session)] == [21_240, 2_560]
        with pytest.raises(Conflict):
            issue(session, unit, "2026-10")


@both_databases
def test_a_multiplier_turns_steps_of_the_meter_into_kilowatt_hours(store: Store) -> None:
    with store() as session:
        unit = metered(session, (date(2026, 10, 25), "10.5"), (date(2026, 11, 25), "13"), multiplier="40", steps=[],
                       unit_price=Decimal("0.8135"))  # fmt: skip
        issue(session, unit)
        assert lines(session) == [
            (8_135, "用量 100 kWh（读数 10.5 → 13，倍率 40） × ¥0.8135/kWh = ¥81.35"),
        ]


@both_databases
def test_a_flagged_reading_waits_until_it_is_confirmed(store: Store) -> None:
    with store() as session:
        unit = metered(session, (date(2026, 10, 25), "500"), steps=[], unit_price=Decimal("0.6"))
        found = session.scalars(select(Meter).where(Meter.unit_id == unit.id)).one()
        swapped = make_reading(session, found, date(2026, 11, 10), "3", flag="backwards")
        make_reading(session, found, date(2026, 11, 25), "53")
        shown = preview(session, Scope(unit.community_id, NOVEMBER))
        assert (shown.bills, [(skip.reason, skip.count) for skip in shown.skipped]) == (0, [("flagged", 1)])
        swapped.flag = "confirmed"
        session.flush()
        issue(session, unit)
        assert lines(session) == [(3_000, "用量 50 kWh（读数 3 → 53） × ¥0.60/kWh = ¥30.00")]


@both_databases
def test_what_cannot_be_charged_is_named(store: Store) -> None:
    with store() as session:
        unit = metered(session)
        shown = preview(session, Scope(unit.community_id, NOVEMBER))
        assert [(skip.reason, skip.count) for skip in shown.skipped] == [("no_reading", 1)]
        with pytest.raises(Conflict):
            issue(session, unit)


@both_databases
@pytest.mark.req("B3")
def test_a_second_run_adds_nothing_and_what_moved_meanwhile_is_not_charged_twice(store: Store) -> None:
    with store() as session:
        unit, first, second = make_unit(session), make_customer(session), make_customer(session)
        held = make_occupancy(session, first, unit, starts_on=date(2025, 1, 1))
        assign(session, make_tariff(session, unit.community_id), unit)
        issue(session, unit)
        with pytest.raises(Conflict):
            issue(session, unit)
        held.ends_on = date(2026, 11, 10)
        make_occupancy(session, second, unit, starts_on=date(2026, 11, 11))
        with pytest.raises(Conflict):
            issue(session, unit)
        assert session.scalar(select(func.count()).select_from(Bill)) == 1
        assert [skip.reason for skip in preview(session, Scope(unit.community_id, NOVEMBER)).skipped] == ["already"]


@both_databases
def test_a_cancelled_run_can_be_made_again_and_a_paid_one_not_cancelled(store: Store) -> None:
    with store() as session:
        unit, customer = make_unit(session), make_customer(session)
        make_occupancy(session, customer, unit, starts_on=date(2025, 1, 1))
        assign(session, make_tariff(session, unit.community_id), unit)
        run = runs.cancel(session, issue(session, unit))
        assert run.state == "cancelled"
        assert session.scalars(select(Bill.state)).all() == ["void"]
        check_books(session, unit.community_id)
        again = issue(session, unit)
        bill = session.scalars(select(Bill).where(Bill.run_id == again.id)).one()
        payments.receive(
            session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[bill.id], amount_fen=100,
            channel="cash", paid_on=clock.today(),
        )  # fmt: skip
        with pytest.raises(Conflict), session.begin_nested():
            runs.cancel(session, again)
        session.refresh(again)
        assert (again.state, bill.state) == ("issued", "part_paid")
        check_books(session, unit.community_id)


@both_databases
def test_a_preview_shows_totals_and_what_is_unusual_and_changes_nothing(store: Store) -> None:
    with store() as session:
        building = make_building(session)
        tariff = make_tariff(session, building.community_id)
        units = [make_unit(session, building=building) for _n in range(3)]
        for unit in units:
            make_occupancy(session, make_customer(session), unit, starts_on=date(2025, 1, 1))
            assign(session, tariff, unit)
        issue(session, units[0], "2026-10")
        units[1].area_m2 = Decimal("200.00")
        session.flush()
        shown = preview(session, Scope(building.community_id, NOVEMBER))
        assert (shown.assignments, shown.bills, shown.amount_fen) == (3, 3, 24_220 * 2 + 56_000)
        assert [(total.bills, total.amount_fen, total.before_fen) for total in shown.totals] == [(3, 104_440, 72_660)]
        assert shown.unusual_count == 1
        assert (shown.unusual[0].before_fen, shown.unusual[0].amount_fen) == (24_220, 56_000)
        assert shown.skipped == []
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 3
