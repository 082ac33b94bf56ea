"""Drawn stand-ins for photos in the demonstration: a wall, a pipe or a lamp in plain shapes."""

import io
from random import Random

from PIL import Image, ImageDraw, ImageFont

from app.core.pdf import FONT_FILE

SIZE = (640, 480)
WALLS = ("#d9d4c7", "#c9d6df", "#e4dccf", "#cfd8cf")


def photo(text: str, seed: int) -> io.BytesIO:
    """A picture with the words on it; the same for the same seed."""
    rng = Random(seed)  # noqa: S311 (the same picture each time, no secret)
    image = Image.new("RGB", SIZE, WALLS[seed % len(WALLS)])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 340, SIZE[0], SIZE[1]), fill="#8c8478")
    for _tile in range(9):
        x, y = rng.randrange(0, 600, 80), rng.randrange(20, 300, 60)
        draw.rectangle((x, y, x + 76, y + 56), outline="#b8b0a2")
    x = rng.randrange(200, 400)
    draw.rectangle((x, 60, x + 26, 300), fill="#7d8b96")
    draw.ellipse((x - 30, 280, x + 56, 340), fill="#5f6b75")
    for drop in range(rng.randrange(1, 5)):
        draw.ellipse((x + 4 + drop * 6, 345 + drop * 22, x + 14 + drop * 6, 360 + drop * 22), fill="#4f86b5")
    draw.rectangle((0, 430, SIZE[0], SIZE[1]), fill="#22303c")
    draw.text((16, 440), text[:20], font=ImageFont.truetype(str(FONT_FILE), 26), fill="#ffffff")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    out.seek(0)
    return out
