"""Import and export of what tariffs are charged for, of meters and of their readings."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.sheets import Choice, Date, Decimal, Flag, Integer, Lookup, Row, Sheet, Text
from app.modules.billing.models import Meter, MeterReading, Tariff, TariffAssignment
from app.modules.billing.operations import readings, tariffs
from app.modules.estate.sheets import building_column, building_of, community_column, unit_column
from app.modules.members.models import Customer


def check_assignments(session: Session, rows: list[Row]) -> None:
    """The rules of ``tariffs.save_assignment``, asked for all rows at once."""
    sheet = ASSIGNMENTS
    values = [row.values for row in rows]
    known_tariffs = _by_id(session, Tariff, {v["tariff_id"] for v in values})
    known_meters = _by_id(session, Meter, {v["meter_id"] for v in values if v.get("meter_id")})
    pairs = {(v["tariff_id"], v["unit_id"]) for v in values}
    held: dict[tuple[int, int], list[TariffAssignment]] = {}
    for found in session.scalars(
        select(TariffAssignment).where(
            TariffAssignment.tariff_id.in_({tariff_id for tariff_id, _unit in pairs}),
            TariffAssignment.unit_id.in_({unit_id for _tariff, unit_id in pairs}),
        )
    ):
        held.setdefault((found.tariff_id, found.unit_id), []).append(found)
    for row in rows:
        wanted = row.values
        tariff, meter = known_tariffs[wanted["tariff_id"]], known_meters.get(wanted.get("meter_id") or 0)
        there = held.get((wanted["tariff_id"], wanted["unit_id"]), [])
        before = next((other for other in there if other.id == row.record_id), None)
        full = {name: getattr(before, name) for name in tariffs.ASSIGNED} | wanted if before else wanted
        problems = tariffs.assignment_problems(
            tariff, {"payer": "occupant", **full}, unit_community=wanted["community_id"],
            meter_unit=meter.unit_id if meter else full["unit_id"] if full.get("meter_id") else None,
        )  # fmt: skip
        for name, words in problems.items():
            row.refuse(sheet.by_name[name], words)
        if any(other.id != row.record_id and _overlap(other, full) for other in there):
            row.refuse(sheet.by_name["starts_on"], _("该房号在此期间已适用这个收费标准"))


def check_meters(session: Session, rows: list[Row]) -> None:
    """A multiplier has one place, so that usages are exact; a billed meter keeps unit, kind and multiplier."""
    billed = readings.billed_until(session, [row.record_id for row in rows if row.record_id is not None])
    for row in rows:
        multiplier = row.values.get("multiplier")
        if multiplier is not None and multiplier != round(multiplier, 1):
            row.refuse(METERS.by_name["multiplier"], _("倍率最多 1 位小数"))
        if row.record_id in billed and {"unit_id", "kind", "multiplier"} & row.before.keys():
            row.refuse(None, _("该表计已出过账，房号、类型和倍率不能修改；请停用后另建"))


def judge_readings(session: Session, rows: list[Row]) -> None:
    """Flags for what looks wrong; days that are billed already, and days to come, are refused."""
    wanted = [(row.values["meter_id"], row.values["read_on"], row.values["value"]) for row in rows]
    if not wanted:
        return
    judged = readings.judge_many(session, wanted)
    communities = dict(
        session.execute(select(Meter.id, Meter.community_id).where(Meter.id.in_({m for m, _d, _v in wanted})))
        .tuples()
        .all()
    )
    changed = [row.record_id for row in rows if row.record_id is not None and "value" in row.before]
    stored = {
        row.id: {"flag": row.flag, "source": row.source}
        for row in session.execute(
            select(MeterReading.id, MeterReading.flag, MeterReading.source).where(MeterReading.id.in_(changed))
        )
    }
    for row in rows:
        flag, billed = judged[row.values["meter_id"], row.values["read_on"]]
        if row.values["read_on"] > clock.today():
            row.refuse(READINGS.by_name["read_on"], _("抄表日期不能晚于今天"))
        elif row.record_id is None or "value" in row.before:
            if billed:
                row.refuse(READINGS.by_name["read_on"], _("该日期及以后的读数已经出账，不能再录入或修改"))
            row.values |= {"flag": flag, "source": "import", "community_id": communities[row.values["meter_id"]]}
            if row.record_id is not None:
                row.before = {**row.before, **stored[row.record_id]}


def _by_id(session: Session, model: Any, ids: set[int]) -> dict[int, Any]:
    return {record.id: record for record in session.scalars(select(model).where(model.id.in_(ids)))}


def _overlap(other: TariffAssignment, wanted: dict[str, Any]) -> bool:
    last = wanted.get("ends_on")
    return (other.ends_on is None or other.ends_on >= wanted["starts_on"]) and (last is None or other.starts_on <= last)


ASSIGNMENTS = Sheet(
    TariffAssignment,
    key=("tariff_id", "unit_id", "starts_on"),
    area="tariffs",
    columns=[
        community_column(),
        building_column(extra=True, required=True, source=building_of(TariffAssignment)),
        unit_column(),
        Lookup("tariff_id", "收费标准", Tariff, by=("name",), within={"community_id": "community_id"},
               example="写字楼物业费", note="该园区已有的收费标准名称"),
        Choice("payer", example="入住客户"),
        Text("customer_name", "业主或指定客户", extra=True, example="示例餐饮店", note="空置时的缴费人；可不填",
             source=lambda: _of_customer(Customer.name)),
        Lookup("customer_id", "客户手机号", Customer, by=("phone",), within={"name": "customer_name"},
               note="与客户名称一起确定是哪一位客户"),
        Lookup("meter_id", "表号", Meter, by=("number",), note="按表计量的标准须填写"),
        Integer("count", minimum=1, maximum=tariffs.MOST_COUNT, example="1"),
        Date("starts_on", example="2026-01-01"),
        Date("ends_on", note="长期有效的留空"),
    ],
    prepare=check_assignments,
)  # fmt: skip


def _of_customer(column: Any) -> Any:
    return (
        select(column).where(Customer.id == TariffAssignment.customer_id).correlate(TariffAssignment).scalar_subquery()
    )


METERS = Sheet(
    Meter,
    key=("number",),
    area="tariffs",
    columns=[
        community_column(),
        building_column(extra=True, required=True, source=building_of(Meter)),
        unit_column(),
        Choice("kind", example="电表"),
        Text("number", example="DB000123"),
        Decimal("multiplier", minimum=0, maximum=readings.MOST_MULTIPLIER, example="1", note="最多 1 位小数"),
        Flag("active", example="是"),
    ],
    prepare=check_meters,
)

READINGS = Sheet(
    MeterReading,
    key=("meter_id", "read_on"),
    area="tariffs",
    columns=[
        Lookup("meter_id", "表号", Meter, by=("number",), example="DB000123"),
        Date("read_on", example="2026-11-25"),
        Decimal("value", minimum=0, maximum=readings.MOST_VALUE - 1, example="1630.5"),
        Text("note"),
    ],
    prepare=judge_readings,
)
