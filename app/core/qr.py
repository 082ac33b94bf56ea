"""QR codes: as a picture, and drawn on paper."""

import io

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from reportlab.pdfgen.canvas import Canvas

BORDER = 4
"""Empty squares around a code, without which scanners do not find it."""
BOX = 10
"""Pixels of a square: sharp on a phone and when somebody prints it."""


def _code(text: str) -> qrcode.QRCode:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=BORDER, box_size=BOX)
    code.add_data(text)
    return code


def png(text: str) -> bytes:
    """The code as PNG."""
    out = io.BytesIO()
    _code(text).make_image().save(out)
    return out.getvalue()


def on_canvas(canvas: Canvas, text: str, left: float, bottom: float, side: float) -> None:
    """Draw the code into a square of a PDF page, its border included; lengths in points."""
    squares = _code(text).get_matrix()
    size = side / len(squares)
    path = canvas.beginPath()
    for row, line in enumerate(reversed(squares)):
        for column, dark in enumerate(line):
            if dark:
                path.rect(left + column * size, bottom + row * size, size, size)
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
