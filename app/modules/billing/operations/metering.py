"""What meters say in a bill run: the usage since the reading that was billed last, by payer, version and step."""

from typing import Any

from sqlalchemy import CTE, BigInteger, and_, case, cast, extract, func, literal, or_, select

from app.core.db import units
from app.modules.billing.models import Meter, MeterReading
from app.modules.billing.operations.expressions import day_number, day_of, larger, smaller
from app.modules.billing.operations.plan import MOST_UNITS, charged, fen, last_charged
from app.modules.billing.operations.readings import FLAGGED


def readings_of(assigned: CTE) -> CTE:
    """The readings of each assignment since the last one that a bill has, with the one before each:
    (id, read_on, day, value, flag, before, before_on)."""
    known = MeterReading.meter_id == assigned.c.meter_id
    before = select(func.max(MeterReading.read_on)).where(known, MeterReading.read_on <= assigned.c.starts_on)
    ever = select(func.min(MeterReading.read_on)).where(known)
    base = func.coalesce(
        last_charged(assigned.c.id, day_of(assigned.c.closes)), before.scalar_subquery(), ever.scalar_subquery()
    )
    based = select(assigned, base.label("base")).where(assigned.c.meter_id.is_not(None)).cte("based")
    in_turn: dict[str, Any] = {"partition_by": based.c.id, "order_by": MeterReading.read_on}
    return (
        select(
            based.c.id, MeterReading.read_on, day_number(MeterReading.read_on).label("day"),
            units(MeterReading.value).label("value"), MeterReading.flag,
            func.lag(units(MeterReading.value)).over(**in_turn).label("before"),
            func.lag(MeterReading.read_on).over(**in_turn).label("before_on"),
        )
        .join(MeterReading, MeterReading.meter_id == based.c.meter_id)
        .where(
            MeterReading.read_on >= based.c.base,
            MeterReading.read_on <= day_of(smaller(based.c.closes, based.c.last)),
        )
        .cte("readings")
    )  # fmt: skip


def doubtful(readings: CTE) -> Any:
    """The readings that nobody has confirmed: their whole assignment waits."""
    fell = and_(readings.c.value < readings.c.before, readings.c.flag != "confirmed")
    return select(readings.c.id).where(or_(readings.c.flag.in_(FLAGGED), fell))


def lines(plan: CTE, assigned: CTE, payers: CTE) -> CTE:
    """For each payer and version a line, or one for each step that the usage reaches.

    A confirmed reading below the one before it (a new meter, or one that began again) is a new beginning.
    """
    readings = readings_of(assigned)
    r = readings.c
    # a multiplier has at most one place, so this division leaves nothing over
    used = case((r.value >= r.before, (r.value - r.before) * (units(Meter.multiplier) // 1000)), else_=0)
    used_at = (
        select(
            assigned.c.id, payers.c.customer_id, payers.c.first.label("span"), payers.c.vacant, assigned.c.unit_id,
            assigned.c.tariff_id, assigned.c.meter_id, r.day, r.before, r.value, day_number(r.before_on).label("from"),
            cast(used, BigInteger).label("usage"),
        )
        .select_from(assigned)
        .join(readings, r.id == assigned.c.id)
        .join(Meter, Meter.id == assigned.c.meter_id)
        .join(payers, and_(payers.c.id == assigned.c.id, payers.c.first <= r.day, payers.c.last >= r.day))
        .where(r.before.is_not(None), assigned.c.id.not_in(doubtful(readings)))
        .cte("used_at")
    )  # fmt: skip
    u = used_at.c
    versions = select(plan.c.tariff_id, plan.c.version_id, plan.c.valid_from, plan.c.valid_to).distinct().subquery()
    grouped = (
        select(
            u.id, u.customer_id, u.span, u.vacant, u.unit_id, u.tariff_id, u.meter_id, versions.c.version_id,
            func.min(u["from"]).label("from"), func.max(u.day).label("until"), func.min(u.before).label("start_value"),
            func.max(u.value).label("end_value"), cast(func.sum(u.usage), BigInteger).label("usage"),
        )
        .join(versions, and_(versions.c.tariff_id == u.tariff_id, versions.c.valid_from <= u.day,
                             versions.c.valid_to >= u.day))
        .group_by(u.id, u.customer_id, u.span, u.vacant, u.unit_id, u.tariff_id, u.meter_id, versions.c.version_id)
        .cte("grouped")
    )  # fmt: skip
    g = grouped.c
    whole_bill: dict[str, Any] = {"partition_by": (g.id, g.span)}
    months = larger(_month(day_of(g.until)) - _month(day_of(g["from"])), 1)
    dated = select(
        grouped, months.label("step_months"),
        (func.min(g["from"]).over(**whole_bill) + 1).label("starts"),
        func.max(g.until).over(**whole_bill).label("ends"),
    ).cte("dated")  # fmt: skip
    t = dated.c
    low = plan.c.low * t.step_months
    upto = case((plan.c.high >= MOST_UNITS, t.usage), else_=smaller(plan.c.high * t.step_months, t.usage))
    quantity = upto - low
    one = literal(1, BigInteger)
    return (
        select(
            t.id.label("assignment_id"), t.customer_id, t.unit_id, t.tariff_id, t.version_id, t.meter_id,
            (t.until * 100 + plan.c.step).label("rank"), quantity.label("quantity"), plan.c.price.label("unit_price"),
            one.label("months"), one.label("days"), one.label("period_days"),
            literal(100, BigInteger).label("percent"), t.vacant,
            fen(quantity, plan.c.price, literal(100, BigInteger), literal(100, BigInteger)).label("amount_fen"),
            t.usage, t.start_value, t.end_value, plan.c.step, plan.c.low,
            case((plan.c.high < MOST_UNITS, plan.c.high)).label("high"), t.step_months,
            day_of(t.starts).label("starts_on"), day_of(t.ends).label("ends_on"),
            day_of(t["from"] + 1).label("first_on"), day_of(t.until).label("last_on"),
        )
        .join(plan, and_(plan.c.tariff_id == t.tariff_id, plan.c.version_id == t.version_id))
        .where(t.usage > low, ~charged(t.id, day_of(t.starts), day_of(t.ends)))
        .cte("line")
    )  # fmt: skip


def _month(day: Any) -> Any:
    return cast(extract("year", day) * 12 + extract("month", day), BigInteger)
