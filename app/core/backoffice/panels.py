"""The figures of the dashboard: read at once where that is quick, kept and renewed in the background where it is not.

A panel over ten million bills takes seconds to count and nobody waits for that at every look: what took longer than
``QUICK`` is kept per panel, period and data scope, shown with its time, and counted again by a job while people look.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import clock, rights
from app.core.backoffice.models import PanelSnapshot
from app.core.backoffice.report_values import charted, shown
from app.core.db import conflict_insert, db, execute
from app.core.module import registry
from app.core.replica import apart
from app.core.reports import AMOUNT, INTEGER, PERCENT, Asked, Panel

QUICK = timedelta(milliseconds=60)
RENEW_AFTER = timedelta(minutes=10)
OLDEST_SHOWN = timedelta(hours=2)
"""What the job has not renewed for so long is counted while somebody waits, unless that is not ``BEARABLE``."""
BEARABLE = timedelta(seconds=2)
"""A panel that has taken longer somewhere is never counted while somebody waits: the job does it."""
REST = 20
"""Counting takes at most a twentieth of the time."""
WATCHED = timedelta(days=2)
"""So long after the last look figures are renewed; then they are forgotten."""

PENDING: dict[str, Any] = {"pending": True}

PERIODS = {"month": "本月", "today": "今日", "last_month": "上月", "quarter": "近三个月", "year": "本年"}
"""The times that the dashboard offers; the first is shown at first."""


def days_of(period: str, today: date) -> tuple[date, date]:
    """The first and the last day of one of ``PERIODS``."""
    first = today.replace(day=1)
    if period == "today":
        return today, today
    if period == "last_month":
        last = first - timedelta(days=1)
        return last.replace(day=1), last
    if period == "quarter":
        before = (first - timedelta(days=1)).replace(day=1)
        return (before - timedelta(days=1)).replace(day=1), today
    return (today.replace(month=1, day=1) if period == "year" else first), today


@dataclass(frozen=True)
class Figures:
    """A panel as it is shown: ``content`` is plain JSON, ``made_at`` when it was counted."""

    panel: Panel
    content: Mapping[str, Any]
    made_at: datetime


@dataclass(frozen=True)
class Look:
    """What somebody is shown, and what ``keep`` has to write down of that."""

    figures: Sequence[Figures] = ()
    slow: Sequence[Mapping[str, Any]] = ()
    seen: Sequence[int] = ()


@dataclass(frozen=True)
class Due:
    """Figures that the job counts; ``watched``: somebody has looked at them."""

    panel: str
    period: str
    communities: list[int] | None
    watched: bool


def look(period: str, communities: Sequence[int] | None) -> Look:
    """The panels that the signed-in person may see, in one query and what the quick ones take. Only reads."""
    panels = [panel for panel in registry().panels.values() if rights.can(panel.report.area, "view")]
    if not panels:
        return Look()
    session, now, scope = db.session(), clock.now(), _scope(communities)
    end = days_of(period, clock.today())[1].isoformat()
    query = select(PanelSnapshot).where(PanelSnapshot.period == period, PanelSnapshot.scope == scope)
    kept = {one.panel: one for one in session.scalars(query)}
    found, slow = [], []
    heavy: set[str] | None = None
    for panel in panels:
        one = kept.get(panel.key)
        if one is not None and one.until == end and now - one.made_at < OLDEST_SHOWN:
            found.append(Figures(panel, one.content, one.made_at))
            continue
        heavy = _heavy(session) if heavy is None else heavy
        if panel.key in heavy:
            found.append(Figures(panel, one.content if one else PENDING, one.made_at if one else now))
            if one is None:
                asked = _row(panel, period, communities, PENDING, timedelta())
                slow.append(asked | {"made_at": now - OLDEST_SHOWN})
            continue
        content, took = _count(panel, period, communities)
        found.append(Figures(panel, content, now))
        if took > QUICK:
            slow.append(_row(panel, period, communities, content, took))
    return Look(found, slow, [one.id for one in kept.values() if now - one.asked_at > RENEW_AFTER])


def keep(session: Session, shown_now: Look) -> None:
    """Write down what took long to count, and that what was kept is looked at."""
    for row in shown_now.slow:
        _keep(session, row)
    if shown_now.seen:
        seen = update(PanelSnapshot).where(PanelSnapshot.id.in_(shown_now.seen))
        execute(session, seen.values(asked_at=clock.now()))


def _heavy(session: Session) -> set[str]:
    """The panels that took longer than anybody waits."""
    longest = select(PanelSnapshot.panel).where(PanelSnapshot.took_ms > BEARABLE / timedelta(milliseconds=1))
    return set(session.scalars(longest.distinct()))


def renewable(session: Session, _payload: Mapping[str, Any]) -> list[Due]:
    """Job: which figures somebody looks at and are due to be counted again, the rarer the longer it takes; and those
    that the start page shows first, before anybody asks."""
    now, usual = clock.now(), next(iter(PERIODS))
    looked_at = select(PanelSnapshot).where(PanelSnapshot.asked_at >= now - WATCHED).limit(1000)
    due = [
        Due(one.panel, one.period, one.communities, watched=True)
        for one in session.scalars(looked_at)
        if now - one.made_at >= max(RENEW_AFTER / 2, REST * timedelta(milliseconds=one.took_ms))
    ]
    first = select(PanelSnapshot.panel).where(PanelSnapshot.period == usual, PanelSnapshot.scope == _scope(None))
    known = set(session.scalars(first))
    return due + [Due(key, usual, None, watched=False) for key in registry().panels if key not in known]


def renew(due: Sequence[Due]) -> list[dict[str, Any]]:
    """Job: count them, in transactions that only read."""
    panels, rows = registry().panels, []
    for one in due:
        if one.panel in panels:
            content, took = _count(panels[one.panel], one.period, one.communities)
            db.session.rollback()
            if one.watched or took > QUICK:  # what is quick is counted at each look
                rows.append(_row(panels[one.panel], one.period, one.communities, content, took))
    return rows


def renewed(session: Session, _payload: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Job: keep what was counted, and forget what nobody looks at."""
    for row in rows:
        _keep(session, row)
    execute(session, delete(PanelSnapshot).where(PanelSnapshot.asked_at < clock.now() - WATCHED))


def _scope(communities: Sequence[int] | None) -> str:
    """All communities, or the digest of which: any number of them makes one key."""
    if communities is None:
        return "all"
    return hashlib.sha256(",".join(str(number) for number in sorted(communities)).encode()).hexdigest()


def _count(panel: Panel, period: str, communities: Sequence[int] | None) -> tuple[dict[str, Any], timedelta]:
    began = time.perf_counter()
    start, end = days_of(period, clock.today())
    with apart() as session:
        rows = panel.read(session, Asked(start, end, None if communities is None else list(communities)))
    return content_of(panel, rows), timedelta(seconds=time.perf_counter() - began)


def content_of(panel: Panel, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The figures, the chart and the table of a panel's rows, as texts and numbers that the page shows."""
    columns, few, chart = panel.shown, rows[: panel.most], panel.chart
    sums = {n: sum(row[n] or 0 for row in rows) for n, c in enumerate(columns) if c.kind in (INTEGER, AMOUNT)}
    facts = [(columns[n].title, shown(columns[n].kind, sums[n])) for n in (chart.values if chart else ()) if n in sums]
    if panel.rate:
        whole = sum(row[panel.rate.whole] or 0 for row in rows)
        part = sum(row[panel.rate.part] or 0 for row in rows)
        facts.insert(0, (panel.rate.title, shown(PERCENT, float(part) / float(whole) if whole else None)))
    return {
        "facts": facts if rows else [],
        "rows": [[shown(column.kind, value) for column, value in zip(columns, row, strict=True)] for row in few],
        "more": len(rows) - len(few),
        "chart": chart and charted(columns, chart, few),
    }


def _row(panel: Panel, period: str, communities: Sequence[int] | None, content: Any, took: timedelta) -> dict[str, Any]:
    return {
        "panel": panel.key, "period": period, "scope": _scope(communities),
        "communities": None if communities is None else list(communities), "content": content,
        "until": days_of(period, clock.today())[1].isoformat(), "made_at": clock.now(),
        "took_ms": round(took / timedelta(milliseconds=1)),
    }  # fmt: skip


def _keep(session: Session, row: Mapping[str, Any]) -> None:
    """Insert, or replace what is kept; a renewal is no look."""
    statement = conflict_insert(session, PanelSnapshot).values({**row, "asked_at": clock.now()})
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["panel", "period", "scope"],
            set_={name: statement.excluded[name] for name in row if name not in ("panel", "period", "scope")},
        )
    )


def period_names() -> dict[str, str]:
    """The periods by key, as the page names them."""
    return {key: _(name) for key, name in PERIODS.items()}
