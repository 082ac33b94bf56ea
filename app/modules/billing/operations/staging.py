"""What a bill run would make, line by line, computed by the database into a table of this transaction.

Preview and issue read the same table, so what was computed once is what the totals, the bills, their lines and the
ledger all say. The rules: occupants pay for their days, who moved in first for days with several; vacant days are the
assignment's customer's at the vacant percentage, or nobody's; the version that holds on a day prices it; a reading is
its day's payer's, whole. Everything is whole numbers: m², pieces, m³ and kWh in ten-thousandths, prices in
ten-thousandths of a yuan, days counted from 1970-01-01.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Date,
    MetaData,
    Table,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.orm import Session

from app.core.db import execute
from app.modules.billing.models import TariffAssignment
from app.modules.billing.operations import metering
from app.modules.billing.operations.expressions import day_number, day_of, larger, smaller, whole
from app.modules.billing.operations.plan import (
    BEFORE,
    EVER,
    METERED,
    Planned,
    Scope,
    charged,
    fen,
    plan_of,
)
from app.modules.estate.models import Unit
from app.modules.members.models import Occupancy

LINES = Table(
    "run_line",
    MetaData(),
    *(
        TableColumn(name, BigInteger)
        for name in (
            "assignment_id", "customer_id", "unit_id", "tariff_id", "version_id", "meter_id", "position", "quantity",
            "unit_price", "months", "days", "period_days", "percent", "vacant", "amount_fen", "bill_fen", "usage",
            "start_value", "end_value", "step", "low", "high", "step_months",
        )
    ),
    *(TableColumn(name, Date) for name in ("starts_on", "ends_on", "first_on", "last_on")),
    prefixes=["TEMPORARY"],
)  # fmt: skip
NAMES = [line_column.name for line_column in LINES.columns]


def fill(session: Session, scope: Scope, planned: list[Planned]) -> None:
    """Compute the lines of a scope into ``LINES``, without those of bills that are there already."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":  # a pooled connection keeps its temporary tables
        connection.exec_driver_sql("DROP TABLE IF EXISTS temp.run_line")
    else:
        connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.run_line")
    LINES.create(connection, checkfirst=False)
    for metered in (False, True):
        part = [item for item in planned if (item.tariff.method == METERED) == metered]
        plan = plan_of(part)
        if plan is not None:
            assigned = _assigned(scope, plan)
            payers = _payers(scope, assigned)
            lines = metering.lines if metered else _by_day
            execute(session, insert(LINES).from_select(NAMES, _numbered(lines(plan, assigned, payers))))
    if connection.dialect.name == "postgresql":  # which plans by statistics, and has none of a new table
        connection.exec_driver_sql("ANALYZE run_line")


def judged(scope: Scope, plan: CTE) -> tuple[Any, Any]:
    """Of the metered assignments: the ids of those with an unconfirmed reading, and of those with a new one."""
    readings = metering.readings_of(_assigned(scope, plan))
    return metering.doubtful(readings), select(readings.c.id).where(readings.c.before.is_not(None))


def _assigned(scope: Scope, plan: CTE) -> CTE:
    """The assignments that hold in their tariff's period, with their days and what is measured of the unit."""
    tariffs = select(plan.c.tariff_id, plan.c.area, plan.c.opens, plan.c.closes).distinct().subquery()
    quantity = case((tariffs.c.area == 1, whole(Unit.area_m2, 2) * 100), else_=TariffAssignment.count * 10_000)
    starts = day_number(TariffAssignment.starts_on)
    ends = func.coalesce(day_number(TariffAssignment.ends_on), EVER)
    query = (
        select(
            TariffAssignment.id, TariffAssignment.tariff_id, TariffAssignment.unit_id, TariffAssignment.payer,
            TariffAssignment.customer_id, TariffAssignment.meter_id, TariffAssignment.starts_on,
            quantity.label("quantity"), starts.label("first"), ends.label("last"), tariffs.c.opens, tariffs.c.closes,
        )
        .join(tariffs, tariffs.c.tariff_id == TariffAssignment.tariff_id)
        .join(Unit, Unit.id == TariffAssignment.unit_id)
        .where(
            TariffAssignment.community_id == scope.community_id,
            starts <= tariffs.c.closes,
            ends >= tariffs.c.opens,
        )
    )  # fmt: skip
    if scope.building_id is not None:
        query = query.where(Unit.building_id == scope.building_id)
    return query.cte("assigned")


def _payers(scope: Scope, assigned: CTE) -> CTE:
    """Who pays from which day to which, for each assignment: (id, customer_id, first, last, vacant)."""
    starts, ends = day_number(Occupancy.starts_on), func.coalesce(day_number(Occupancy.ends_on), EVER)
    until = func.max(ends).over(
        partition_by=Occupancy.unit_id, order_by=(Occupancy.starts_on, Occupancy.id), rows=(None, -1)
    )
    occupied = (
        select(
            Occupancy.unit_id, Occupancy.customer_id, starts.label("starts"), ends.label("last"),
            func.coalesce(until, BEFORE).label("until"),
        )
        .where(Occupancy.community_id == scope.community_id)
        .cte("occupied")
    )  # fmt: skip
    held = select(
        occupied.c.unit_id, occupied.c.customer_id, larger(occupied.c.starts, occupied.c.until + 1).label("first"),
        occupied.c.last, literal(0, BigInteger).label("vacant"),
    ).where(occupied.c.last > occupied.c.until)  # fmt: skip
    between = select(
        occupied.c.unit_id, null(), occupied.c.until + 1, occupied.c.starts - 1, literal(1, BigInteger)
    ).where(occupied.c.starts > occupied.c.until + 1)
    after = (
        select(
            occupied.c.unit_id, null(), func.max(occupied.c.last) + 1, literal(EVER, BigInteger), literal(1, BigInteger)
        )
        .group_by(occupied.c.unit_id)
        .having(func.max(occupied.c.last) < EVER)
    )  # fmt: skip
    spans = union_all(held, between, after).cte("spans")
    by_occupant = (
        select(
            assigned.c.id, func.coalesce(spans.c.customer_id, assigned.c.customer_id).label("customer_id"),
            larger(spans.c.first, assigned.c.first).label("first"),
            smaller(spans.c.last, assigned.c.last).label("last"), spans.c.vacant,
        )
        .join(spans, spans.c.unit_id == assigned.c.unit_id)
        .where(
            assigned.c.payer == "occupant",
            func.coalesce(spans.c.customer_id, assigned.c.customer_id).is_not(None),
            spans.c.first <= assigned.c.last,
            spans.c.last >= assigned.c.first,
        )
    )  # fmt: skip
    never = ~select(1).where(occupied.c.unit_id == assigned.c.unit_id).exists()
    alone = select(
        assigned.c.id, assigned.c.customer_id, assigned.c.first, assigned.c.last,
        case((assigned.c.payer == "occupant", 1), else_=0),
    ).where(
        assigned.c.customer_id.is_not(None), or_(assigned.c.payer == "customer", never)
    )  # fmt: skip
    return union_all(by_occupant, alone).cte("payers")


def _by_day(plan: CTE, assigned: CTE, payers: CTE) -> CTE:
    """Area, fixed and parking: a line for each payer and version, pro rata by day of the period's days."""
    starts = larger(payers.c.first, plan.c.opens)
    ends = smaller(payers.c.last, plan.c.closes)
    first, last = larger(starts, plan.c.valid_from), smaller(ends, plan.c.valid_to)
    drawn = (
        select(
            assigned.c.id, payers.c.customer_id, assigned.c.unit_id, assigned.c.tariff_id, plan.c.version_id,
            assigned.c.quantity, plan.c.price, plan.c.months, (last - first + 1).label("days"), plan.c.period_days,
            case((payers.c.vacant == 1, plan.c.vacant), else_=100).label("percent"), payers.c.vacant,
            starts.label("starts"), ends.label("ends"), first.label("first"), last.label("last"),
        )
        .select_from(assigned)
        .join(payers, payers.c.id == assigned.c.id)
        .join(plan, plan.c.tariff_id == assigned.c.tariff_id)
        .where(starts <= ends, first <= last, ~charged(assigned.c.id, day_of(starts), day_of(ends)))
        .cte("drawn")
    )  # fmt: skip
    d = drawn.c
    return select(
        d.id.label("assignment_id"), d.customer_id, d.unit_id, d.tariff_id, d.version_id,
        literal(None, BigInteger).label("meter_id"), d.first.label("rank"), d.quantity, d.price.label("unit_price"),
        d.months, d.days, d.period_days, d.percent, d.vacant,
        fen(d.quantity, d.price, d.months * d.days * d.percent, d.period_days * 100).label("amount_fen"),
        *(literal(None, BigInteger).label(name) for name in
          ("usage", "start_value", "end_value", "step", "low", "high", "step_months")),
        day_of(d.starts).label("starts_on"), day_of(d.ends).label("ends_on"), day_of(d.first).label("first_on"),
        day_of(d.last).label("last_on"),
    ).cte("line")  # fmt: skip


def _numbered(line: CTE) -> Any:
    """The lines that come to something, in order within their bill, each with its bill's sum."""
    bill: dict[str, Any] = {"partition_by": (line.c.assignment_id, line.c.starts_on)}
    extra = {
        "position": func.row_number().over(**bill, order_by=line.c.rank),
        "bill_fen": cast(func.sum(line.c.amount_fen).over(**bill), BigInteger),
    }
    return select(*(extra[name].label(name) if name in extra else line.c[name] for name in NAMES)).where(
        line.c.amount_fen > 0
    )
