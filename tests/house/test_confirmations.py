"""Nothing is destroyed or sent out before the person has read what will happen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.backoffice import ModuleView, bulk
from app.factory import create_app
from app.modules.billing.models import Bill

TEMPLATES = Path(__file__).parents[2] / "app" / "templates"
ASKS_ITSELF = {
    "backoffice/totp.html": "asks for the password, and says what that does",
    "backoffice/confirm.html": "the page that asks",
}
EMPTY_WORDS = re.compile(r"^(确定|确认)?.{0,6}[?？。]?$|吗[?？]$")
"""“确定删除吗？” says nothing that the button does not."""


def screens(app: Flask) -> Iterator[Any]:
    for module in app.extensions["registry"]:
        for view in module.views:
            if issubclass(view, ModuleView):
                yield app.extensions["screens"][view]


def says_nothing(words: str) -> bool:
    return not words.endswith("。") or bool(EMPTY_WORDS.search(words))


def test_every_move_and_bulk_action_that_a_screen_offers_says_what_it_will_do(app: Flask) -> None:
    silent = []
    for view in screens(app):
        asked = {name: view.model.flow.moves[name].confirm for name in view.moves}
        asked |= {name: action.confirm for name, action in view.bulks.items()}
        silent += [f"{type(view).__name__}.{name}: {words}" for name, words in asked.items() if says_nothing(words)]
    assert silent == []


@pytest.mark.parametrize("words", ["", "确定删除吗?", "确定吗", "确认删除？", "作废后不能恢复"])
def test_words_that_say_nothing_are_known(words: str) -> None:
    assert says_nothing(words)


def test_a_screen_that_offers_a_move_without_words_stops_the_start(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Bill.flow.moves, "void", replace(Bill.flow.moves["void"], confirm=""))
    with pytest.raises(LookupError, match="void"):
        create_app(TESTING=True, DATA_DIR=tmp_path, DATABASE_URL="", JOBS="off", LOG_LEVEL="CRITICAL")
    with pytest.raises(TypeError, match="confirm"):
        bulk("作废")  # type: ignore[call-arg]


def test_every_button_that_destroys_stands_below_words() -> None:
    silent = []
    for path in TEMPLATES.rglob("*.html"):
        name, text = str(path.relative_to(TEMPLATES)), path.read_text(encoding="utf-8")
        outside = re.sub(r"<dialog.*?</dialog>", lambda found: "" if "<p>" in found[0] else found[0], text, flags=re.S)
        if re.search(r'<button[^>]*btn-danger[^>]*type="submit"', outside) and name not in ASKS_ITSELF:
            silent.append(name)
    assert silent == []
