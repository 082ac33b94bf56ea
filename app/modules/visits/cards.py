"""Cards of a batch on paper: A4, ten a page, to be cut along the dashes (V4)."""

import io

from flask import Response
from flask_babel import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy.orm import Session

from app.core import pdf, qr
from app.core.errors import Conflict
from app.modules.visits import queries
from app.modules.visits.models import AccessPass, PassBatch, Visit
from app.modules.visits.models.visits import APPROVED
from app.modules.visits.operations import keys

ACROSS, DOWN = 2, 5
MARGIN = 10 * mm
WIDTH, HEIGHT = (A4[0] - 2 * MARGIN) / ACROSS, (A4[1] - 2 * MARGIN) / DOWN
SIDE = 44 * mm
BAND = 9 * mm
GREEN, GREY, PALE = HexColor("#0b6b5e"), HexColor("#4a5560"), HexColor("#b8c2cc")


def respond(session: Session, batch: PassBatch) -> Response:
    """The file of a batch (its unit, building and community loaded). Raises Conflict unless it is approved."""
    if batch.state != APPROVED:
        raise Conflict(_("本批来访卡%(state)s，没有可打印的卡片", state=PassBatch.flow.title(batch.state)))
    answer = Response(draw(session, batch), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="cards-{batch.id}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def draw(session: Session, batch: PassBatch) -> bytes:
    """The PDF."""
    out, signer = io.BytesIO(), keys.Signer(session)
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(_("批量来访卡 %(purpose)s", purpose=batch.purpose))
    font = pdf.register()
    for number, (visit, access) in enumerate(queries.cards_of(session, batch)):
        spot = number % (ACROSS * DOWN)
        if number and spot == 0:
            canvas.showPage()
        left = MARGIN + spot % ACROSS * WIDTH
        bottom = A4[1] - MARGIN - (spot // ACROSS + 1) * HEIGHT
        _card(canvas, font, left, bottom, batch, visit, access, signer.token(access))
    canvas.save()
    return out.getvalue()


def _card(canvas: Canvas, font: str, left: float, bottom: float, batch: PassBatch, visit: Visit, access: AccessPass,
          token: str) -> None:  # fmt: skip
    canvas.setDash(2, 3)
    canvas.setStrokeColor(PALE)
    canvas.rect(left, bottom, WIDTH, HEIGHT)
    canvas.setDash()
    canvas.setFillColor(GREEN)
    canvas.rect(left + 1.5 * mm, bottom + HEIGHT - BAND - 1.5 * mm, WIDTH - 3 * mm, BAND, stroke=0, fill=1)
    _logo(canvas, left + 4 * mm, bottom + HEIGHT - BAND - 0.2 * mm)
    _line(canvas, font, 11, "#ffffff", left + 12 * mm, bottom + HEIGHT - BAND + 1.6 * mm, batch.community.name,
          WIDTH - 34 * mm)  # fmt: skip
    canvas.drawRightString(left + WIDTH - 4 * mm, bottom + HEIGHT - BAND + 1.6 * mm, _("来访卡"))
    qr.on_canvas(canvas, token, left + WIDTH - SIDE - 1.5 * mm, bottom + 1.5 * mm, SIDE)
    room, x, y = WIDTH - SIDE - 6 * mm, left + 4 * mm, bottom + HEIGHT - BAND - 9 * mm
    start, until = queries.times(batch)
    for size, colour, text in (
        (13, "#111827", visit.visitor_name),
        (9.5, "#111827", queries.place(batch)),
        (9, "#4a5560", batch.purpose),
        (8.5, "#4a5560", _("%(start)s 起", start=start)),
        (8.5, "#4a5560", _("%(until)s 止", until=until)),
        (8.5, "#4a5560", _("可进入 %(n)s 次，扫码即可", n=access.uses)),
    ):
        _line(canvas, font, size, colour, x, y, text, room)
        y -= size * 1.65
    _line(canvas, font, 7.5, "#66727d", x, bottom + 3 * mm, batch.community.service_phone, room)


def _line(canvas: Canvas, font: str, size: float, colour: str, x: float, y: float, text: str, room: float) -> None:
    """One line, cut where the card ends."""
    while text and stringWidth(text, font, size) > room:
        text = text[:-1]
    canvas.setFillColor(HexColor(colour))
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def _logo(canvas: Canvas, x: float, y: float) -> None:
    """The platform's mark: three houses."""
    canvas.setFillColor(HexColor("#ffffff"))
    for n, height in enumerate((3.4, 5.6, 4.4)):
        canvas.rect(x + n * 2 * mm, y + 0.8 * mm, 1.6 * mm, height * mm, stroke=0, fill=1)
