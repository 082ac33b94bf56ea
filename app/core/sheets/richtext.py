"""Rich text in spreadsheets: its words, a line for a paragraph."""

from typing import Any

from app.core import richtext
from app.core.sheets.columns import Text


class Words(Text):
    """A rich text column: a file brings plain text, an export shows the words."""

    def read(self, text: str) -> str:
        return richtext.from_plain(super().read(text))

    def render(self, value: Any) -> str:
        return richtext.plain(str(value))

    def same(self, stored: Any, value: Any) -> bool:
        """A file that came from an export changes nothing, though it lost the formatting."""
        return richtext.plain(stored or "") == richtext.plain(value or "")
