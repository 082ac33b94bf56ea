"""Every word that a person reads is Chinese: third-party sentences by the catalogue, ours in the source."""

import ast
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import gettext, ngettext

from app.core import messages
from app.core.backoffice.catalogue import compile_catalogues

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "translations/zh_Hans_CN/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%s")
SAME_IN_CHINESE = {"IP", "ID", "Email", "email", "-"}

Message = str | tuple[str, ...]


def messages_of(package: str) -> set[Message]:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    found = extract_from_dir(Path(spec.origin).parent, method_map=METHODS, keywords=KEYWORDS)
    return {message[2] for message in found}


@pytest.mark.req("S5")
@pytest.mark.parametrize("package", ["flask_appbuilder", "wtforms", "flask_wtf", "flask_login"])
def test_every_sentence_of_a_third_party_package_has_a_chinese_one(app: Flask, package: str) -> None:
    with app.test_request_context("/"):
        left = [
            message
            for message in messages_of(package)
            for shown in [
                ngettext(*message, 1, min=1, max=1, value=1) if isinstance(message, tuple) else gettext(message)
            ]
            if not CHINESE.search(shown) and shown not in SAME_IN_CHINESE
        ]
    assert left == []


def test_translations_keep_the_places_of_values() -> None:
    for message in read_po(CATALOGUE.open("rb"), locale="zh_Hans_CN"):
        if not message.id:
            continue
        source = message.id[0] if isinstance(message.id, tuple) else message.id
        shown = message.string[0] if isinstance(message.string, tuple) else message.string
        assert set(PLACES.findall(source)) == set(PLACES.findall(shown)), source


def test_the_catalogue_is_compiled_when_it_is_missing_or_stale(tmp_path: Path) -> None:
    folder = tmp_path / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source, compiled = folder / "messages.po", folder / "messages.mo"
    source.write_text(CATALOGUE.read_text(encoding="utf-8"), encoding="utf-8")
    compile_catalogues(tmp_path)
    first = compiled.stat().st_mtime_ns
    compile_catalogues(tmp_path)
    assert compiled.stat().st_mtime_ns == first, "fresh: left alone"
    os.utime(source, (compiled.stat().st_mtime + 10,) * 2)
    compile_catalogues(tmp_path)
    assert compiled.stat().st_mtime_ns > first
    assert not list(folder.glob("*.tmp"))


class Words(HTMLParser):
    """Collects what a person reads of a template: texts, and attributes that are shown or spoken."""

    SHOWN = ("title", "placeholder", "aria-label", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code")
        self.found += [text for name, text in attrs if name in self.SHOWN and text]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


ENGLISH = re.compile(r"[A-Za-z]{3,}")
NAMES = {
    "PDF",
    "JSON",
    "CSV",
    "xlsx",
    "xls",
    "csv",
    "Excel",
    "WPS",
    "OpenAPI",
    "WeChat",
    "AppID",
    "API",
    "make",
    "npm",
    "Node",
    "PyPI",
}


@pytest.mark.req("S5")
@pytest.mark.parametrize(
    "template", sorted((ROOT / "app").rglob("*.html")), ids=lambda path: str(path.relative_to(ROOT / "app"))
)
def test_templates_hold_no_english(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    plain = re.sub(r"\{% set \w+ %\}.*?\{% endset %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    words = Words()
    words.feed(plain)
    english = {word for shown in words.found for word in ENGLISH.findall(shown)} - NAMES
    assert english == set()


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The literals of a module that a person reads: in gettext, label, flash and field errors."""
    readers = {"_", "gettext", "label", "personal", "flash", "choice_column", "state_column"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        position = 1 if name in ("choice_column", "state_column") else 0
        if name in readers and len(node.args) > position:
            value = node.args[position]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield node.lineno, value.value


@pytest.mark.req("S5")
def test_labels_and_messages_in_code_are_chinese() -> None:
    english = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in (ROOT / "app").rglob("*.py")
        for line, text in spoken(ast.parse(path.read_text(encoding="utf-8")))
        if text and not CHINESE.search(text) and ENGLISH.search(text) and text not in ("OpenID", "UnionID")
    ]
    assert english == []


@pytest.mark.req("S5")
def test_every_kind_of_work_and_of_message_has_a_chinese_name(app: Flask) -> None:
    registry = app.extensions["registry"]
    assert registry.handlers.keys() == registry.job_titles.keys()
    assert [kind for kind, title in registry.job_titles.items() if not CHINESE.search(title)] == []
    with app.app_context():
        named = messages.kinds()
    sent = {
        node.args[2].value
        for path in (ROOT / "app" / "modules").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "messages.send"
        and isinstance(node.args[2], ast.Constant)
    }
    assert len(sent) > 5
    assert sent <= named.keys()
    assert [kind for kind, title in named.items() if not CHINESE.fullmatch(title[-1])] == []
