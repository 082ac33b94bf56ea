"""The poster of an offer for WeChat: picture, price, place, and a QR code that leads to the share page (L2)."""

import io
from dataclasses import dataclass
from functools import lru_cache

import qrcode
from PIL import Image, ImageDraw, ImageFont

from app.core.pdf import FONT_FILE

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
    y = PICTURE + 36
    for line in _lines(pen, poster.title, _font(40), WIDTH - 2 * MARGIN, most=2):
        pen.text((MARGIN, y), line, INK, _font(40))
        y += 54
    pen.text((MARGIN, y + 6), poster.price, ACCENT, _font(46))
    y += 80
    for fact in poster.facts:
        for line in _lines(pen, fact, _font(26), WIDTH - 2 * MARGIN, most=1):
            pen.text((MARGIN, y), line, SOFT, _font(26))
            y += 42
    _foot(picture, pen, poster)
    out = io.BytesIO()
    picture.quantize(128, dither=Image.Dither.FLOYDSTEINBERG).save(out, "PNG", optimize=True)
    return out.getvalue()


def _head(picture: Image.Image, pen: ImageDraw.ImageDraw, poster: Poster) -> None:
    if poster.photo is None:
        pen.rectangle((0, 0, WIDTH, PICTURE), BAND)
        pen.text((WIDTH // 2, PICTURE // 2 - 30), poster.community, PAPER, _font(48), anchor="mm")
        pen.text((WIDTH // 2, PICTURE // 2 + 44), "招租", PAPER, _font(64), anchor="mm")
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
        for line in _lines(pen, text, _font(size), width, most=1):
            pen.text((MARGIN, top + y), line, colour, _font(size))


def _lines(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """The text broken into at most so many lines; the last one says with … that there was more."""
    lines, line = [], ""
    for letter in " ".join(text.split()):
        if pen.textlength(line + letter, font) > width:
            lines.append(line)
            line = ""
        line += letter
    lines.append(line)
    if len(lines) > most:
        last = lines[most - 1]
        while last and pen.textlength(last + "…", font) > width:
            last = last[:-1]
        lines = [*lines[: most - 1], last + "…"]
    return lines


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), size)
