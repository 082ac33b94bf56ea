"""Reports of repairs: how technicians, trades, categories and communities do (R5, R6).

The formulae stand in ``docs/repair-reports.md`` and in each report's help; tests compute them by hand.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.reports import DECIMAL, DURATION, INTEGER, PERCENT, Asked, Chart, Column, Panel, Report
from app.modules.estate.models import Community
from app.modules.members.models import TRADES, Technician
from app.modules.repairs import deadlines
from app.modules.repairs.models import ASSIGNED, CANCELLED, RepairCategory, WorkOrder

KEYS: dict[str, Any] = {
    "technician": WorkOrder.technician_id,
    "trade": WorkOrder.trade,
    "category": WorkOrder.category_id,
    "community": WorkOrder.community_id,
    "month": WorkOrder.created_at,
}
UNASSIGNED = "（未派单）"


def efficiency(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """One row a group over the orders reported in the period, cancelled ones left out; the most taken first."""
    groups: dict[Any, Tally] = {}
    name_of = _names(session, asked.by)
    for row in session.execute(_orders(asked).execution_options(yield_per=2000)):
        groups.setdefault(_key(asked.by, row), Tally()).add(row)
    if asked.by != "month":
        for key, load in session.execute(_load(asked)):
            groups.setdefault(key, Tally()).load = load
    rows = [(name_of(key), *tally.figures()) for key, tally in groups.items()]
    if asked.by == "month":
        return sorted(rows)
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _orders(asked: Asked) -> Any:
    query = select(
        WorkOrder.technician_id, WorkOrder.trade, WorkOrder.category_id, WorkOrder.community_id, WorkOrder.created_at,
        WorkOrder.taken_at, WorkOrder.finished_at, WorkOrder.closed_at, WorkOrder.paused_at, WorkOrder.paused_seconds,
        WorkOrder.finish_due_at, WorkOrder.reopened, WorkOrder.speed, WorkOrder.attitude, WorkOrder.quality,
    ).where(
        WorkOrder.created_at >= clock.start_of(asked.start),
        WorkOrder.created_at < clock.start_of(asked.end + timedelta(days=1)),
        WorkOrder.state != CANCELLED,
    )  # fmt: skip
    return asked.within(query, WorkOrder)


def _load(asked: Asked) -> Any:
    key = KEYS[asked.by]
    query = select(key, func.count()).where(WorkOrder.state.in_(ASSIGNED)).group_by(key)
    return asked.within(query, WorkOrder)


def _key(by: str, row: Row[Any]) -> Any:
    if by == "month":
        return f"{clock.local(row.created_at):%Y-%m}"
    return getattr(row, KEYS[by].key)


def _names(session: Session, by: str) -> Callable[[Any], str]:
    if by in ("month", "trade"):
        return lambda key: TRADES.get(key, key)
    model: Any = {"technician": Technician, "category": RepairCategory, "community": Community}[by]
    names: dict[Any, str] = {row.id: row.name for row in session.execute(select(model.id, model.name))}
    return lambda key: names.get(key, UNASSIGNED)


@dataclass
class Tally:
    """The sums of one group; ``add`` takes an order, ``figures`` gives the columns of the report."""

    taken: int = 0
    finished: int = 0
    late: int = 0
    all: int = 0
    reopened: int = 0
    load: int = 0
    to_take: list[float] = field(default_factory=list)
    to_finish: list[float] = field(default_factory=list)
    ratings: list[float] = field(default_factory=list)

    def add(self, row: Row[Any]) -> None:
        """Count one order."""
        self.all += 1
        self.reopened += row.reopened > 0
        self.late += deadlines.is_late(row.finish_due_at, row.finished_at, row.closed_at, row.paused_at)
        if row.taken_at:
            self.taken += 1
            self.to_take.append(_minutes(row.created_at, row.taken_at))
        if row.finished_at:
            self.finished += 1
            if row.taken_at:
                self.to_finish.append(_minutes(row.taken_at, row.finished_at) - row.paused_seconds / 60)
        if row.speed:
            self.ratings.append((row.speed + row.attitude + row.quality) / 3)

    def figures(self) -> tuple[Any, ...]:
        """The columns after the group's name."""
        return (
            self.taken,
            self.finished,
            _mean(self.to_take),
            _mean(self.to_finish),
            self.late / self.all if self.all else None,
            self.reopened,
            _mean(self.ratings),
            self.load,
        )


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def overdue(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """Each order reported in the period that was, or is, taken or finished too late; the longest overdue first."""
    query = (
        select(WorkOrder, Technician.name, RepairCategory.name, Community.name)
        .join(RepairCategory, RepairCategory.id == WorkOrder.category_id)
        .join(Community, Community.id == WorkOrder.community_id)
        .outerjoin(Technician, Technician.id == WorkOrder.technician_id)
        .where(
            WorkOrder.created_at >= clock.start_of(asked.start),
            WorkOrder.created_at < clock.start_of(asked.end + timedelta(days=1)),
            deadlines.overdue(),
        )
        .limit(5000)
    )
    query = asked.within(query, WorkOrder)
    found = [
        (
            order.number, technician or UNASSIGNED, category, community, WorkOrder.flow.title(order.state),
            _over(order.respond_due_at, (order.taken_at, order.closed_at)),
            _over(order.finish_due_at, (order.finished_at, order.closed_at, order.paused_at)),
        )
        for order, technician, category, community in session.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda row: -((row[5] or 0) + (row[6] or 0)))


def _over(due: datetime, ends: Iterable[datetime | None]) -> float | None:
    end = next((end for end in ends if end is not None), clock.now())
    return _minutes(due, end) if end > due else None


HELP = (
    "统计期内报修的工单（已取消的不计），归入现在负责的维修师傅。接单时长＝报修到首次接单的平均自然时间；"
    "完工时长＝接单到完工的平均自然时间，扣除暂停；超时率＝未在完工时限内完工（含尚未完工已过时限）的工单÷全部工单；"
    "返工＝被反馈未修好的工单数；评分＝速度、态度、质量三项平均后再平均；在手＝此刻尚未完工的工单数。"
)

REPORTS = (
    Report(
        "repair_efficiency",
        "维修效能",
        "work_orders",
        [
            Column("分组"),
            Column("接单", INTEGER),
            Column("完工", INTEGER),
            Column("平均接单时长", DURATION),
            Column("平均完工时长", DURATION),
            Column("超时率", PERCENT),
            Column("返工", INTEGER),
            Column("评分", DECIMAL),
            Column("在手", INTEGER),
        ],
        rows=efficiency,
        by={"technician": "维修师傅", "trade": "工种", "category": "报修类别", "community": "园区", "month": "月份"},
        chart=Chart("bar", 0, (1, 2)),
        total=True,
        icon="fa-gauge-high",
        help=HELP,
    ),
    Report(
        "repair_overdue",
        "工单超时明细",
        "work_orders",
        [
            Column("工单号"),
            Column("维修师傅"),
            Column("报修类别"),
            Column("园区"),
            Column("状态"),
            Column("接单超时", DURATION),
            Column("完工超时", DURATION),
        ],
        rows=overdue,
        icon="fa-hourglass-end",
        help="统计期内报修、接单或完工晚于时限的工单；时限已按工作时间、节假日和暂停推算，超时为截止时刻之后的自然时间。",
    ),
)

PANELS = (
    Panel(
        "repairs", "报修与超时", REPORTS[0], show=(0, 1, 2, 8, 5), by="category", chart=Chart("bar", 0, (1, 2, 3)),
    ),
)  # fmt: skip
