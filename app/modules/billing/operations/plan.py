"""The scope of a bill run, and the prices that hold in it as rows that a query joins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, and_, case, column, func, literal_column, select, values
from sqlalchemy.orm import Session

from app.modules.billing.models import Bill, Tariff, TariffAssignment, TariffVersion
from app.modules.billing.operations import periods
from app.modules.billing.operations.expressions import larger
from app.modules.estate.models import Unit

METERED, AREA = "metered", "area"
BEFORE, EVER = -(10**6), 10**7
"""Days before and after all others."""
MOST_UNITS = 10**15
LARGEST = 9 * 10**18
EPOCH = date(1970, 1, 1)

PLAN = (
    "tariff_id", "version_id", "area", "months", "period_days", "opens", "closes", "valid_from", "valid_to", "vacant",
    "price", "step", "low", "high",
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What a run is about. ``fee_item_id`` and ``building_id`` None: all."""

    community_id: int
    period: str
    building_id: int | None = None
    fee_item_id: int | None = None


@dataclass(frozen=True)
class Planned:
    """A tariff that is due in the period, with its versions."""

    tariff: Tariff
    period: periods.Period
    versions: list[TariffVersion]


def due(session: Session, scope: Scope) -> list[Planned]:
    """The active tariffs of which a cycle begins in the scope's month. Raises Invalid for what is no month."""
    periods.read(scope.period)
    query = select(Tariff).where(Tariff.community_id == scope.community_id, Tariff.active.is_(True))
    if scope.fee_item_id is not None:
        query = query.where(Tariff.fee_item_id == scope.fee_item_id)
    found = {tariff.id: tariff for tariff in session.scalars(query.order_by(Tariff.id))}
    versions: dict[int, list[TariffVersion]] = {}
    for version in session.scalars(
        select(TariffVersion).where(TariffVersion.tariff_id.in_(found)).order_by(TariffVersion.valid_from)
    ):
        versions.setdefault(version.tariff_id, []).append(version)
    return [
        Planned(tariff, period, versions.get(tariff.id, []))
        for tariff in found.values()
        if (period := periods.starting(scope.period, tariff.cycle)) is not None
    ]


def of_tariffs(scope: Scope, tariff_ids: Iterable[int]) -> Any:
    """The assignments of these tariffs in a scope, as a query without what holds in the period."""
    query = (
        select(TariffAssignment)
        .join(Unit, Unit.id == TariffAssignment.unit_id)
        .where(TariffAssignment.community_id == scope.community_id, TariffAssignment.tariff_id.in_(list(tariff_ids)))
    )
    return query if scope.building_id is None else query.where(Unit.building_id == scope.building_id)


def charged(assignment_id: Any, starts_on: Any, ends_on: Any) -> Any:
    """Whether a bill of the assignment that is not void has some of these days."""
    return (
        select(1)
        .where(
            Bill.assignment_id == assignment_id, literal_column("bill.state <> 'void'"),
            Bill.starts_on <= ends_on, Bill.ends_on >= starts_on,
        )
        .exists()
    )  # fmt: skip


def last_charged(assignment_id: Any, until: Any) -> Any:
    """The last day that a bill of the assignment covers, of those that end by ``until``."""
    return (
        select(func.max(Bill.ends_on))
        .where(
            Bill.assignment_id == assignment_id, literal_column("bill.state <> 'void'"), Bill.ends_on <= until,
        )
        .scalar_subquery()
    )  # fmt: skip


def plan_of(planned: list[Planned]) -> CTE | None:
    """The prices of these tariffs as rows for a query; None when there are none."""
    rows = _rows(planned)
    return _values(rows) if rows else None


def _rows(planned: list[Planned]) -> list[tuple[int, ...]]:
    """One row for each version and step that may price something in the period; see ``PLAN``."""
    rows: list[tuple[int, ...]] = []
    for item in planned:
        period = item.period
        for version in item.versions:
            common = (
                item.tariff.id, version.id, int(item.tariff.method == AREA), period.months, period.days,
                _day(period.first), _day(period.last), _day(version.valid_from),
                EVER if version.valid_to is None else _day(version.valid_to), version.vacant_percent,
            )  # fmt: skip
            low = 0
            steps = version.steps if item.tariff.method == METERED else []
            for number, step in enumerate(steps, start=1):
                high = _units(step.get("upto"))
                rows.append((*common, _units(step["price"]), number, low, high))
                low = high
            if not steps:
                rows.append((*common, int(version.unit_price.scaleb(4)), 0, 0, MOST_UNITS))
    return rows


def _values(rows: list[tuple[int, ...]]) -> CTE:
    return values(*(column(name, BigInteger) for name in PLAN), name="plan", literal_binds=True).data(rows).cte("plan")


def fen(quantity: Any, price: Any, factor: Any, divisor: Any) -> ColumnElement[int]:
    """quantity × price × factor ÷ divisor in fen, half up, exact and within 64 bits; 0 when it is beyond them.

    ``quantity`` and ``price`` are ten-thousandths, so their product is a millionth of a fen. It is divided first and
    the remainder after, since the whole numerator might not fit.
    """
    product, scale = quantity * price, divisor * 1_000_000
    exact = product // scale * factor + (product % scale * factor * 2 + scale) // (2 * scale)
    too_large = and_(price > 0, quantity > LARGEST // larger(price, 1))
    return case((too_large, 0), else_=exact)


def _day(day: date) -> int:
    return (day - EPOCH).days


def _units(text: str | None) -> int:
    """Ten-thousandths of a step's limit or price, which are kept as text; no limit is beyond any usage."""
    return MOST_UNITS if text is None else int(Decimal(text).scaleb(4))
