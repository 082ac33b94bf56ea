"""What holds on every page: readable by everybody, no sideways scroll, nothing from elsewhere, quick to start."""

import gzip
import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.miniprogram.conftest import BUILD, ROOT, Handset, Pick

pytestmark = pytest.mark.xdist_group("miniprogram")

AXE = ROOT / "miniprogram" / "node_modules" / "axe-core" / "axe.min.js"
MOST_BYTES = 200 * 1024


def pages() -> list[str]:
    declared = json.loads((ROOT / "miniprogram" / "src" / "pages.json").read_text())
    return [f"/{page['path']}" for page in declared["pages"]] + [
        f"/{package['root']}/{page['path']}" for package in declared["subPackages"] for page in package["pages"]
    ]


def faults(phone: Handset) -> list[str]:
    """What axe finds serious or critical, and a page wider than the phone."""
    found = phone.page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations"
        ".filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 160)).join(' | ')))"
    )
    width = phone.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return found + ([f"scrolls sideways {width}"] if width[0] > width[1] else [])


@pytest.mark.parametrize("big", [False, True], ids=["usual", "big"])
@pytest.mark.parametrize("role", ["", "merchant", "technician"])
def test_every_page_is_accessible_and_fits(phone: Pick, role: str, big: bool) -> None:
    if not AXE.is_file():
        pytest.skip("no axe-core: make h5")
    handset = phone(role)
    if big:
        handset.page.evaluate("localStorage.setItem('session.big', JSON.stringify({type: 'boolean', data: true}))")
        handset.page.reload()
    handset.page.evaluate(AXE.read_text())
    wrong = {}
    for path in pages():
        handset.page.evaluate("path => { location.hash = path }", path)
        handset.page.wait_for_timeout(250)
        handset.settle()
        if found := faults(handset):
            wrong[path] = found
    handset.complaints = [one for one in handset.complaints if "the server responded with a status of 40" not in one]
    assert wrong == {}


def test_the_first_load_is_small(park: str) -> None:
    """Script and style of the start page and the home page, as a browser gets them."""
    html = BUILD.read_text()
    names = set(re.findall(r'(?:src|href)="/m/(assets/[^"]+)"', html))
    folder = BUILD.parent / "assets"
    names |= {f"assets/{path.name}" for path in folder.glob("*[hH]ome*.js")} | {
        f"assets/{path.name}" for path in folder.glob("home*.css")
    }
    total = 0
    for name in names:
        request = urllib.request.Request(f"{park}/m/{name}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            body = answer.read()
        assert gzip.decompress(body) == Path(BUILD.parent, name).read_bytes()
        total += len(body)
    assert 50_000 < total < MOST_BYTES


def test_the_start_page_is_never_kept(park: str) -> None:
    with urllib.request.urlopen(f"{park}/m/") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
