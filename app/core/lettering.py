"""Lettering in drawn pictures, with the font that documents embed."""

from functools import cache

from PIL import ImageDraw, ImageFont

from app.core.pdf import FONT_FILE

Colour = tuple[int, int, int]
Face = ImageFont.FreeTypeFont


@cache
def face(points: int) -> Face:
    """The lettering of a size in pixels."""
    return ImageFont.truetype(str(FONT_FILE), points)


def write(pen: ImageDraw.ImageDraw, left: float, top: float, line: str, font: Face, ink: Colour) -> None:
    """Draw a line; ``top`` is a font's size above its baseline."""
    pen.text((left, top + font.size), line, ink, font, anchor="ls")


def wrap(text: str, room: float, font: Face) -> list[str]:
    """The lines of a text that is no wider than ``room``; none for a blank one. It breaks at any letter."""
    lines = [""]
    for letter in " ".join(text.split()):
        if font.getlength(lines[-1] + letter) > room:
            lines.append("")
        lines[-1] += letter
    return lines if lines[0] else []
