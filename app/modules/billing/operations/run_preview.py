"""What a bill run would make: totals, what is unusual against the period before, what is left out and why (B5)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from app.modules.billing.models import Bill, FeeItem, Tariff, TariffAssignment
from app.modules.billing.operations import staging
from app.modules.billing.operations.plan import METERED, Planned, Scope, charged, plan_of
from app.modules.billing.operations.runs import due_tariffs, held, size
from app.modules.billing.operations.staging import LINES
from app.modules.estate.models import Building, Unit

SHOWN = 100
UNUSUAL_PERCENT = 50
"""An amount that differs by so much from the period before is shown before it is issued."""
REASONS = {
    "already": "本期已出账",
    "no_price": "本期没有生效的价格版本",
    "no_meter": "未指定表计",
    "flagged": "读数异常，待核实",
    "no_reading": "本期没有新读数",
    "no_payer": "空置且未指定业主",
    "nothing": "金额为 0",
}
L = LINES.c


@dataclass(frozen=True)
class Total:
    """What one tariff comes to."""

    fee: str
    tariff: str
    bills: int
    amount_fen: int
    before_fen: int
    """What the same assignments were charged in the period before."""


@dataclass(frozen=True)
class Unusual:
    """An assignment that is charged much more or less than in the period before."""

    assignment_id: int
    unit: str
    tariff: str
    before_fen: int
    amount_fen: int


@dataclass(frozen=True)
class Skipped:
    """Assignments that would get no bill, by the reason; some of them by unit."""

    reason: str
    count: int
    units: list[str]


@dataclass(frozen=True)
class Preview:
    """What a run would make."""

    assignments: int
    bills: int
    amount_fen: int
    totals: list[Total]
    unusual: list[Unusual]
    unusual_count: int
    skipped: list[Skipped]


def preview(session: Session, scope: Scope) -> Preview:
    """Compute a run without making it. Raises Invalid when nothing is due in the scope's month."""
    planned = due_tariffs(session, scope)
    staging.fill(session, scope, planned)
    unusual, unusual_count = _unusual(session)
    totals = _totals(session)
    return Preview(
        size(session, scope, planned),
        sum(total.bills for total in totals),
        sum(total.amount_fen for total in totals),
        totals,
        unusual,
        unusual_count,
        _skipped(session, scope, planned),
    )


def _totals(session: Session) -> list[Total]:
    before = _before()
    mine = (
        select(L.tariff_id, L.assignment_id, func.sum(L.amount_fen).label("fen"),
               func.sum(case((L.position == 1, 1), else_=0)).label("bills"))
        .group_by(L.tariff_id, L.assignment_id)
        .subquery()
    )  # fmt: skip
    query = (
        select(
            FeeItem.name, Tariff.name, func.sum(mine.c.bills), func.sum(mine.c.fen),
            func.coalesce(func.sum(before.c.fen), 0),
        )
        .select_from(mine)
        .join(Tariff, Tariff.id == mine.c.tariff_id)
        .join(FeeItem, FeeItem.id == Tariff.fee_item_id)
        .outerjoin(before, before.c.assignment_id == mine.c.assignment_id)
        .group_by(FeeItem.position, FeeItem.name, Tariff.id, Tariff.name)
        .order_by(FeeItem.position, Tariff.id)
    )  # fmt: skip
    return [
        Total(fee, tariff, int(bills), int(amount), int(earlier))
        for fee, tariff, bills, amount, earlier in session.execute(query)
    ]


def _before() -> Any:
    """What each assignment was charged in its period before: the days that end the day before these begin."""
    previous = (
        select(func.max(Bill.period))
        .where(
            Bill.assignment_id == L.assignment_id, literal_column("bill.state <> 'void'"), Bill.ends_on < L.starts_on
        )
        .correlate(LINES)
        .scalar_subquery()
    )  # fmt: skip
    latest = select(L.assignment_id, previous.label("period")).where(L.position == 1).distinct().subquery()
    return (
        select(Bill.assignment_id, cast(func.sum(Bill.amount_fen), BigInteger).label("fen"))
        .join(latest, and_(latest.c.assignment_id == Bill.assignment_id, latest.c.period == Bill.period))
        .where(literal_column("bill.state <> 'void'"))
        .group_by(Bill.assignment_id)
        .subquery()
    )


def _unusual(session: Session) -> tuple[list[Unusual], int]:
    before = _before()
    mine = (
        select(L.assignment_id, L.unit_id, L.tariff_id, cast(func.sum(L.amount_fen), BigInteger).label("fen"))
        .group_by(L.assignment_id, L.unit_id, L.tariff_id)
        .subquery()
    )
    change = func.abs(mine.c.fen - before.c.fen)
    far = and_(change * 100 > before.c.fen * UNUSUAL_PERCENT)
    joined = select(mine).join(before, before.c.assignment_id == mine.c.assignment_id).where(far)
    count = session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    query = (
        select(mine.c.assignment_id, Building.name, Unit.number, Tariff.name, before.c.fen, mine.c.fen)
        .select_from(mine)
        .join(before, before.c.assignment_id == mine.c.assignment_id)
        .join(Unit, Unit.id == mine.c.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(Tariff, Tariff.id == mine.c.tariff_id)
        .where(far)
        .order_by(change.desc(), mine.c.assignment_id)
        .limit(SHOWN)
    )
    return [
        Unusual(number, f"{building} {unit}", tariff, int(was), int(now))
        for number, building, unit, tariff, was, now in session.execute(query)
    ], count


def _skipped(session: Session, scope: Scope, planned: list[Planned]) -> list[Skipped]:
    """Why which assignments come to no bill."""
    plan = plan_of(planned)
    if plan is None:
        reason: Any = literal("no_price")
    else:
        reason = _reason(scope, planned, plan)
    rows = (
        held(scope, planned)
        .join(Tariff, Tariff.id == TariffAssignment.tariff_id)
        .join(Building, Building.id == Unit.building_id)
        .where(TariffAssignment.id.not_in(select(L.assignment_id)))
        .with_only_columns(
            TariffAssignment.id, Building.name, Unit.number, Tariff.name.label("tariff"), reason.label("reason")
        )
        .subquery()
    )  # fmt: skip
    ranked = select(rows, func.row_number().over(partition_by=rows.c.reason, order_by=rows.c.id).label("n"),
                    func.count().over(partition_by=rows.c.reason).label("of")).subquery()  # fmt: skip
    found: dict[str, Skipped] = {}
    for row in session.execute(select(ranked).where(ranked.c.n <= SHOWN).order_by(ranked.c.id)):
        entry = found.setdefault(row.reason, Skipped(row.reason, row.of, []))
        entry.units.append(f"{row.name} {row.number}（{row.tariff}）")
    return [found[key] for key in REASONS if key in found]


def _reason(scope: Scope, planned: list[Planned], plan: Any) -> Any:
    metered = [item.tariff.id for item in planned if item.tariff.method == METERED]
    periods = {item.tariff.id: item.period for item in planned}
    has_meter = TariffAssignment.tariff_id.in_(metered)
    priced = {item.tariff.id for item in planned if any(
        version.valid_from <= item.period.last and (version.valid_to is None or version.valid_to >= item.period.first)
        for version in item.versions
    )}  # fmt: skip
    doubtful, read = staging.judged(scope, plan)
    already = or_(
        *(
            and_(
                TariffAssignment.tariff_id == tariff_id,
                charged(TariffAssignment.id, period.first, period.last),
            )
            for tariff_id, period in periods.items()
        )
    )
    return case(
        (TariffAssignment.tariff_id.not_in(priced), "no_price"),
        (and_(has_meter, TariffAssignment.meter_id.is_(None)), "no_meter"),
        (and_(has_meter, TariffAssignment.id.in_(doubtful)), "flagged"),
        (and_(has_meter, already, TariffAssignment.id.not_in(read)), "already"),
        (and_(has_meter, TariffAssignment.id.not_in(read)), "no_reading"),
        (already, "already"),
        (TariffAssignment.customer_id.is_(None), "no_payer"),
        else_="nothing",
    )
