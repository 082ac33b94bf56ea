"""The values of reports as screens show them, charts draw them and files hold them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from app.core.db import yuan
from app.core.reports import AMOUNT, DATE, DECIMAL, DURATION, INTEGER, PERCENT, Chart, Column

MOST_DRAWN = 60
"""Points of a report's chart; the table holds all."""
DRAWN_IN = {AMOUNT: "元", PERCENT: "%", DURATION: "小时"}
NUMERIC = (INTEGER, DECIMAL, AMOUNT, PERCENT, DURATION)


def shown(kind: str, value: Any) -> str:
    """A value as it stands on the screen."""
    if value is None:
        return "—"
    if kind == AMOUNT:
        return yuan(int(value))
    if kind == PERCENT:
        return f"{value * 100:.1f}%"
    if kind == INTEGER:
        return f"{int(value):,}"
    if kind == DECIMAL:
        return f"{value:,.2f}"
    if kind == DURATION:
        return duration(value)
    return f"{value:%Y-%m-%d}" if kind == DATE else str(value)


def duration(minutes: Any) -> str:
    """90 → 1 小时 30 分."""
    days, rest = divmod(round(minutes), 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [(days, _("%(n)s 天", n=days)), (hours, _("%(n)s 小时", n=hours)), (left, _("%(n)s 分", n=left))]
    return " ".join(text for number, text in parts if number) or _("%(n)s 分", n=0)


def drawn(kind: str, value: Any) -> float | None:
    """A value as a chart draws it: yuan, per cent, hours."""
    if value is None:
        return None
    scale = {AMOUNT: 0.01, PERCENT: 100, DURATION: 1 / 60}.get(kind, 1)
    return round(float(value) * scale, 2)


def charted(columns: Sequence[Column], chart: Chart, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """What a chart of rows draws: ``type``, ``labels``, and ``series`` with ``name``, ``unit`` and ``values``."""
    return {
        "type": chart.kind,
        "labels": [shown(columns[chart.label].kind, row[chart.label]) for row in rows],
        "series": [
            {
                "name": columns[n].title,
                "unit": DRAWN_IN.get(columns[n].kind, ""),
                "values": [drawn(columns[n].kind, row[n]) for row in rows],
            }
            for n in chart.values
        ],
    }


def filed(kind: str, value: Any) -> Any:
    """A value as a sheet holds it: a number where it is one."""
    if value is None or kind == DATE:
        return value
    if kind == AMOUNT:
        return Decimal(value).scaleb(-2)
    if kind in (PERCENT, DURATION, DECIMAL):
        return round(float(value), 4)
    return int(value) if kind == INTEGER and not isinstance(value, str) else str(value)


def heading(title: str, kind: str) -> str:
    """A column's title in the sheet, with the unit that the screen shows at each value."""
    unit = {AMOUNT: _("元"), DURATION: _("分钟")}.get(kind)
    return f"{title}（{unit}）" if unit else title
