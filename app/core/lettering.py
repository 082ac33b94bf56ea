"""Lettering in drawn pictures: Chinese from the documents' font, Latin letters and digits from Pillow's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PIL import ImageDraw, ImageFont

from app.core.pdf import FONT_FILE

Colour = tuple[int, int, int]
SPELT = str.maketrans({"–": "-", "—": "-", "¥": "￥", "·": "・", "…": "...", "“": "「", "”": "」", "²": "2"})
"""Signs that neither font has, as ones that they have."""


@dataclass(frozen=True)
class Face:
    """The lettering of one size: the documents' font has no Latin letters and digits, Pillow's own font has."""

    size: int
    chinese: ImageFont.FreeTypeFont
    latin: ImageFont.FreeTypeFont

    def runs(self, text: str) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
        """The parts of a text, each with the font that has its letters."""
        for is_latin, letters in groupby(text, key=str.isascii):
            yield "".join(letters), self.latin if is_latin else self.chinese

    def length(self, text: str) -> float:
        """The width of a text in pixels."""
        return sum(font.getlength(part) for part, font in self.runs(text))

    def write(self, pen: ImageDraw.ImageDraw, left: float, top: float, text: str, ink: Colour) -> None:
        """Draw a line, all of it on one baseline."""
        for part, font in self.runs(text):
            pen.text((left, top + self.size), part, ink, font, anchor="ls")
            left += font.getlength(part)


@cache
def face(points: int) -> Face:
    """The lettering of a size in pixels."""
    latin = ImageFont.load_default(points)
    assert isinstance(latin, ImageFont.FreeTypeFont)
    return Face(points, ImageFont.truetype(str(FONT_FILE), points), latin)
