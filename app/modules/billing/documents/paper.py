"""The sheet of paper under receipts and letters: styles, tables, the place for the seal, the company's details."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, String
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, A5, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.core import pdf, settings

__all__ = ("PageBreak", "Spacer", "company", "grid", "mm", "paper", "seal", "side_by_side", "text")

LINE, SHADE, PALE = (colors.HexColor(code) for code in ("#8a98a5", "#eef3f8", "#66727d"))
ALIGN = {"left": 0, "center": TA_CENTER, "right": TA_RIGHT}


def company(community: str) -> dict[str, str]:
    """Who asks for the money, as the settings say; without a name the community stands for it."""
    keys = ("name", "bank", "account", "phone", "seal")
    found = {key: str(settings.get(f"billing.company_{key}")) for key in keys}
    return {**found, "name": found["name"] or community}


def text(
    words: str, *, size: float = 10, align: str = "left", bold: bool = False, indent: bool = False, pale: bool = False
) -> Paragraph:
    """A paragraph; what is in it stands as it is, no mark-up. ``indent``: its first line by two characters.

    A wide space is drawn as narrow ones: at a wide one the line may break, and then it is gone.
    """
    style = ParagraphStyle(
        "", fontName=pdf.register(), fontSize=size, leading=size * 1.6, wordWrap="CJK", alignment=ALIGN[align],
        firstLineIndent=2 * size if indent else 0, spaceAfter=size * (0.6 if bold else 0.2),
        textColor=PALE if pale else colors.black,
    )  # fmt: skip
    return Paragraph(escape(words).replace("\u3000", "&nbsp;" * 4).replace("\n", "<br/>"), style)


def side_by_side(left: Any, right: Any, widths: Sequence[float]) -> Table:
    """Two things on one line, without a frame; ``widths`` in mm."""
    table = Table([[left, right]], colWidths=[width * mm for width in widths])
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                *((side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING",
                                                          "BOTTOMPADDING")),
            ]
        )
    )  # fmt: skip
    return table


def grid(header: Sequence[str], rows: Sequence[Sequence[Any]], widths: Sequence[float], right: Sequence[int]) -> Table:
    """A table with a heading that repeats on each page; columns ``right`` hold amounts; a cell is text or flowables."""
    cells = [
        [text(cell, size=9, align="right" if n in right else "left") if isinstance(cell, str) else cell
         for n, cell in enumerate(row)]
        for row in (header, *rows)
    ]  # fmt: skip
    table = Table(cells, colWidths=[width * mm for width in widths], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, LINE),
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def seal(words: str) -> Drawing:
    """Where the stamp goes: a circle of its size, with the name of the stamp that belongs there."""
    size = 34 * mm
    drawing = Drawing(size, size)
    drawing.add(Circle(size / 2, size / 2, size / 2 - 2, strokeColor=LINE, strokeDashArray=(3, 3), fillColor=None))
    lines = [words[start : start + 8] for start in range(0, len(words), 8)]
    for number, line in enumerate(lines):
        middle = size / 2 + (len(lines) / 2 - number) * 11 - 9
        drawing.add(String(size / 2, middle, line, fontName=pdf.register(), fontSize=8, fillColor=PALE,
                           textAnchor="middle"))  # fmt: skip
    return drawing


def paper(story: list[Flowable], title: str, *, small: bool = False, foot: str = "") -> bytes:
    """The PDF file of a story: A4, or A5 across for a receipt; ``foot`` stands on each page with its number."""
    stream = io.BytesIO()
    size: Any = landscape(A5) if small else A4
    margin = (12 if small else 20) * mm

    def number(canvas: Any, document: Any) -> None:
        canvas.setFont(pdf.register(), 8)
        canvas.setFillColor(PALE)
        canvas.drawString(margin, 6 * mm, foot)
        canvas.drawRightString(size[0] - margin, 6 * mm, f"第 {document.page} 页")

    document = SimpleDocTemplate(
        stream, pagesize=size, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=title, author="智慧社区智慧物业综合管理平台", lang="zh-CN",
    )  # fmt: skip
    document.build(story, onFirstPage=number, onLaterPages=number)
    return stream.getvalue()
