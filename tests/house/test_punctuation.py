"""Chinese sentences carry Chinese punctuation; a half-width mark beside a Chinese character is a slip."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CHINESE = "[\u3400-\u9fff“”《》。]"
HALF_WIDTH = re.compile(rf"{CHINESE} ?[,;:!?()]|[,;:!?(] ?{CHINESE}")
ADDRESS = re.compile(r"\w+://\S+")
ENGLISH = re.compile(r"[a-z]{2,} [a-z]+")
"""Two English words in a row: the docstring is for programmers, with a Chinese term in it."""
CODE = re.compile(r"^```.*?^```|`[^`\n]*`|\]\([^)\n]*\)", re.MULTILINE | re.DOTALL)
"""As Markdown marks it, in docstrings too; and where a link leads."""
COMMENT = re.compile(r"\{#.*?#\}|/\*.*?\*/", re.DOTALL)
OBJECT_KEY = re.compile(r"[\u3400-\u9fff]+: (?=['\"{\[])")


def without(pattern: re.Pattern[str], text: str) -> str:
    """``text`` with what ``pattern`` finds made silent; lines stay where they are."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", "_", found[0]), text)


def slips(text: str) -> Iterator[tuple[int, str]]:
    """Each with the number of lines above it and what stands around it."""
    plain = without(ADDRESS, text)
    for slip in HALF_WIDTH.finditer(plain):
        yield plain.count("\n", 0, slip.start()), plain[max(0, slip.start() - 12) : slip.end() + 12]


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module; neither patterns of ``re`` nor what is written for programmers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unread: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
                unread.update(node.args)
            case ast.Expr(value=ast.Constant(value=str(text)) as docstring) if ENGLISH.search(text):
                unread.add(docstring)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in unread:
            yield node.lineno, without(CODE, node.value)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """What a person reads of a source, each with its first line."""
    if path.suffix == ".py":
        yield from literals(path)
        return
    source = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".po":
            for message in read_po(source.splitlines(), locale="zh_Hans_CN"):
                for shown in message.string if isinstance(message.string, tuple) else (message.string,):
                    yield message.lineno or 0, shown
        case ".md":
            yield 1, without(CODE, source)
        case ".html" | ".js" | ".vue" | ".ts":
            yield 1, without(OBJECT_KEY, without(COMMENT, source))
        case _:
            yield 1, source


SOURCES = [
    path
    for pattern in (
        *("app/**/*.py", "app/templates/**/*.html", "app/static/*/*.js"),
        *("deploy/**/*.py", "*.py", "Makefile", "miniprogram/src/**/*.vue", "miniprogram/src/**/*.ts"),
        *("*.md", "docs/**/*.md", "bench/*.md", "deploy/*.md", "translations/**/*.po"),
    )
    for path in sorted(ROOT.glob(pattern))
]


@pytest.mark.req("S5")
def test_chinese_sentences_carry_chinese_punctuation() -> None:
    assert len(SOURCES) > 500
    found = [
        f"{path.relative_to(ROOT)}:{first + below}: {around}"
        for path in SOURCES
        for first, text in texts(path)
        for below, around in slips(text)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["已通过,申请人", "答复时限(小时)", "确定?", "备注: 无", "共 3 页;“甲”, 乙"])
def test_a_half_width_mark_beside_a_chinese_character_is_a_slip(text: str) -> None:
    assert list(slips(text))


@pytest.mark.parametrize("text", ["已通过，申请人", "¥1,234.50 元", "2026-11-24 09:30 起", "redis://:口令@127.0.0.1"])
def test_numbers_times_and_addresses_keep_theirs(text: str) -> None:
    assert not list(slips(text))
