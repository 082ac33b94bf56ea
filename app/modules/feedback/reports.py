"""Complaints and suggestions in figures (C2)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.reports import DECIMAL, DURATION, INTEGER, PERCENT, Asked, Chart, Column, Panel, Rate, Report
from app.modules.estate.models import Community
from app.modules.feedback.models import (
    ANSWERED,
    CLOSED,
    COMPLAINT,
    KINDS,
    PROCESSING,
    SUBMITTED,
    Feedback,
    FeedbackType,
)

MOST = 1000


def by_type(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """What was filed in these days: how many, how far each is, how many were late, time to answer, satisfaction."""
    name: Any = {"type": FeedbackType.name, "kind": Feedback.kind, "community": Community.name}[asked.by]
    key: Any = {"type": Feedback.type_id, "kind": Feedback.kind, "community": Feedback.community_id}[asked.by]
    now = clock.now()
    late = or_(
        Feedback.answered_at > Feedback.deadline_at,
        and_(Feedback.answered_at.is_(None), Feedback.deadline_at < now),
    )

    def count(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    states = (SUBMITTED, PROCESSING, ANSWERED, CLOSED)
    query = (
        select(
            key, name, func.count(Feedback.id), count(Feedback.kind == COMPLAINT),
            *(count(Feedback.state == state) for state in states), count(late), func.avg(Feedback.rating),
        )
        .select_from(Feedback)
        .join(FeedbackType, FeedbackType.id == Feedback.type_id)
        .join(Community, Community.id == Feedback.community_id)
        .where(Feedback.created_at >= clock.start_of(asked.start), Feedback.created_at < _day_after(asked))
        .group_by(key, name)
        .order_by(func.count(Feedback.id).desc(), name)
        .limit(MOST)
    )  # fmt: skip
    minutes = _minutes_to_answer(session, asked, key)
    rows = []
    for number, title, total, complaints, *counts, overdue, rating in session.execute(asked.within(query, Feedback)):
        label = KINDS[title] if asked.by == "kind" else title
        rows.append((
            label, total, int(complaints), *(int(one) for one in counts), int(overdue), int(overdue) / total,
            minutes.get(number), None if rating is None else round(float(rating), 1),
        ))  # fmt: skip
    return rows


def _minutes_to_answer(session: Session, asked: Asked, key: Any) -> dict[Any, int]:
    """The mean minutes from filing to the first answer, by group."""
    query = select(key, Feedback.created_at, Feedback.answered_at).where(
        Feedback.created_at >= clock.start_of(asked.start), Feedback.created_at < _day_after(asked),
        Feedback.answered_at.is_not(None),
    )  # fmt: skip
    taken: dict[Any, list[float]] = {}
    for number, filed, answered in session.execute(asked.within(query, Feedback).execution_options(yield_per=2000)):
        taken.setdefault(number, []).append((answered - filed).total_seconds() / 60)
    return {number: round(sum(all_) / len(all_)) for number, all_ in taken.items()}


def _day_after(asked: Asked) -> datetime:
    return clock.start_of(asked.end + timedelta(days=1))


REPORTS = (
    Report(
        "feedback",
        "投诉建议统计",
        "feedback",
        [
            Column("分组"),
            Column("总数", INTEGER),
            Column("其中投诉", INTEGER),
            Column("待受理", INTEGER),
            Column("处理中", INTEGER),
            Column("已答复", INTEGER),
            Column("已办结", INTEGER),
            Column("超时", INTEGER),
            Column("超时率", PERCENT),
            Column("平均答复用时", DURATION),
            Column("平均满意度", DECIMAL),
        ],
        rows=by_type,
        by={"type": "类型", "kind": "类别", "community": "园区"},
        chart=Chart("bar", label=0, values=(1, 7)),
        span="year",
        total=True,
        help="按提交日期统计；超时为首次答复晚于期限，或至今未答复且已过期限；平均答复用时为提交到首次答复的时间。",
    ),
)

PANELS = (
    Panel(
        "feedback", "投诉建议", REPORTS[0], show=(0, 1, 2, 7), by="type", chart=Chart("bar", 0, (2, 1)),
        rate=Rate("超时率", 3, 1),
    ),
)  # fmt: skip
