"""Poster templates: a title, a line of text and a logo, drawn with the font that documents embed."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from app.core.lettering import Colour, Face, face, wrap, write

WHITE: Colour = (255, 255, 255)
TITLE_LINES, TEXT_LINES = 2, 2


@dataclass(frozen=True)
class Template:
    """One template: its name, the two ends of its ground, its ink, and the shapes on the ground."""

    key: str
    name: str
    ground: tuple[Colour, Colour]
    ink: Colour
    accent: Colour
    shapes: Callable[[ImageDraw.ImageDraw, int, int, "Template"], None]


def _circles(pen: ImageDraw.ImageDraw, width: int, height: int, look: Template) -> None:
    for x, y, part in ((0.92, 0.1, 0.5), (0.78, 0.95, 0.38), (0.02, 1.05, 0.3)):
        radius = height * part
        pen.ellipse((width * x - radius, height * y - radius, width * x + radius, height * y + radius), look.accent)


def _bands(pen: ImageDraw.ImageDraw, width: int, height: int, look: Template) -> None:
    for number in range(4):
        left = width * (0.66 + number * 0.11)
        pen.polygon(((left, 0), (left + width * 0.05, 0), (left - width * 0.13, height),
                     (left - width * 0.18, height)), look.accent)  # fmt: skip


def _frame(pen: ImageDraw.ImageDraw, width: int, height: int, look: Template) -> None:
    edge = height // 22
    pen.rectangle((edge, edge, width - edge, height - edge), outline=look.accent, width=max(3, height // 120))
    pen.rectangle((edge * 1.5, edge * 1.5, width - edge * 1.5, height - edge * 1.5), outline=look.accent, width=2)


def _panel(pen: ImageDraw.ImageDraw, width: int, height: int, look: Template) -> None:
    pen.polygon(((width * 0.7, 0), (width, 0), (width, height), (width * 0.58, height)), look.accent)


def _skyline(pen: ImageDraw.ImageDraw, width: int, height: int, look: Template) -> None:
    for number, part in enumerate((0.22, 0.38, 0.3, 0.52, 0.26, 0.44, 0.34, 0.6, 0.28, 0.4, 0.24, 0.36)):
        left = width * number / 12
        pen.rectangle((left, height * (1 - part * 0.62), left + width / 12 - 4, height), look.accent)


TEMPLATES = {
    look.key: look
    for look in (
        Template("sunrise", "暖阳", ((255, 170, 84), (240, 98, 88)), WHITE, (255, 190, 120), _circles),
        Template("festive", "喜庆", ((196, 30, 36), (150, 16, 30)), (255, 236, 196), (226, 172, 84), _frame),
        Template("fresh", "清新", ((226, 246, 232), (190, 230, 206)), (18, 84, 54), (168, 218, 188), _bands),
        Template("business", "商务", ((18, 48, 79), (24, 72, 120)), WHITE, (35, 104, 170), _panel),
        Template("skyline", "都市", ((232, 241, 252), (198, 220, 246)), (18, 48, 79), (160, 192, 230), _skyline),
    )
}


def draw(key: str, title: str, text: str, size: tuple[int, int], logo: bytes | None = None) -> bytes:
    """The poster as PNG of this size. ``logo`` is a picture that was taken in by ``media.receive``.

    Raises KeyError for an unknown template.
    """
    look = TEMPLATES[key]
    width, height = size
    picture = _gradient(size, *look.ground)
    pen = ImageDraw.Draw(picture)
    look.shapes(pen, width, height, look)
    left, room = int(width * 0.07), int(width * (0.6 if logo else 0.86))
    title_lines, title_font = _fit(title, room, height // 6, TITLE_LINES)
    text_lines, text_font = _fit(text, room, height // 13, TEXT_LINES)
    tall = sum(font.size * 1.35 * len(lines) for lines, font in ((title_lines, title_font), (text_lines, text_font)))
    top = (height - tall) / 2
    for lines, font in ((title_lines, title_font), (text_lines, text_font)):
        for line in lines:
            write(pen, left, top, line, font, look.ink)
            top += font.size * 1.35
    if logo is not None:
        _paste_logo(picture, logo)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _gradient(size: tuple[int, int], first: Colour, second: Colour) -> Image.Image:
    mask = Image.linear_gradient("L").rotate(90).resize(size)
    return Image.composite(Image.new("RGB", size, second), Image.new("RGB", size, first), mask)


def _fit(text: str, room: int, largest: int, most: int) -> tuple[list[str], Face]:
    """The lines of a text and the largest font in which they fit; cut with an ellipsis when none does."""
    for points in range(largest, largest // 2, -2):
        font = face(points)
        lines = wrap(text, room, font)
        if len(lines) <= most:
            return lines, font
    font = face(largest // 2)
    lines = wrap(text, room, font)[:most]
    lines[-1] = lines[-1][:-1] + "…"
    return lines, font


def _paste_logo(picture: Image.Image, logo: bytes) -> None:
    width, height = picture.size
    side = int(height * 0.36)
    with Image.open(io.BytesIO(logo)) as opened:
        mark = opened.convert("RGBA")
    mark.thumbnail((side, side))
    edge = int(height * 0.04)
    left, top = int(width * 0.93) - side, (height - side) // 2
    ImageDraw.Draw(picture).rounded_rectangle(
        (left - edge, top - edge, left + side + edge, top + side + edge), edge, fill=WHITE
    )
    picture.paste(mark, (left + (side - mark.width) // 2, top + (side - mark.height) // 2), mark)
