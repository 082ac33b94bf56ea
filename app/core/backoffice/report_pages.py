"""The screen of each declared report, and its files and deliveries."""

import io
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import audit, clock, rights
from app.core.backoffice import deliveries
from app.core.backoffice.models import CADENCES, FORMATS
from app.core.backoffice.pages import PageView, page
from app.core.backoffice.report_files import PDF, XLSX, report_file
from app.core.backoffice.report_values import MOST_DRAWN, NUMERIC, charted, shown
from app.core.communities import in_words, named_communities
from app.core.db import db, transaction, whole_number
from app.core.errors import Invalid
from app.core.replica import apart
from app.core.reports import LONGEST, Asked, Report

MOST_SHOWN = 500


class ReportPage(PageView):
    """Base of the pages that ``page_of`` makes; ``report`` is what each shows."""

    report: Report
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        """The report with its chart and table."""
        asked, notices = self._asked(request.args)
        with apart() as session:
            rows = self.report.rows(session, asked)
        totals = self.report.totals(rows)
        chart = self.report.chart
        return render_template(
            "backoffice/report.html", view=self, report=self.report, asked=asked, notices=notices, count=len(rows),
            rows=[[shown(column.kind, value) for column, value in zip(self.report.columns, row, strict=True)]
                  for row in rows[:MOST_SHOWN]],
            totals=totals and [shown(column.kind, value) for column, value in
                               zip(self.report.columns, totals, strict=True)],
            chart=chart and charted(self.report.columns, chart, rows[:MOST_DRAWN]),
            communities=named_communities(db.session()), chosen=request.args.get("community", ""),
            kept=self._kept(), cadences=CADENCES, formats=FORMATS,
            may_export=rights.can(self.area, "export"), numeric=NUMERIC,
        )  # fmt: skip

    @page("/export", action="export", methods=("POST",))
    def export(self) -> Response:
        """Every row as a file, .xlsx or PDF; who took it stands in the audit trail."""
        asked, _notices = self._asked(request.args)
        form = PDF if request.args.get("form") == PDF else XLSX
        with apart() as session:
            rows = self.report.rows(session, asked)
            parks = in_words(session, asked.communities)
        db.session.rollback()
        try:
            file = report_file(self.report, asked, rows, form, parks)
        except Invalid as error:
            flash(error.message, "warning")
            return redirect(url_for(f"{self.endpoint}.show", **self._kept()))
        with transaction():
            taken = {"rows": len(rows), "from": str(asked.start), "to": str(asked.end), "by": asked.by, "form": form}
            audit.record(db.session(), "export", f"report:{self.report.key}", taken)
        response = send_file(
            io.BytesIO(file.content), mimetype=file.mimetype, as_attachment=True, download_name=file.name, max_age=0
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    @page("/subscribe", action="export", methods=("POST",))
    def subscribe(self) -> Response:
        """Let it come to one's inbox as it stands on the screen."""
        asked, _notices = self._asked(request.args)
        try:
            with transaction():
                chosen = whole_number(request.args.get("community"))
                community = chosen if asked.communities == [chosen] else None
                cadence, form = request.form.get("cadence", ""), request.form.get("form", "")
                deliveries.subscribe(db.session(), self.report, asked, cadence, form, community)
            flash(_("已订阅，文件将按时送到“收件箱”"), "success")
        except Invalid as error:
            flash(error.message, "warning")
        return redirect(url_for(f"{self.endpoint}.show", **self._kept()))

    def _kept(self) -> dict[str, Any]:
        """What the address asks for, for the way back to it."""
        return {name: request.args[name] for name in ("from", "to", "community", "by") if name in request.args}

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
