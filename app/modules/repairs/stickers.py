"""Stickers for equipment: a sheet of A4 with eight QR codes that open the report form with place and category."""

import io
from collections.abc import Sequence

from flask_babel import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from app.core import addresses, pdf, qr
from app.modules.repairs.models import Equipment

ACROSS, DOWN = 2, 4
MARGIN = 10 * mm
SIDE = 42 * mm
PAGE = "/m/#/pkg-repairs/report?point={code}"


def address_of(point: Equipment) -> str:
    """What the code on the sticker opens."""
    return addresses.public(PAGE.format(code=point.code))


def draw(points: Sequence[Equipment]) -> bytes:
    """The PDF; ``points`` with their community loaded."""
    out = io.BytesIO()
    font = pdf.register()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle("设备报修二维码")
    if not points:
        canvas.setFont(font, 13)
        canvas.drawString(MARGIN, A4[1] - 2 * MARGIN, _("还没有启用的设备点位"))
    width, height = (A4[0] - 2 * MARGIN) / ACROSS, (A4[1] - 2 * MARGIN) / DOWN
    for number, point in enumerate(points):
        place = number % (ACROSS * DOWN)
        if number and place == 0:
            canvas.showPage()
        left = MARGIN + place % ACROSS * width
        bottom = A4[1] - MARGIN - (place // ACROSS + 1) * height
        _sticker(canvas, font, point, left, bottom, width, height)
    canvas.save()
    return out.getvalue()


def _sticker(canvas: Canvas, font: str, point: Equipment, left: float, bottom: float, width: float,
             height: float) -> None:  # fmt: skip
    canvas.setDash(2, 3)
    canvas.setStrokeGray(0.7)
    canvas.rect(left, bottom, width, height)
    qr.on_canvas(canvas, address_of(point), left + 5 * mm, bottom + (height - SIDE) / 2, SIDE)
    x, y = left + 5 * mm + SIDE + 4 * mm, bottom + height / 2 + 16 * mm
    room = left + width - x - 3 * mm
    lines = [
        (13, point.name, 2),
        (9, point.place, 3),
        (9, point.community.name, 1),
        (10, "扫码报修", 1),
        (8, point.code, 1),
    ]
    for size, text, most in lines:
        for line in _wrapped(text, font, size, room)[:most]:
            canvas.setFont(font, size)
            canvas.drawString(x, y, line)
            y -= size * 1.45
        y -= 1.5 * mm


def _wrapped(text: str, font: str, size: int, room: float) -> list[str]:
    lines, line = [], ""
    for character in text:
        if line and stringWidth(line + character, font, size) > room:
            lines.append(line)
            line = ""
        line += character
    return [*lines, line]
