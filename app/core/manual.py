"""The manuals under ``docs``, read from their Markdown: as safe HTML for the 帮助 page and as PDF.

Raw HTML in a manual is shown as text, links lead only within the manuals or to https, and pictures come from
``docs/images``; so whoever can change a manual still cannot run anything in the browser of who reads it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from markdown_it import MarkdownIt
from markdown_it.token import Token
from PIL import Image as Picture
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Image, KeepTogether, ListFlowable, ListItem, LongTable, Paragraph, Preformatted, Spacer

from app.core import pdf
from app.core.backoffice.report_files import printed

DOCS = Path(__file__).parents[2] / "docs"
IMAGES = DOCS / "images"
FIRST = ("user/", "billing-rules", "configuration", "installation", "maintenance")
GROUPS = {"user": "操作手册", "": "安装、配置与规则"}
WIDTH = A4[0] - 24 * mm
PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
PARSER.add_render_rule("softbreak", lambda *_place: "")  # Chinese lines join without a blank


@dataclass(frozen=True)
class Page:
    """One manual: ``key`` names it in addresses, ``title`` is its first heading."""

    key: str
    title: str
    path: Path

    @property
    def group(self) -> str:
        return GROUPS["user" if self.key.startswith("user/") else ""]


@dataclass(frozen=True)
class Heading:
    """A line of a page's contents."""

    level: int
    text: str
    anchor: str


def pages() -> list[Page]:
    """All manuals, those of the people who work with the system first."""
    found = [DOCS / "configuration.md", *sorted((DOCS / "manual").rglob("*.md"))]
    return sorted(
        (
            Page(_key(path), _title(path.read_text(encoding="utf-8")) or path.stem, path)
            for path in found
            if path.is_file()
        ),
        key=lambda page: (next((n for n, start in enumerate(FIRST) if page.key.startswith(start)), 99), page.key),
    )


def page_of(key: str) -> Page | None:
    """The manual of a key; None for one that is not."""
    return next((page for page in pages() if page.key == key), None)


def _key(path: Path) -> str:
    base = DOCS / "manual" if (DOCS / "manual") in path.parents else DOCS
    return path.relative_to(base).with_suffix("").as_posix()


def _title(text: str) -> str:
    found = re.search(r"^# (.+)$", text, re.M)
    return found[1].strip() if found else ""


def headings(page: Page) -> list[Heading]:
    """The contents of a page: its second and third level."""
    tokens = _tokens(page)
    return [
        Heading(int(token.tag[1]), tokens[n + 1].content, f"s{n}")
        for n, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag in ("h2", "h3")
    ]


def html(page: Page, link: Any, picture: Any) -> str:
    """The page's HTML; ``link(key)`` and ``picture(name)`` give the addresses of other manuals and of pictures."""
    tokens = _tokens(page)
    for n, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", f"s{n}")
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _address(page, str(child.attrGet("href") or ""), link))
            elif child.type == "image":
                child.attrSet("src", picture(Path(str(child.attrGet("src"))).name))
                child.attrSet("loading", "lazy")
    shown = PARSER.renderer.render(tokens, PARSER.options, {})
    framed = '<div class="table-scroll" tabindex="0" role="region" aria-label="表格"><table class="table-list">'
    return shown.replace("<table>", framed).replace("</table>", "</table></div>")


def _address(page: Page, href: str, link: Any) -> str:
    if href.startswith("https://"):
        return href
    target = (page.path.parent / href.partition("#")[0]).resolve()
    for other in pages():
        if other.path == target:
            return str(link(other.key))
    return "#"


def picture_file(name: str) -> Path | None:
    """The file of a picture in a manual; None for what is no picture of ours."""
    if not re.fullmatch(r"[a-z0-9-]+\.png", name):
        return None
    return next((file for file in (IMAGES / "manual" / name, IMAGES / name) if file.is_file()), None)


@dataclass(frozen=True)
class Found:
    """A place where a manual speaks of something."""

    page: Page
    heading: Heading | None
    excerpt: str


def search(text: str, most: int = 40) -> list[Found]:
    """The places that hold the words, each section once."""
    small, found = text.strip().lower(), []
    if len(small) < 2:
        return []
    for page in pages():
        heading: Heading | None = None
        last: object = ()
        tokens = _tokens(page)
        for n, token in enumerate(tokens):
            if token.type == "heading_open" and token.tag in ("h2", "h3"):
                heading = Heading(int(token.tag[1]), tokens[n + 1].content, f"s{n}")
            at = token.content.lower().find(small) if token.type in ("inline", "fence") else -1
            if at >= 0 and heading != last:
                last = heading
                plain = re.sub(r"[*`\[\]]|\(\S*\)", "", token.content[max(0, at - 30) : at + 60])
                found.append(Found(page, heading, " ".join(plain.split())))
    return found[:most]


def _tokens(page: Page) -> list[Token]:
    return PARSER.parse(page.path.read_text(encoding="utf-8"))


# ---- on paper


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    font = pdf.register()
    body = ParagraphStyle("p", fontName=font, fontSize=10, leading=16, wordWrap="CJK", spaceAfter=5)
    cell = ParagraphStyle("td", parent=body, fontSize=8.5, leading=12.5, spaceAfter=0)
    sizes = {"h1": (20, 28, 10), "h2": (15, 22, 8), "h3": (12, 18, 6), "h4": (11, 16, 4)}
    heads = {
        tag: ParagraphStyle(tag, parent=body, fontSize=size, leading=lead, spaceBefore=lead / 2, spaceAfter=after,
                            textColor=colors.HexColor("#12304f"), keepWithNext=1)
        for tag, (size, lead, after) in sizes.items()
    }  # fmt: skip
    code = ParagraphStyle("pre", parent=body, fontSize=8.5, leading=12, leftIndent=8,
                          backColor=colors.HexColor("#f3f6f9"))  # fmt: skip
    quote = ParagraphStyle("quote", parent=body, leftIndent=12, textColor=colors.HexColor("#55636f"))
    return {"p": body, "td": cell, "pre": code, "quote": quote, **heads}


def on_paper(page: Page) -> bytes:
    """The manual as a PDF."""
    return printed(list(_story(iter(_tokens(page)), "")), page.title, across=False)


def _story(tokens: Iterator[Token], until: str) -> Iterator[Any]:
    """The flowables of the tokens up to the one that closes the block."""
    styles = _styles()
    style = styles["quote" if until == "blockquote_close" else "p"]
    for token in tokens:
        if token.type == until:
            return
        if token.type == "heading_open":
            yield Paragraph(_words(next(tokens)), styles.get(token.tag, styles["h4"]))
        elif token.type == "paragraph_open":
            inline = next(tokens)
            words = _words(inline)
            if words.strip():
                yield Paragraph(words, style)
            yield from _pictures(inline)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            kind = "1" if token.type.startswith("ordered") else "bullet"
            items = list(_items(tokens, token.type.replace("open", "close")))
            yield ListFlowable(items, bulletType=kind, bulletFontName=pdf.FONT, bulletFontSize=9, leftIndent=18)
        elif token.type == "fence":
            yield Preformatted(token.content.rstrip(), styles["pre"], maxLineLength=96)
        elif token.type == "blockquote_open":
            yield from _story(tokens, "blockquote_close")
        elif token.type == "table_open":
            yield _table(tokens)
            yield Spacer(0, 3 * mm)
        elif token.type == "hr":
            yield Spacer(0, 4 * mm)


def _items(tokens: Iterator[Token], until: str) -> Iterator[ListItem]:
    for token in tokens:
        if token.type == until:
            return
        if token.type == "list_item_open":
            yield ListItem(list(_story(tokens, "list_item_close")))


def _table(tokens: Iterator[Token]) -> LongTable:
    rows: list[list[Paragraph]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(Paragraph(_words(token), _styles()["td"]))
    lengths = [max(min(len(row[n].getPlainText()), 40) for row in rows) + 4 for n in range(len(rows[0]))]
    table = LongTable(rows, colWidths=[WIDTH * length / sum(lengths) for length in lengths], repeatRows=1)
    table.setStyle([
        ("GRID", (0, 0), (-1, -1), 0.3, colors.HexColor("#9aa7b2")),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef3f8")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ])  # fmt: skip
    return table


def _words(inline: Token) -> str:
    """A line of text in the mark-up of reportlab's paragraphs."""
    marks = {"strong_open": "<b>", "strong_close": "</b>", "softbreak": "", "hardbreak": "<br/>"}
    parts = []
    for child in inline.children or ():
        if child.type == "text":
            parts.append(escape(child.content))
        elif child.type == "code_inline":
            parts.append(f"<font color={quoteattr('#10498f')}>{escape(child.content)}</font>")
        else:
            parts.append(marks.get(child.type, ""))
    return "".join(parts)


def _pictures(inline: Token) -> Sequence[Any]:
    shown = []
    for child in inline.children or ():
        file = picture_file(Path(str(child.attrGet("src"))).name) if child.type == "image" else None
        if file is not None:
            with Picture.open(file) as drawn:
                width, height = drawn.size
            scale = min(WIDTH / width, 120 * mm / height)
            caption = ParagraphStyle("caption", parent=_styles()["quote"], alignment=1, leftIndent=0, fontSize=8.5)
            shown.append(KeepTogether([Image(str(file), width * scale, height * scale),
                                       Paragraph(escape(child.content), caption)]))  # fmt: skip
    return shown
