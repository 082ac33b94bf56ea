"""Tariffs, their versions and what they are charged for (B5).

A version that a bill was made of is never changed: a new one follows it and ends it the day before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date, String, and_, exists, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Moment, execute
from app.core.errors import Conflict, FieldError, Invalid
from app.modules.billing.models import Bill, FeeItem, Meter, Tariff, TariffAssignment, TariffVersion
from app.modules.billing.models.bills import VOID
from app.modules.billing.operations.plan import METERED
from app.modules.estate.models import Unit

MOST_PRICE = Decimal(100_000)
MOST_LATE_RATE = Decimal("0.01")
"""One per cent a day: more than any contract asks."""
MOST_STEPS = 6
MOST_COUNT = 10_000


def save_tariff(session: Session, tariff: Tariff | None, values: Mapping[str, Any]) -> Tariff:
    """Make or change a tariff. Raises Conflict when what its bills were computed by would change."""
    if tariff is None:
        tariff = Tariff()
        session.add(tariff)
    elif any(values.get(name, getattr(tariff, name)) != getattr(tariff, name) for name in FIXED) and billed(
        session, tariff.id
    ):
        raise Conflict(_("该标准已出过账，园区、费用项、计费方式和周期不能修改；请新建收费标准"))
    for name, value in values.items():
        setattr(tariff, name, value)
    session.flush()
    return tariff


FIXED = ("community_id", "fee_item_id", "method", "cycle")
"""What of a tariff stays once a bill was made of it."""


def billed(session: Session, tariff_id: int, since: date | None = None, until: date | None = None) -> bool:
    """Whether a bill that is not void was made of a tariff (for days in this time)."""
    query = (
        select(Bill.id)
        .join(TariffAssignment, TariffAssignment.id == Bill.assignment_id)
        .where(TariffAssignment.tariff_id == tariff_id, Bill.state != VOID)
    )
    if since is not None:
        query = query.where(Bill.ends_on >= since)
    if until is not None:
        query = query.where(Bill.starts_on <= until)
    return session.scalar(query.limit(1)) is not None


def add_version(session: Session, tariff: Tariff, values: Mapping[str, Any]) -> TariffVersion:
    """Prices from a day on; the version before ends the day before, a later one that is there limits this one.

    Raises Invalid with what is wrong by field.
    """
    _check_version(tariff, values)
    first = values["valid_from"]
    others = list(
        session.scalars(
            select(TariffVersion).where(TariffVersion.tariff_id == tariff.id).order_by(TariffVersion.valid_from)
        )
    )
    if any(other.valid_from == first for other in others):
        raise Invalid.field("valid_from", _("该日期已有一个价格版本"))
    before = [other for other in others if other.valid_from < first]
    after = [other for other in others if other.valid_from > first]
    if before and (before[-1].valid_to is None or before[-1].valid_to >= first):
        before[-1].valid_to = first - timedelta(days=1)
    version = TariffVersion(community_id=tariff.community_id, tariff_id=tariff.id, **values)
    version.valid_to = after[0].valid_from - timedelta(days=1) if after else None
    session.add(version)
    session.flush()
    return version


def change_version(session: Session, version: TariffVersion, tariff: Tariff, values: Mapping[str, Any]) -> None:
    """Correct a version that no bill was made of; its days stay. Raises Conflict for one that was used."""
    _refuse_used(session, version)
    _check_version(tariff, {**values, "valid_from": version.valid_from})
    for name, value in values.items():
        if name != "valid_from":
            setattr(version, name, value)
    session.flush()


def remove_version(session: Session, version: TariffVersion) -> None:
    """Take away a version that no bill was made of; the one before goes on. Raises Conflict for one that was used."""
    _refuse_used(session, version)
    before = session.scalar(
        select(TariffVersion)
        .where(TariffVersion.tariff_id == version.tariff_id, TariffVersion.valid_from < version.valid_from)
        .order_by(TariffVersion.valid_from.desc())
        .limit(1)
    )
    if before is not None and before.valid_to == version.valid_from - timedelta(days=1):
        before.valid_to = version.valid_to
    session.delete(version)
    session.flush()


def versions_on(session: Session, tariff_ids: Collection[int], day: date) -> list[TariffVersion]:
    """The versions of these tariffs that hold on a day."""
    holds = and_(TariffVersion.valid_from <= day, or_(TariffVersion.valid_to.is_(None), TariffVersion.valid_to >= day))
    return list(session.scalars(select(TariffVersion).where(TariffVersion.tariff_id.in_(tariff_ids), holds)))


def save_assignment(
    session: Session, assignment: TariffAssignment | None, values: Mapping[str, Any]
) -> TariffAssignment:
    """Have a unit charged by a tariff from a day on. Raises Invalid with what is wrong by field, Conflict when bills
    that were made would no longer fit."""
    wanted = {name: getattr(assignment, name) for name in ASSIGNED} if assignment else {}
    wanted |= {name: value for name, value in values.items() if name in ASSIGNED}
    tariff = session.get_one(Tariff, wanted["tariff_id"])
    unit = session.get_one(Unit, wanted["unit_id"])
    meter = session.get(Meter, wanted["meter_id"]) if wanted.get("meter_id") else None
    problems = assignment_problems(tariff, wanted, unit_community=unit.community_id, meter_unit=meter and meter.unit_id)
    if problems:
        raise Invalid(errors=[FieldError(name, words) for name, words in problems.items()])
    if _overlaps(session, assignment.id if assignment else None, wanted):
        raise Invalid.field("starts_on", _("该房号在此期间已适用这个收费标准"))
    if assignment is None:
        assignment = TariffAssignment(community_id=unit.community_id)
        session.add(assignment)
    elif any(getattr(assignment, name) != wanted[name] for name in ("tariff_id", "unit_id", "meter_id")):
        _refuse_billed(session, assignment)
    for name, value in wanted.items():
        setattr(assignment, name, value)
    session.flush()
    return assignment


ASSIGNED = ("tariff_id", "unit_id", "payer", "customer_id", "meter_id", "count", "starts_on", "ends_on")


def assignment_problems(
    tariff: Tariff, wanted: Mapping[str, Any], *, unit_community: int, meter_unit: int | None
) -> dict[str, str]:
    """What is wrong with an assignment, by column."""
    problems = {}
    if unit_community != tariff.community_id:
        problems["unit_id"] = _("房号与收费标准不属于同一园区")
    if tariff.method == METERED and meter_unit is None:
        problems["meter_id"] = _("按表计量的收费标准须指定表计")
    elif meter_unit is not None and meter_unit != wanted["unit_id"]:
        problems["meter_id"] = _("该表计不属于所选房号")
    if wanted.get("payer") == "customer" and wanted.get("customer_id") is None:
        problems["customer_id"] = _("请选择缴费的客户")
    if not 1 <= wanted.get("count", 1) <= MOST_COUNT:
        problems["count"] = _("数量应为 1 至 %(most)s", most=MOST_COUNT)
    if wanted.get("ends_on") is not None and wanted["ends_on"] < wanted["starts_on"]:
        problems["ends_on"] = _("结束日期不能早于开始日期")
    return problems


def remove_assignment(session: Session, assignment: TariffAssignment) -> None:
    """Take away an assignment that was never billed. Raises Conflict for one that was: end it instead."""
    _refuse_billed(session, assignment)
    session.delete(assignment)
    session.flush()


def assign_many(
    session: Session,
    tariff: Tariff,
    *,
    starts_on: date,
    building_id: int | None = None,
    kind: str = "",
    count: int = 1,
) -> int:
    """Charge all units of a building and kind (none given: all) by a tariff; returns how many were new.

    Units that the tariff is assigned to already are left alone; with a metered tariff those without an active meter of
    its kind are too. Occupants pay; whoever owns vacant units is entered one by one or imported.
    """
    meter_id: Any = literal(None, Meter.id.type)
    query = select(Unit.id).where(Unit.community_id == tariff.community_id)
    if building_id is not None:
        query = query.where(Unit.building_id == building_id)
    if kind:
        query = query.where(Unit.kind == kind)
    if tariff.method == METERED:
        fee = session.scalar(select(FeeItem.key).where(FeeItem.id == tariff.fee_item_id))
        meters = select(func.min(Meter.id)).where(
            Meter.unit_id == Unit.id,
            Meter.active.is_(True),
            Meter.kind == ("water" if fee == "water" else "electricity"),
        )
        meter_id = meters.scalar_subquery()
        query = query.where(meter_id.is_not(None))
    there = exists().where(
        TariffAssignment.tariff_id == tariff.id,
        TariffAssignment.unit_id == Unit.id,
        or_(TariffAssignment.ends_on.is_(None), TariffAssignment.ends_on >= starts_on),
    )
    at = literal(clock.now(), Moment)
    values = {
        "community_id": literal(tariff.community_id),
        "tariff_id": literal(tariff.id),
        "unit_id": Unit.id,
        "payer": literal("occupant", String(24)),
        "meter_id": meter_id,
        "count": literal(count),
        "starts_on": literal(starts_on, Date),
        "created_at": at,
        "updated_at": at,
    }
    rows = query.where(~there).with_only_columns(*(value.label(name) for name, value in values.items()))
    return execute(session, insert(TariffAssignment).from_select(list(values), rows, include_defaults=False))


def _overlaps(session: Session, assignment_id: int | None, wanted: Mapping[str, Any]) -> bool:
    other = and_(
        TariffAssignment.tariff_id == wanted["tariff_id"],
        TariffAssignment.unit_id == wanted["unit_id"],
        or_(TariffAssignment.ends_on.is_(None), TariffAssignment.ends_on >= wanted["starts_on"]),
    )
    if wanted.get("ends_on") is not None:
        other = and_(other, TariffAssignment.starts_on <= wanted["ends_on"])
    if assignment_id is not None:
        other = and_(other, TariffAssignment.id != assignment_id)
    return session.scalar(select(TariffAssignment.id).where(other).limit(1)) is not None


def _check_version(tariff: Tariff, values: Mapping[str, Any]) -> None:
    problems = []
    if values.get("valid_from") is None:
        problems.append(FieldError("valid_from", _("请填写生效日期")))
    if not 0 <= values["unit_price"] <= MOST_PRICE:
        problems.append(FieldError("unit_price", _("单价应在 0 至 %(most)s 元之间", most=MOST_PRICE)))
    if not 0 <= values["late_rate"] <= MOST_LATE_RATE:
        problems.append(FieldError("late_rate", _("滞纳金日比例应在 0 至 1% 之间")))
    for name, words, most in (
        ("due_days", _("到期天数应为 0 至 365"), 365),
        ("grace_days", _("宽限天数应为 0 至 365"), 365),
        ("late_cap_percent", _("滞纳金上限应为 0 至 100"), 100),
        ("vacant_percent", _("空置计费比例应为 0 至 100"), 100),
    ):
        if not 0 <= values[name] <= most:
            problems.append(FieldError(name, words))
    if wrong := _wrong_steps(tariff, values["steps"]):
        problems.append(FieldError("steps", wrong))
    if problems:
        raise Invalid(errors=problems)


def _wrong_steps(tariff: Tariff, steps: Sequence[Mapping[str, str]]) -> str:
    if not steps:
        return ""
    if tariff.method != METERED:
        return _("只有按表计量的收费标准可以设置阶梯")
    limits = [Decimal(step["upto"]) for step in steps[:-1] if "upto" in step]
    if len(steps) > MOST_STEPS:
        return _("最多 %(most)s 档", most=MOST_STEPS)
    if len(limits) != len(steps) - 1 or "upto" in steps[-1]:
        return _("除最后一档外，每一档都要填写上限；最后一档不填")
    if any(upper <= lower for lower, upper in zip([Decimal(0), *limits], limits, strict=False)):
        return _("各档上限应逐档增大")
    if any(not 0 <= Decimal(step["price"]) <= MOST_PRICE for step in steps) or any(
        limit > 10**8 or limit != round(limit, 2) for limit in limits
    ):
        return _("阶梯的上限或单价超出范围")
    return ""


def _refuse_used(session: Session, version: TariffVersion) -> None:
    if billed(session, version.tariff_id, version.valid_from, version.valid_to):
        raise Conflict(_("该版本已用于出账，不能修改或删除；请新增一个价格版本"))


def _refuse_billed(session: Session, assignment: TariffAssignment) -> None:
    if session.scalar(select(Bill.id).where(Bill.assignment_id == assignment.id).limit(1)) is not None:
        raise Conflict(_("该收费对象已出过账，不能更改房号、标准或表计，也不能删除；请填写结束日期后另建"))
