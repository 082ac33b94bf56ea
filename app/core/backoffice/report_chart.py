"""A report's chart on paper: the figures that the screen draws, drawn so that a black-and-white print can be read.

Series differ in how dark they are, lines in their dashes and marks too; each thing is named where it stands.
"""

from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import Any

from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.linecharts import HorizontalLineChart
from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.graphics.widgets.markers import makeMarker
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from app.core import pdf

HEIGHT = 66 * mm
SIZE = 7
LONGEST_LABEL = 12
SLANT, STEEP = 38, 60
DENSE = 16
"""Points of paper for a label, below which slanted ones would run into each other."""
INK, GRID = colors.HexColor("#26333f"), colors.HexColor("#c4ccd4")
SHADES = [colors.HexColor(code) for code in ("#1f3f66", "#b8cce2", "#6d8fb5", "#ffffff", "#3f648f", "#dde6ef")]
"""Apart in grey as in colour; neighbours the most."""
DASHES = (None, (5, 2), (1.5, 1.5), (6, 2, 1.5, 2))
MARKS = ("FilledCircle", "FilledSquare", "FilledTriangle", "FilledDiamond")


def drawing(data: Mapping[str, Any], width: float) -> Drawing | None:
    """The drawing of what ``report_values.charted`` gives, as wide as the paper; None when there is nothing to see."""
    series: Sequence[Mapping[str, Any]] = data["series"]
    if not any(value for each in series for value in each["values"]):
        return None
    sheet = Drawing(width, HEIGHT)
    if data["type"] == "pie":
        _pie(sheet, data["labels"], series[0])
    else:
        _axes(sheet, data["type"], [_short(text) for text in data["labels"]], series)
    return sheet


def _axes(sheet: Drawing, kind: str, labels: Sequence[str], series: Sequence[Mapping[str, Any]]) -> None:
    font = pdf.register()
    values = [value for each in series for value in each["values"] if value is not None]
    figures = [_figure(value) for value in values]
    left = max(_wide(text) for text in (*figures, "0000")) + 8
    slot = (sheet.width - left - 8) / len(labels)
    longest = max(_wide(text) for text in labels)
    angle = 0 if longest <= slot - 4 else SLANT if slot > DENSE else STEEP
    below = longest * sin(radians(angle)) + SIZE + 2
    left = max(left, longest * cos(radians(angle)) - slot / 2 if angle else 0)
    chart: Any = VerticalBarChart() if kind == "bar" else HorizontalLineChart()
    chart.x, chart.y = left, below + 4
    chart.width, chart.height = sheet.width - left - 8, HEIGHT - chart.y - SIZE * 2 - 10
    chart.data = [tuple(each["values"]) for each in series]
    axis, scale = chart.categoryAxis, chart.valueAxis
    axis.categoryNames = list(labels)
    axis.labels.boxAnchor, axis.labels.angle = "ne" if angle else "n", angle
    axis.labels.dy = -2
    axis.visibleTicks = False
    axis.labelAxisMode = "low"
    scale.forceZero = True
    scale.labelTextFormat = _figure
    scale.visibleGrid, scale.gridStrokeColor, scale.gridStrokeWidth = True, GRID, 0.3
    for each in (axis, scale):
        each.labels.fontName, each.labels.fontSize, each.labels.fillColor = font, SIZE, INK
        each.strokeColor, each.strokeWidth = INK, 0.5
    if kind == "bar":
        _shade_bars(chart, len(series))
        room = slot / (len(series) + 1)
        if max(_wide(text) for text in figures) < room:
            chart.barLabelFormat = _figure
            chart.barLabels.fontName, chart.barLabels.fontSize, chart.barLabels.fillColor = font, SIZE, INK
            chart.barLabels.nudge = 5
    else:
        _mark_lines(chart, len(series))
    sheet.add(chart)
    _legend(sheet, series, left)


def _shade_bars(chart: Any, count: int) -> None:
    chart.groupSpacing, chart.barSpacing, chart.barWidth = count, 0, 1
    chart.useAbsolute = False
    for n in range(count):
        chart.bars[n].fillColor = SHADES[n % len(SHADES)]
        chart.bars[n].strokeColor, chart.bars[n].strokeWidth = INK, 0.3


def _mark_lines(chart: Any, count: int) -> None:
    for n in range(count):
        line = chart.lines[n]
        line.strokeColor, line.strokeWidth = INK, 1.1
        line.strokeDashArray = DASHES[n % len(DASHES)]
        line.symbol = makeMarker(MARKS[n % len(MARKS)], size=4, fillColor=SHADES[n % len(SHADES)], strokeColor=INK)


def _legend(sheet: Drawing, series: Sequence[Mapping[str, Any]], left: float) -> None:
    """The name and the unit of each series, in one line above the chart."""
    x, y = left, HEIGHT - SIZE - 2
    for n, each in enumerate(series):
        name = f"{each['name']}（{each['unit']}）" if each["unit"] else each["name"]
        if len(series) > 1:
            sheet.add(Rect(x, y, 8, SIZE - 1, fillColor=SHADES[n % len(SHADES)], strokeColor=INK, strokeWidth=0.3))
            x += 11
        sheet.add(String(x, y, name, fontName=pdf.register(), fontSize=SIZE, fillColor=INK))
        x += _wide(name) + 16


def _pie(sheet: Drawing, labels: Sequence[str], only: Mapping[str, Any]) -> None:
    parts = [(text, value) for text, value in zip(labels, only["values"], strict=True) if value and value > 0]
    whole = sum(value for _text, value in parts)
    chart: Any = Pie()
    size = HEIGHT - 20 * mm
    chart.x, chart.y, chart.width, chart.height = (sheet.width - size) / 2, 8 * mm, size, size
    chart.data = [value for _text, value in parts]
    chart.labels = [f"{_short(text)} {_figure(value)}，{value / whole:.1%}" for text, value in parts]
    chart.sideLabels = True
    for n in range(len(parts)):
        part = chart.slices[n]
        part.fillColor, part.strokeColor, part.strokeWidth = SHADES[n % len(SHADES)], INK, 0.4
        part.fontName, part.fontSize, part.fontColor = pdf.register(), SIZE, INK
    sheet.add(chart)
    _legend(sheet, [only], 0)


def _figure(value: Any) -> str:
    """12345.5 → 12,345.5."""
    return "" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def _wide(text: str) -> float:
    return float(stringWidth(text, pdf.register(), SIZE))
