"""The poster of an offer for WeChat: picture, price, place, and a QR code that leads to the share page (L2)."""

import io
from dataclasses import dataclass
from functools import lru_cache

import qrcode
from PIL import Image, ImageDraw

from app.core.lettering import Colour, Face, face, wrap, write

WIDTH, HEIGHT, PICTURE = 750, 1200, 560
MARGIN, CODE = 48, 190
INK, SOFT, ACCENT, PAPER, BAND = (28, 38, 52), (98, 110, 124), (200, 62, 40), (255, 255, 255), (18, 48, 79)


@dataclass(frozen=True)
class Poster:
    """What stands on a poster; ``photo`` are the bytes of a picture, or none."""

    title: str
    price: str
    facts: tuple[str, ...]
    community: str
    contact: str
    address: str
    photo: bytes | None = None


@lru_cache(maxsize=32)
def draw(poster: Poster) -> bytes:
    """The poster as PNG. The same poster is drawn once in a process: it takes a tenth of a second."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    _head(picture, pen, poster)
    width = WIDTH - 2 * MARGIN
    y = _write(pen, (MARGIN, PICTURE + 32), poster.title, INK, 40, width=width, most=2)
    y = _write(pen, (MARGIN, y + 4), poster.price, ACCENT, 46, width=width) + 8
    for fact in poster.facts:
        y = _write(pen, (MARGIN, y), fact, SOFT, 27, width=width)
    _foot(picture, pen, poster)
    out = io.BytesIO()
    picture.quantize(128, dither=Image.Dither.FLOYDSTEINBERG).save(out, "PNG", optimize=True)
    return out.getvalue()


def _head(picture: Image.Image, pen: ImageDraw.ImageDraw, poster: Poster) -> None:
    if poster.photo is None:
        pen.rectangle((0, 0, WIDTH, PICTURE), BAND)
        for y, text, size in ((PICTURE // 2 - 60, poster.community, 48), (PICTURE // 2 + 10, "招租", 64)):
            _write(pen, (round(WIDTH - face(size).getlength(text)) // 2, y), text, PAPER, size, width=WIDTH)
        return
    with Image.open(io.BytesIO(poster.photo)) as opened:
        photo = opened.convert("RGB")
    scale = max(WIDTH / photo.width, PICTURE / photo.height)
    photo = photo.resize((round(photo.width * scale), round(photo.height * scale)))
    left, top = (photo.width - WIDTH) // 2, (photo.height - PICTURE) // 2
    picture.paste(photo.crop((left, top, left + WIDTH, top + PICTURE)), (0, 0))


def _foot(picture: Image.Image, pen: ImageDraw.ImageDraw, poster: Poster) -> None:
    top = HEIGHT - CODE - 2 * 36
    pen.line((MARGIN, top, WIDTH - MARGIN, top), (224, 229, 235), 2)
    code = qrcode.QRCode(border=1, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(poster.address)
    square = code.make_image().get_image().convert("RGB").resize((CODE, CODE), Image.Resampling.NEAREST)
    picture.paste(square, (WIDTH - MARGIN - CODE, top + 36))
    width = WIDTH - 3 * MARGIN - CODE
    for y, text, colour, size in (
        (44, poster.community, INK, 32),
        (100, poster.contact, SOFT, 26),
        (150, "长按识别二维码，查看详情", SOFT, 24),
    ):
        _write(pen, (MARGIN, top + y), text, colour, size, width=width)


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, ink: Colour, size: int, *, width: int,
           most: int = 1) -> int:  # fmt: skip
    """Write a text in at most so many lines; where the next one begins."""
    left, top = at
    font = face(size)
    for line in _lines(text, font, width, most):
        write(pen, left, top, line, font, ink)
        top += round(size * 1.4)
    return top


def _lines(text: str, font: Face, width: int, most: int) -> list[str]:
    """The text broken into at most so many lines; the last one says with dots that there was more."""
    lines = wrap(text, width, font)
    if len(lines) > most:
        last = lines[most - 1]
        while last and font.getlength(last + "...") > width:
            last = last[:-1]
        lines = [*lines[: most - 1], last + "..."]
    return lines
