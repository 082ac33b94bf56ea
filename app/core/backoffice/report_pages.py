"""The screen and the file of each declared report."""

from datetime import date
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import audit, clock, rights
from app.core.backoffice.pages import PageView, page
from app.core.backoffice.report_values import NUMERIC, drawn, filed, heading, shown
from app.core.communities import named_communities
from app.core.db import db, reading, transaction, whole_number
from app.core.reports import LONGEST, Asked, Report
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


def view_name(report: Report) -> str:
    """The name of a report's pages, by which addresses are made."""
    return "Report" + "".join(part.title() for part in report.key.split("_"))


def page_of(report: Report) -> type[ReportPage]:
    """The pages of a report, as a class of their own: Flask-AppBuilder hangs rights on classes."""
    name = view_name(report)
    declared = {"report": report, "area": report.area, "title": report.title, "icon": report.icon,
                "route_base": f"/reports/{report.key}", "__doc__": report.help}  # fmt: skip
    return type(name, (ReportPage,), declared)
