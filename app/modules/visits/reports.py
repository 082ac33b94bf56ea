"""How many came, to whom, through which gate and why; what was refused (V6)."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import String, and_, case, column, func, select, values
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Moment
from app.core.reports import DURATION, INTEGER, PERCENT, Asked, Chart, Column, Panel, Report
from app.modules.estate.models import Building, Community, Unit
from app.modules.visits.models import Gate, Passage, Visit
from app.modules.visits.models.gates import IN
from app.modules.visits.models.passages import ALLOWED, OUTCOMES
from app.modules.visits.models.visits import CANCELLED, EXPIRED, KINDS, REJECTED, REVOKED

NAMELESS = "（未填写）"
MOST_GROUPS = 500
GROUPS: dict[str, Callable[[Any], str]] = {
    "day": lambda row: f"{clock.local(row.starts_at):%Y-%m-%d}",
    "host": lambda row: f"{row.name} {row.number}" if row.number else NAMELESS,
    "purpose": lambda row: row.purpose or NAMELESS,
    "kind": lambda row: KINDS[row.kind],
}


def visits_by(session: Session, asked: Asked) -> Sequence[Sequence[Any]]:
    """One row a group over the visits whose time begins in the period; the most first, days in their order."""
    query = select(
        Visit.starts_at, Visit.kind, Visit.purpose, Visit.community_id, Visit.state, Visit.arrived_at, Visit.left_at,
        Building.name, Unit.number,
    ).outerjoin(Unit, Unit.id == Visit.unit_id).outerjoin(Building, Building.id == Unit.building_id).where(
        Visit.starts_at >= clock.start_of(asked.start), Visit.starts_at < clock.start_of(asked.end + timedelta(days=1))
    )  # fmt: skip
    communities = dict(session.execute(select(Community.id, Community.name)).tuples().all())
    groups: dict[str, list[Any]] = {}
    for row in session.execute(asked.within(query, Visit).execution_options(yield_per=2000)):
        group = communities[row.community_id] if asked.by == "community" else GROUPS[asked.by](row)
        figures = groups.setdefault(group, [0, 0, 0, 0, []])
        figures[0] += 1
        figures[1] += row.arrived_at is not None
        figures[2] += row.state in (REJECTED, CANCELLED, REVOKED)
        figures[3] += row.state == EXPIRED
        if row.arrived_at is not None and row.left_at is not None:
            figures[4].append((row.left_at - row.arrived_at).total_seconds() / 60)
    rows = [
        (key, count, came, called_off, expired, came / count, sum(stays) / len(stays) if stays else None)
        for key, (count, came, called_off, expired, stays) in groups.items()
    ]
    if asked.by == "day":
        return sorted(rows)
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:MOST_GROUPS]


def passages_by(session: Session, asked: Asked) -> Sequence[Sequence[Any]]:
    """Scans of the period by gate, outcome or day, counted by the database."""
    opened, inward = Passage.outcome == ALLOWED, Passage.direction == IN
    kinds = (opened & inward, opened & ~inward, ~opened, Passage.conflict.is_not(None))
    sums = (func.count(), *(func.sum(case((kind, 1), else_=0)) for kind in kinds))
    span = (
        Passage.scanned_at >= clock.start_of(asked.start),
        Passage.scanned_at < clock.start_of(asked.end + timedelta(days=1)),
    )
    if asked.by == "day":
        days = _days(asked)
        inside = and_(Passage.scanned_at >= days.c.begins, Passage.scanned_at < days.c.ends)
        query = asked.within(select(days.c.day, *sums).join(Passage, inside).group_by(days.c.day), Passage)
        return [tuple(row) for row in session.execute(query.order_by(days.c.day))]
    key: Any = Passage.outcome if asked.by == "outcome" else Passage.gate_id
    names: dict[Any, str] = OUTCOMES
    if asked.by == "gate":
        names = {gate.id: str(gate) for gate in session.scalars(select(Gate))}
    query = asked.within(select(key, *sums).where(*span).group_by(key), Passage)
    found_rows = session.execute(query.order_by(func.count().desc(), key).limit(MOST_GROUPS))
    return [(names[row[0]], *(number or 0 for number in row[1:])) for row in found_rows]


def _days(asked: Asked) -> Any:
    """The days of the period as rows that passages are joined to: local days are no matter of the database's."""
    first, count = asked.start, (asked.end - asked.start).days + 1
    starts = [clock.start_of(first + timedelta(days=n)) for n in range(count + 1)]
    shape = values(column("day", String(10)), column("begins", Moment), column("ends", Moment), name="days")
    return shape.data([(f"{start:%Y-%m-%d}", start, end) for start, end in pairwise(starts)]).cte("days")


REPORTS = (
    Report(
        "visits",
        "来访统计",
        "visits",
        [Column("分组"), Column("登记", INTEGER), Column("到访", INTEGER), Column("取消或作废", INTEGER),
         Column("过期未到", INTEGER), Column("到访率", PERCENT), Column("平均停留", DURATION)],
        rows=visits_by,
        help="按来访开始时间计入；到访率 = 到访 ÷ 登记；平均停留只计有离开记录的来访。",
        by={"day": "日期", "host": "被访房号", "purpose": "事由", "kind": "来访类型", "community": "园区"},
        chart=Chart("bar", label=0, values=(1, 2)),
        total=True,
        icon="fa-person-walking-arrow-right",
    ),
    Report(
        "passages",
        "通行统计",
        "passages",
        [Column("分组"), Column("扫码", INTEGER), Column("进入", INTEGER), Column("离开", INTEGER),
         Column("拒绝", INTEGER), Column("离线冲突", INTEGER)],
        rows=passages_by,
        help="每次扫码计一次；离线冲突为闸机断网时放行、联网后核对不应放行的次数。",
        by={"day": "日期", "gate": "闸机", "outcome": "结果"},
        chart=Chart("bar", label=0, values=(2, 3, 4)),
        total=True,
        icon="fa-door-open",
    ),
)  # fmt: skip

PANELS = (
    Panel("visits", "来访", REPORTS[0], show=(0, 1, 2), by="purpose", chart=Chart("bar", 0, (1, 2))),
    Panel("passages", "通行与拒绝", REPORTS[1], show=(0, 1), by="outcome", chart=Chart("pie", 0, (1,))),
)
