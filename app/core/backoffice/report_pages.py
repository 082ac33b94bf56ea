"""The screen and the file of each declared report."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import audit, clock, rights
from app.core.backoffice.pages import PageView, page
from app.core.communities import named_communities
from app.core.db import db, reading, transaction, whole_number, yuan
from app.core.reports import AMOUNT, DATE, DECIMAL, DURATION, INTEGER, LONGEST, PERCENT, Asked, Report
from app.core.sheets.export import table_response

MOST_SHOWN = 500


class ReportPage(PageView):
    """Base of the pages that ``page_of`` makes; ``report`` is what each shows."""

    report: Report
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        """The report with its chart and table."""
        asked, notices = self._asked(request.args)
        rows = self.report.rows(db.session(), asked)
        totals = self.report.totals(rows)
        chart = self.report.chart
        return render_template(
            "backoffice/report.html", view=self, report=self.report, asked=asked, notices=notices, count=len(rows),
            rows=[[shown(column.kind, value) for column, value in zip(self.report.columns, row, strict=True)]
                  for row in rows[:MOST_SHOWN]],
            totals=totals and [shown(column.kind, value) for column, value in
                               zip(self.report.columns, totals, strict=True)],
            chart=chart and {
                "type": chart.kind,
                "labels": [shown(self.report.columns[chart.label].kind, row[chart.label]) for row in rows[:60]],
                "series": [{"name": self.report.columns[n].title,
                            "values": [drawn(self.report.columns[n].kind, row[n]) for row in rows[:60]]}
                           for n in chart.values],
            },
            communities=named_communities(db.session()), chosen=request.args.get("community", ""),
            kept=request.args.to_dict(),
            may_export=rights.can(self.area, "export"), numeric=NUMERIC,
        )  # fmt: skip

    @page("/export", action="export", methods=("POST",))
    def export(self) -> Response:
        """Every row as .xlsx; who took it stands in the audit trail."""
        asked, _notices = self._asked(request.args)
        with reading():
            rows = self.report.rows(db.session(), asked)
            db.session.rollback()
        totals = self.report.totals(rows)
        columns = self.report.columns
        lines = [*rows, *([[_("合计"), *totals[1:]]] if totals else [])]
        with transaction():
            taken = {"rows": len(rows), "from": str(asked.start), "to": str(asked.end), "by": asked.by}
            audit.record(db.session(), "export", f"report:{self.report.key}", taken)
        return table_response(
            self.report.title,
            [heading(column.title, column.kind) for column in columns],
            ([filed(column.kind, value) for column, value in zip(columns, row, strict=True)] for row in lines),
            f"{self.report.title}-{asked.start:%Y%m%d}-{asked.end:%Y%m%d}",
        )

    def _asked(self, arguments: MultiDict[str, str]) -> tuple[Asked, list[str]]:
        """What the address asks for, and what of it was not understood."""
        notices = []
        start, end = self._usual()
        try:
            start = date.fromisoformat(arguments["from"]) if arguments.get("from") else start
            end = date.fromisoformat(arguments["to"]) if arguments.get("to") else end
        except ValueError:
            notices.append(_("日期应为 2026-01-31 的格式，已按默认时间显示"))
            start, end = self._usual()
        if start > end or end - start > LONGEST:
            notices.append(_("时间范围应从早到晚，且不超过三年，已按默认时间显示"))
            start, end = self._usual()
        scope = rights.communities()
        chosen = arguments.get("community", "")
        wanted = None if scope is None else list(scope)
        number = whole_number(chosen)
        if number is not None:
            wanted = [number] if scope is None or number in scope else []
        by = arguments.get("by", "")
        if by not in self.report.by:
            by = next(iter(self.report.by), "")
        return Asked(start, end, wanted, by), notices

    def _usual(self) -> tuple[date, date]:
        today = clock.today()
        if self.report.span == "year":
            return today.replace(month=1, day=1), today
        return (today.replace(day=1) if self.report.span == "month" else today), today


NUMERIC = (INTEGER, DECIMAL, AMOUNT, PERCENT, DURATION)


def page_of(report: Report) -> type[ReportPage]:
    """The pages of a report, as a class of their own: Flask-AppBuilder hangs rights on classes."""
    name = "Report" + "".join(part.title() for part in report.key.split("_"))
    declared = {"report": report, "area": report.area, "title": report.title, "icon": report.icon,
                "route_base": f"/reports/{report.key}", "__doc__": report.help}  # fmt: skip
    return type(name, (ReportPage,), declared)


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
    return f"{title}({unit})" if unit else title
