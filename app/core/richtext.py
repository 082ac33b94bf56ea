"""Rich text: what staff write with headings, lists, tables and pictures, cleaned to a short list of what may stand.

Cleaned when it is written and again when it is read, so that rows of an older, wider list are safe too. Pictures
are only our own; text around what is taken out is kept.
"""

import html as entities
import re
from collections.abc import Iterator
from typing import Any

import nh3
from flask_babel import gettext as _
from sqlalchemy import String, Text, inspect, select, update
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from app.core.db import execute
from app.core.errors import Invalid
from app.core.media import MediaFile

PURPOSE = "richtext"
"""The media purpose of the pictures in rich texts; public, and uploaded by staff alone."""
LONGEST = 100_000

TAGS = {
    "p", "br", "div", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "del", "sub", "sup", "ul", "ol", "li",
    "blockquote", "hr", "a", "img", "table", "thead", "tbody", "tr", "th", "td", "caption",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
DROPPED = {"script", "style", "title", "template", "noscript"}
"""Taken out with their content, which is none that a reader should see."""
BREAKS = re.compile(r"</(?:p|div|h[2-4]|li|tr|blockquote|table)>|<br>|<hr>", re.I)
PICTURE = re.compile(r"/api/v1/media/([0-9a-f]{32})")
LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.I)
ATTRIBUTE_TEXT = r"""(?:\s+[a-z]+="[^"]*")*"""
IMAGE = re.compile(rf"<img({ATTRIBUTE_TEXT})>")
ONLY_CELLS = re.compile(r"[1-9][0-9]?")


def clean(html: str) -> str:
    """The text with only what the list allows. Pictures that are not ours go, links keep http, https, mailto, tel."""
    cleaned = nh3.clean(
        html.replace("\x00", ""),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        clean_content_tags=DROPPED,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    return IMAGE.sub(lambda match: match[0] if " src=" in match[1] else "", cleaned).strip()


def plain(html: str, length: int | None = None) -> str:
    """The words alone, on one line; cut to ``length`` characters with an ellipsis."""
    broken = BREAKS.sub(lambda match: match[0] + " ", html)
    text = " ".join(entities.unescape(nh3.clean(broken, tags=set(), clean_content_tags=DROPPED)).split())
    return text if length is None or len(text) <= length else text[: length - 1] + "…"


def from_plain(text: str) -> str:
    """Paragraphs of typed or imported plain text."""
    return "".join(f"<p>{nh3.clean_text(line)}</p>" for line in text.splitlines() if line.strip())


def picture_keys(html: str) -> list[str]:
    """The keys of the pictures in a cleaned text, in order."""
    return list(dict.fromkeys(PICTURE.findall(html)))


def is_empty(html: str) -> bool:
    """Whether a reader would see nothing."""
    return not plain(html) and not picture_keys(html)


def columns(model: Any) -> Iterator[str]:
    """The rich columns of a model: those declared with ``label(…, rich=True)``."""
    for attribute in inspect(model).column_attrs:
        if attribute.columns[0].info.get("rich"):
            yield attribute.key


def keep_pictures(session: Session, record: Any) -> None:
    """Make the pictures in a record's rich texts its own, so that they are not swept away as left over.

    One that another text holds already may stand in both. Raises Invalid when there is no such picture.
    """
    for name in columns(type(record)):
        keys = picture_keys(getattr(record, name) or "")
        if not keys:
            continue
        known = set(session.scalars(select(MediaFile.key).where(MediaFile.key.in_(keys), MediaFile.public.is_(True))))
        if set(keys) - known:
            raise Invalid.field(name, _("正文中有图片已不存在，请删除后重新插入"))
        execute(
            session,
            update(MediaFile)
            .where(MediaFile.key.in_(keys), MediaFile.record.is_(None))
            .values(record=f"{type(record).__tablename__}.{name}", record_id=str(record.id)),
        )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if PICTURE.fullmatch(value) else None
    if (tag, name) == ("a", "href"):
        return value if LINK.match(value.strip()) else None
    if name in ("colspan", "rowspan"):
        return value if ONLY_CELLS.fullmatch(value) else None
    return value


class RichText(TypeDecorator[str]):
    """A column of rich text, clean both ways: ``mapped_column(RichText, info=label("正文", rich=True))``."""

    impl = Text
    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """A search compares with what was typed, not with rich text."""
        return String()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)
