"""The park's tariffs, meters and readings, and the bills of the last three months and this one."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.demo import collection, payments
from app.modules.billing.models import FeeItem, Meter, MeterReading, Tariff, TariffAssignment
from app.modules.billing.operations import charges, late_fees, readings, runs, tariffs
from app.modules.billing.operations.periods import Period
from app.modules.billing.operations.plan import Scope
from app.modules.estate.demo import FLATS, PARK, PARKING, SHOPS, TOWER_A, TOWER_B
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import MERCHANT, Customer, Occupancy

OWNER = "粤海智谷产业园开发有限公司"
"""Owns what is vacant."""
MONTHS = 3
NEWEST = timedelta(days=10)
"""How long ago this month's bills were issued, so that some of them are paid."""
FIVE_PER_MYRIAD = Decimal("0.0005")
HOUSE_STEPS = [{"upto": "260", "price": "0.6086"}, {"upto": "600", "price": "0.6586"}, {"price": "0.9086"}]
WATER_STEPS = [{"upto": "26", "price": "2.90"}, {"upto": "34", "price": "4.00"}, {"price": "7.30"}]

STANDARDS: tuple[tuple[str, str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("写字楼物业费", "management", "area", {"unit_price": Decimal("2.80"), "vacant_percent": 70},
     {"kind": "office"}),
    ("商铺物业费", "management", "area", {"unit_price": Decimal("5.00"), "vacant_percent": 70}, {"kind": "shop"}),
    ("公寓物业费", "management", "area", {"unit_price": Decimal("2.20"), "vacant_percent": 70}, {"kind": "flat"}),
    ("月租车位费", "parking", "parking", {"unit_price": Decimal("300.00"), "grace_days": 5}, {"kind": "parking"}),
    ("公寓电费（阶梯）", "electricity", "metered", {"steps": HOUSE_STEPS, "unit_price": Decimal(0)}, {"kind": "flat"}),
    ("商业电费", "electricity", "metered", {"unit_price": Decimal("0.8912")}, {"kind": "shop"}),
    ("写字楼电费", "electricity", "metered", {"unit_price": Decimal("0.8635")}, {"kind": "office"}),
    ("公寓水费（阶梯）", "water", "metered", {"steps": WATER_STEPS, "unit_price": Decimal(0)}, {"kind": "flat"}),
    ("商业水费", "water", "metered", {"unit_price": Decimal("4.65")}, {"kind": "shop"}),
)  # fmt: skip
"""(name, fee, method, what its prices are, which units)"""
USUAL = {("flat", "electricity"): 210, ("shop", "electricity"): 900, ("office", "electricity"): 640,
         ("flat", "water"): 11, ("shop", "water"): 34}  # fmt: skip
"""What a unit uses in a month, about."""


def fill(session: Session) -> None:
    """Add them through the operations that staff would use, month by month, up to today."""
    charges.install(session)
    park = session.scalars(select(Community).where(Community.name == PARK)).one()
    today = clock.today()
    this_month = Period(today.year, today.month, 1)
    months = [this_month]
    for _month in range(MONTHS):
        months.insert(0, months[0].previous)
    opened = date(months[0].year - 2, 1, 1)
    meters = _meters(session, park)
    _standards(session, park, opened)
    _owner(session, park)
    rng = Random(51)  # noqa: S311 (the same usage each time, no secret)
    shown: dict[int, Decimal] = {}
    _read(session, meters, months[0].first - timedelta(days=5), rng, shown)
    for month in months:
        issued = max(month.first, min(month.first + timedelta(days=25), today - NEWEST))
        _read(session, meters, issued - timedelta(days=1), rng, shown)
        if issued < today:
            with clock.travel(datetime.combine(issued, time(9), clock.SHANGHAI)):
                runs.start(session, Scope(park.id, month.key), None)
        else:
            runs.start(session, Scope(park.id, month.key), None)
    payments.fill(session, park.id, rng)
    late_fees.accrue(session)
    collection.fill(session, park.id)


def _standards(session: Session, park: Community, opened: date) -> None:
    fees = dict(session.execute(select(FeeItem.key, FeeItem.id)).tuples().all())
    for name, fee, method, prices, units in STANDARDS:
        tariff = tariffs.save_tariff(
            session, None,
            {"community_id": park.id, "fee_item_id": fees[fee], "name": name, "method": method, "cycle": "1"},
        )  # fmt: skip
        terms = {"due_days": 15, "late_rate": FIVE_PER_MYRIAD, "grace_days": 0, "late_cap_percent": 20,
                 "vacant_percent": 100, "steps": []}  # fmt: skip
        tariffs.add_version(session, tariff, {**terms, "valid_from": opened, **prices})
        tariffs.assign_many(session, tariff, starts_on=opened, **units)


def _owner(session: Session, park: Community) -> None:
    """Who pays for what is vacant, of the towers and shops."""
    owner = Customer(kind=MERCHANT, name=OWNER, contact_name="罗经理", credit_code="91440112MA9YHRGC08",
                     note="产权方，承担空置期物业费")  # fmt: skip
    session.add(owner)
    session.flush()
    offices = select(Tariff.id).where(Tariff.community_id == park.id, Tariff.name.in_(("写字楼物业费", "商铺物业费")))
    for assignment in session.scalars(select(TariffAssignment).where(TariffAssignment.tariff_id.in_(offices))):
        assignment.customer_id = owner.id
    session.flush()


def _meters(session: Session, park: Community) -> list[tuple[Meter, int]]:
    """Each occupied unit's meters, with what it uses in a month."""
    rows = session.execute(
        select(Unit, Building.name)
        .join(Building, Building.id == Unit.building_id)
        .where(
            Unit.community_id == park.id,
            Building.name.in_((TOWER_A, TOWER_B, SHOPS, FLATS, PARKING)),
            Unit.id.in_(select(Occupancy.unit_id)),
        )
        .order_by(Unit.id)
    ).all()
    made = []
    for number, (unit, _building) in enumerate(rows, start=1):
        for kind, letters in (("electricity", "DB"), ("water", "SB")):
            if (unit.kind, kind) in USUAL:
                values = {"unit_id": unit.id, "kind": kind, "number": f"{letters}{number:05d}",
                          "multiplier": Decimal(20 if unit.kind == "shop" and kind == "electricity" else 1),
                          "active": True}  # fmt: skip
                made.append((readings.save_meter(session, None, values, park.id), USUAL[unit.kind, kind]))
    return made


def _read(session: Session, meters: list[tuple[Meter, int]], day: date, rng: Random, shown: dict[int, Decimal]) -> None:
    """The round of a month; one meter in a hundred is misread or has used more than twice the usual."""
    for meter, usual in meters:
        if meter.id not in shown:
            shown[meter.id] = Decimal(rng.randrange(1_000, 60_000)) / 10
        else:
            factor = rng.uniform(0.7, 1.3) if rng.random() > 0.01 else 3.4
            shown[meter.id] += round(Decimal(usual * factor) / meter.multiplier, 1)
    judged = readings.judge_many(session, [(meter.id, day, shown[meter.id]) for meter, _usual in meters])
    session.add_all(
        MeterReading(
            community_id=meter.community_id, meter_id=meter.id, read_on=day, value=shown[meter.id],
            flag=judged[meter.id, day][0],
        )
        for meter, _usual in meters
    )  # fmt: skip
    session.flush()
