"""A report as a file, .xlsx or PDF, from the same declaration, rows and texts as its screen."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from flask_babel import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from app.core import clock, pdf
from app.core.backoffice.report_chart import drawing
from app.core.backoffice.report_values import MOST_DRAWN, NUMERIC, charted, filed, heading, shown
from app.core.errors import Invalid
from app.core.reports import TEXT, Asked, Report
from app.core.sheets.export import MIMETYPE
from app.core.sheets.xlsx import write_xlsx

XLSX, PDF = "xlsx", "pdf"
MOST_PRINTED = 2000
"""Rows of a PDF: some forty sheets of paper."""
WIDTH = landscape(A4)[0] - 24 * mm
SIZE = 8.5
LINE, SHADE, PALE = (colors.HexColor(code) for code in ("#9aa7b2", "#eef3f8", "#55636f"))


@dataclass(frozen=True)
class ReportFile:
    """What is handed out: ``name`` is the download's, with its ending."""

    name: str
    mimetype: str
    content: bytes


def report_file(report: Report, asked: Asked, rows: Sequence[Sequence[Any]], form: str, parks: str) -> ReportFile:
    """Make the file of rows that were read for ``asked``; ``parks`` says in words which communities.

    Raises Invalid for more rows than a PDF may have.
    """
    report = report.grouped(asked.by)
    name = f"{report.title}-{asked.start:%Y%m%d}-{asked.end:%Y%m%d}".replace("/", "与")
    if form == PDF:
        return ReportFile(f"{name}.pdf", "application/pdf", _pdf(report, asked, rows, parks))
    return ReportFile(f"{name}.xlsx", MIMETYPE, _xlsx(report, rows))


def conditions(report: Report, asked: Asked, parks: str) -> str:
    """One line that says what was asked for and when, for the head of a printed report."""
    parts = []
    if report.span != "now":
        parts.append(_("时间：%(start)s 至 %(end)s", start=asked.start, end=asked.end))
    parts.append(_("园区：%(parks)s", parks=parks))
    if asked.by:
        parts.append(_("按%(by)s", by=report.by[asked.by]))
    parts.append(_("制表时间：%(at)s", at=f"{clock.local(clock.now()):%Y-%m-%d %H:%M}"))
    return " · ".join(parts)


def _lines(report: Report, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """The rows, and the line of sums where there is one."""
    totals = report.totals(rows)
    return [*rows, *([[_("合计"), *totals[1:]]] if totals else [])]


def _xlsx(report: Report, rows: Sequence[Sequence[Any]]) -> bytes:
    stream = io.BytesIO()
    columns = report.columns
    write_xlsx(
        stream, report.title, [heading(column.title, column.kind) for column in columns],
        ([filed(column.kind, value) for column, value in zip(columns, row, strict=True)]
         for row in _lines(report, rows)),
        [18] * len(columns),
    )  # fmt: skip
    return stream.getvalue()


def _pdf(report: Report, asked: Asked, rows: Sequence[Sequence[Any]], parks: str) -> bytes:
    if len(rows) > MOST_PRINTED:
        raise Invalid(_("共 %(n)s 行，超过 PDF 的 %(most)s 行，请缩短时间或导出 Excel",
                        n=f"{len(rows):,}", most=f"{MOST_PRINTED:,}"))  # fmt: skip
    font = pdf.register()
    plain = ParagraphStyle("", fontName=font, fontSize=SIZE, leading=SIZE * 1.45, wordWrap="CJK")
    head = ParagraphStyle("", parent=plain, textColor=PALE)
    title = ParagraphStyle("", parent=plain, fontSize=15, leading=22)
    texts = [
        [value if isinstance(value, str) and n == 0 else shown(column.kind, value)
         for n, (column, value) in enumerate(zip(report.columns, row, strict=True))]
        for row in _lines(report, rows)
    ]  # fmt: skip
    if report.totals(rows):
        texts[-1] = [text if text != "—" else "" for text in texts[-1]]
    widths = _widths([[column.title for column in report.columns], *texts], font, report)
    cells = [
        [Paragraph(escape(text), plain) if stringWidth(text, font, SIZE) > widths[n] - 8 else text
         for n, text in enumerate(line)]
        for line in ([column.title for column in report.columns], *texts)
    ]  # fmt: skip
    right = [n for n, column in enumerate(report.columns) if column.kind in NUMERIC]
    table = LongTable(cells, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle([
            ("FONT", (0, 0), (-1, -1), font, SIZE),
            ("GRID", (0, 0), (-1, -1), 0.3, LINE),
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), 4),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            *(("ALIGN", (n, 0), (n, -1), "RIGHT") for n in right),
            *([("BACKGROUND", (0, -1), (-1, -1), SHADE)] if report.totals(rows) else []),
        ])
    )  # fmt: skip
    story = [Paragraph(escape(report.title), title), Paragraph(escape(conditions(report, asked, parks)), head),
             Spacer(0, 3 * mm), *_chart(report, rows, head),
             table if rows else Paragraph(_("所选时间内没有数据。"), plain)]  # fmt: skip
    if report.help:
        story += [Spacer(0, 3 * mm), Paragraph(escape(report.help), head)]
    return printed(story, report.title)


def _chart(report: Report, rows: Sequence[Sequence[Any]], style: ParagraphStyle) -> list[Any]:
    """The report's chart, of the rows that its screen draws."""
    drawn = drawing(charted(report.columns, report.chart, rows[:MOST_DRAWN]), WIDTH) if report.chart else None
    if drawn is None:
        return []
    note = _("图中为前 %(n)s 行。", n=MOST_DRAWN)
    return [drawn, *([Paragraph(note, style)] if len(rows) > MOST_DRAWN else []), Spacer(0, 3 * mm)]


def _widths(lines: Sequence[Sequence[str]], font: str, report: Report) -> list[float]:
    """As wide as the texts are; where the paper is too narrow, columns of text give way first and break."""
    wanted = [max(stringWidth(line[n], font, SIZE) for line in lines) + 10 for n in range(len(lines[0]))]
    over = sum(wanted) - WIDTH
    if over <= 0:
        return [width * WIDTH / sum(wanted) for width in wanted]
    loose = sum(width for width, column in zip(wanted, report.columns, strict=True) if column.kind == TEXT)
    if loose > over + 40:
        return [
            width * (1 - over / loose) if column.kind == TEXT else width
            for width, column in zip(wanted, report.columns, strict=True)
        ]
    return [width * WIDTH / sum(wanted) for width in wanted]


def printed(story: list[Any], title: str, *, across: bool = True) -> bytes:
    """A PDF of A4 sheets with the number of the page at the foot of each."""
    stream = io.BytesIO()
    size = landscape(A4) if across else A4

    def number(canvas: Any, document: Any) -> None:
        canvas.setFont(pdf.register(), 8)
        canvas.setFillColor(PALE)
        canvas.drawString(12 * mm, 6 * mm, title)
        canvas.drawRightString(size[0] - 12 * mm, 6 * mm, _("第 %(n)s 页", n=document.page))

    document = SimpleDocTemplate(
        stream, pagesize=size, leftMargin=12 * mm, rightMargin=12 * mm, topMargin=12 * mm, bottomMargin=14 * mm,
        title=title, author="智慧社区智慧物业综合管理平台", lang="zh-CN",
    )  # fmt: skip
    document.build(story, onFirstPage=number, onLaterPages=number)
    return stream.getvalue()
