"""Meter readings: entered or imported, judged against those before, confirmed when they look wrong (B5)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, FieldError, Invalid
from app.modules.billing.models import Bill, Meter, MeterReading, TariffAssignment

FLAGGED = ("backwards", "doubled")
MOST_VALUE = Decimal(10**8)
MOST_MULTIPLIER = Decimal(10_000)
DOUBLE = 2
NOISE = Decimal(5)
"""Steps of the meter: a smaller usage is never unusual."""


@dataclass(frozen=True)
class Known:
    """A reading as it is judged by."""

    read_on: date
    value: Decimal


def judge(before: Iterable[Known], read_on: date, value: Decimal) -> str:
    """The flag of a reading, given the last two before it: ``backwards`` when it is below the last, ``doubled`` when
    more than twice as much a day was used as between those two; else ""."""
    newest = sorted(before, key=lambda known: known.read_on, reverse=True)[:2]
    if not newest:
        return ""
    last, *earlier = newest
    if value < last.value:
        return "backwards"
    used = value - last.value
    if not earlier or used <= NOISE:
        return ""
    usual = last.value - earlier[0].value
    days, usual_days = (read_on - last.read_on).days, (last.read_on - earlier[0].read_on).days
    return "doubled" if usual > 0 and used * usual_days > DOUBLE * usual * days else ""


def enter(
    session: Session, meter: Meter, read_on: date, value: Decimal, *, source: str = "entry", note: str = ""
) -> MeterReading:
    """Write down what a meter showed on a day, or correct that day's; the flag says whether it must be confirmed.
    The same value again changes nothing.

    Raises Invalid for a value or day that is none, Conflict for a day that is billed already.
    """
    same = select(MeterReading).where(MeterReading.meter_id == meter.id, MeterReading.read_on == read_on)
    reading = session.scalar(same)
    if reading is not None and reading.value == value and note in ("", reading.note):
        return reading
    problems = []
    if not 0 <= value < MOST_VALUE or value != round(value, 3):
        problems.append(FieldError("value", _("读数应为不小于 0 的数字，最多 3 位小数")))
    if read_on > clock.today():
        problems.append(FieldError("read_on", _("抄表日期不能晚于今天")))
    if problems:
        raise Invalid(errors=problems)
    billed = billed_until(session, [meter.id]).get(meter.id)
    if billed is not None and read_on <= billed:
        raise Conflict(_("%(day)s 及以前的读数已经出账，不能再录入或修改", day=billed))
    if reading is None:
        reading = MeterReading(community_id=meter.community_id, meter_id=meter.id, read_on=read_on)
        session.add(reading)
    reading.value, reading.source, reading.note = value, source, note
    reading.flag = judge(_before(session, meter.id, read_on), read_on, value)
    session.flush()
    later = session.scalar(
        select(MeterReading)
        .where(MeterReading.meter_id == meter.id, MeterReading.read_on > read_on, MeterReading.flag != "confirmed")
        .order_by(MeterReading.read_on)
        .limit(1)
    )
    if later is not None:  # it is judged anew by what now stands before it
        later.flag = judge(_before(session, meter.id, later.read_on), later.read_on, later.value)
        session.flush()
    return reading


def confirm(session: Session, reading: MeterReading, note: str) -> MeterReading:
    """Say that a flagged reading is right: it will be billed. Raises Invalid without a reason, Conflict when it is
    not flagged."""
    if reading.flag not in FLAGGED:
        raise Conflict(_("该读数无需核实"))
    if not note.strip():
        raise Invalid.field("note", _("请填写核实情况，如“已换表”“店铺扩容”"))
    reading.flag, reading.note = "confirmed", note.strip()[:200]
    session.flush()
    return reading


def remove(session: Session, reading: MeterReading) -> None:
    """Take away a reading that no bill was made of. Raises Conflict for one that was billed."""
    billed = billed_until(session, [reading.meter_id]).get(reading.meter_id)
    if billed is not None and reading.read_on <= billed:
        raise Conflict(_("该读数已经出账，不能删除"))
    session.delete(reading)
    session.flush()


def save_meter(session: Session, meter: Meter | None, values: Mapping[str, Any], community_id: int) -> Meter:
    """Make or change a meter. Raises Invalid for a multiplier of more than one place, Conflict when it was billed."""
    multiplier = values.get("multiplier") or Decimal(1)
    if not 0 < multiplier <= MOST_MULTIPLIER or multiplier != round(multiplier, 1):
        raise Invalid.field("multiplier", _("倍率应在 0 至 10,000 之间，最多 1 位小数"))
    if meter is None:
        meter = Meter()
        session.add(meter)
    elif billed_until(session, [meter.id]) and any(
        values.get(name, getattr(meter, name)) != getattr(meter, name) for name in ("unit_id", "kind", "multiplier")
    ):
        raise Conflict(_("该表计已出过账，房号、类型和倍率不能修改；请停用后另建"))
    for name, value in values.items():
        setattr(meter, name, value)
    meter.community_id = community_id
    session.flush()
    return meter


def billed_until(session: Session, meter_ids: Collection[int]) -> dict[int, date]:
    """The last reading day that was billed, by meter."""
    query = (
        select(TariffAssignment.meter_id, func.max(Bill.ends_on))
        .join(Bill, Bill.assignment_id == TariffAssignment.id)
        .where(TariffAssignment.meter_id.in_(meter_ids), literal_column("bill.state <> 'void'"))
        .group_by(TariffAssignment.meter_id)
    )
    return {meter_id: day for meter_id, day in session.execute(query).tuples() if meter_id is not None}


def last_known(session: Session, meter_ids: Collection[int], until: date, count: int = 2) -> dict[int, list[Known]]:
    """The last readings of each meter up to a day, newest first."""
    rank = func.row_number().over(partition_by=MeterReading.meter_id, order_by=MeterReading.read_on.desc())
    ranked = (
        select(MeterReading.meter_id, MeterReading.read_on, MeterReading.value, rank.label("rank"))
        .where(MeterReading.meter_id.in_(meter_ids), MeterReading.read_on <= until)
        .subquery()
    )
    found: dict[int, list[Known]] = {}
    query = select(ranked).where(ranked.c.rank <= count).order_by(ranked.c.meter_id, ranked.c.rank)
    for row in session.execute(query):
        found.setdefault(row.meter_id, []).append(Known(row.read_on, row.value))
    return found


def unconfirmed(session: Session, meter_ids: Collection[int], day: date) -> dict[int, MeterReading]:
    """The readings of a day that must be confirmed, by meter."""
    query = select(MeterReading).where(
        MeterReading.meter_id.in_(meter_ids), MeterReading.read_on == day, MeterReading.flag.in_(FLAGGED)
    )
    return {reading.meter_id: reading for reading in session.scalars(query)}


def judge_many(
    session: Session, wanted: Collection[tuple[int, date, Decimal]]
) -> dict[tuple[int, date], tuple[str, bool]]:
    """(flag, already billed) of readings that come together, by meter and day; those of one meter judge each other."""
    ids = {meter_id for meter_id, _day, _value in wanted}
    billed = billed_until(session, ids)
    first = min(day for _meter, day, _value in wanted)
    known = {
        meter_id: {item.read_on: item.value for item in items}
        for meter_id, items in last_known(session, ids, first).items()
    }
    query = select(MeterReading.meter_id, MeterReading.read_on, MeterReading.value).where(
        MeterReading.meter_id.in_(ids), MeterReading.read_on > first
    )
    for meter_id, day, value in session.execute(query):
        known.setdefault(meter_id, {})[day] = value
    for meter_id, day, value in wanted:
        known.setdefault(meter_id, {})[day] = value
    judged = {}
    for meter_id, day, value in wanted:
        before = [Known(other, shown) for other, shown in known[meter_id].items() if other < day]
        judged[meter_id, day] = (judge(before, day, value), meter_id in billed and day <= billed[meter_id])
    return judged


def _before(session: Session, meter_id: int, day: date) -> list[Known]:
    rows = session.execute(
        select(MeterReading.read_on, MeterReading.value)
        .where(MeterReading.meter_id == meter_id, MeterReading.read_on < day)
        .order_by(MeterReading.read_on.desc())
        .limit(2)
    )
    return [Known(read_on, value) for read_on, value in rows]
