"""The sheet of paper under receipts and letters: styles, tables, the company's details."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, A5, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from app.core import pdf, settings

__all__ = ("PageBreak", "Spacer", "company", "grid", "mm", "paper", "text")


def company(community: str) -> dict[str, str]:
    """Who asks for the money, as the settings say; without a name the community stands for it."""
    keys = ("name", "bank", "account", "phone")
    found = {key: str(settings.get(f"billing.company_{key}")) for key in keys}
    return {**found, "name": found["name"] or community}


def text(words: str, *, size: float = 10, align: str = "left", bold: bool = False) -> Paragraph:
    """A paragraph; what is in it stands as it is, no mark-up."""
    style = ParagraphStyle(
        f"{size}{align}", fontName=pdf.register(), fontSize=size, leading=size * 1.6, wordWrap="CJK",
        alignment={"left": 0, "center": TA_CENTER, "right": TA_RIGHT}[align], spaceAfter=size * (0.6 if bold else 0.2),
    )  # fmt: skip
    return Paragraph(escape(words).replace("\n", "<br/>"), style)


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], right: Sequence[int]) -> Table:
    """A table with a heading that repeats on each page; columns ``right`` hold amounts."""
    cells = [[text(cell, size=9, align="right" if n in right else "left") for n, cell in enumerate(row)]
             for row in (header, *rows)]  # fmt: skip
    table = Table(cells, colWidths=[width * mm for width in widths], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#8a98a5")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef3f8")),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def paper(story: list[Flowable], title: str, *, small: bool = False) -> bytes:
    """The PDF file of a story: A4, or A5 across for a receipt."""
    stream = io.BytesIO()
    size: Any = landscape(A5) if small else A4
    margin = (12 if small else 20) * mm
    document = SimpleDocTemplate(
        stream, pagesize=size, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=title, author="智慧社区智慧物业综合管理平台", lang="zh-CN",
    )  # fmt: skip
    document.build(story)
    return stream.getvalue()
