"""Chinese in PDF files and drawn pictures: one TrueType font that every document embeds."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "WenQuanYiMicroHei"
"""The font's name for reportlab, once ``register`` has run."""
FONT_FILE = Path(__file__).parent / "fonts" / "wqy-microhei.ttc"


@cache
def register() -> str:
    """Make ``FONT`` known to reportlab (reading it takes a moment, so at first use) and return its name."""
    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE), subfontIndex=0))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=FONT, italic=FONT, boldItalic=FONT)
    return FONT
