"""Documents keep to what the program is: generated pages are fresh, links lead somewhere, commands exist."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app import docs
from app.demo import accounts
from app.factory import MODULES

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("bench", "deploy")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
COMMAND = re.compile(r"(?:`|^)make ([a-z0-9-]+)", re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_configuration_page_says_what_the_declarations_say(app: Flask) -> None:
    with app.app_context():
        fresh = docs.configuration(app.extensions["registry"])
    assert docs.PAGE.read_text(encoding="utf-8") == fresh, "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


def test_the_readme_names_each_module_and_each_account() -> None:
    assert [name for name in MODULES if f"`{name}`" not in README] == []
    assert [account.login for account in accounts() if account.login not in README] == []
    assert {account.secret for account in accounts() if account.secret not in README} == set()


def test_every_make_target_that_is_written_about_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    named = {name for page in PAGES for name in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert named <= targets


def test_each_decision_is_short_and_tells_its_reason() -> None:
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert lines[0].startswith("# "), page
        assert 4 <= len(lines) <= 24, page
