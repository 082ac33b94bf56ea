"""What holds on every page: readable by everybody, no sideways scroll, nothing from elsewhere, quick to start."""

import gzip
import json
import re
import urllib.request
from pathlib import Path

import pytest

from tests.miniprogram.conftest import BUILD, ROOT, Handset, Park, Pick

pytestmark = pytest.mark.xdist_group("miniprogram")

AXE = ROOT / "miniprogram" / "node_modules" / "axe-core" / "axe.min.js"
MOST_BYTES = 200 * 1024


DETAILS = {
    "/pkg-billing/bills": (".bill [role=link]", "/pkg-billing/bill"),
    "/pkg-billing/payments": (".card", "/pkg-billing/payment"),
    "/pkg-repairs/orders": (".card [role=link]", "/pkg-repairs/order"),
    "/pkg-leasing/listings": (".offer", "/pkg-leasing/listing"),
    "/pkg-lost-found/items": (".card", "/pkg-lost-found/item"),
    "/pkg-feedback/list": (".card", "/pkg-feedback/detail"),
    "/pkg-convenience/list": (".card [role=link]", "/pkg-convenience/info"),
    "/pkg-notices/notices": (".card", "/pkg-notices/notice"),
    "/pkg-visits/visits": (".card", "/pkg-visits/visit"),
    "/pkg-visits/batches": (".card", "/pkg-visits/batch"),
}
"""Where a list's first entry leads."""


def pages() -> list[str]:
    """Every page that opens by itself."""
    declared = json.loads((ROOT / "miniprogram" / "src" / "pages.json").read_text())
    every = [page["path"] for page in declared["pages"]] + [
        f"{package['root']}/{page['path']}" for package in declared["subPackages"] for page in package["pages"]
    ]
    reached = {path for _entry, path in DETAILS.values()} | {
        "/pkg-visits/pass"
    }  # the latter leads to the server's page
    return [f"/{path}" for path in every if f"/{path}" not in reached]


def faults(phone: Handset) -> list[str]:
    """What axe finds serious or critical, and a page that is wider than the phone, in big type, too."""
    found: list[str] = phone.page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations"
        ".filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => one.id + ': ' + one.nodes.map(node => node.html.slice(0, 160)).join(' | ')))"
    )
    wide = phone.page.evaluate(
        "[false, true].map(big => {"
        "  document.querySelectorAll('.app').forEach(app => app.classList.toggle('big', big));"
        "  return document.documentElement.scrollWidth > window.innerWidth"
        "})"
    )
    return found + [f"scrolls sideways{', big type' * big}" for big in (False, True) if wide[big]]


WORK = ("/pages/home/home", "/pages/mine/mine", "/pkg-repairs/orders", "/pkg-visits/visits", "/pkg-visits/invite")
"""What looks different to a technician."""


@pytest.mark.parametrize("role", ["", "merchant", "technician"])
def test_every_page_is_accessible_and_fits(phone: Pick, role: str) -> None:
    handset = phone(role)
    handset.page.evaluate(AXE.read_text())
    wrong = {}
    for path in WORK if role == "technician" else pages():
        handset.page.evaluate("path => { location.hash = path }", path)
        handset.arrive(path)
        wrong[path] = faults(handset)
        entry, below = DETAILS.get(path, ("", ""))
        first = handset.page.locator(f"uni-page[data-page='{path[1:]}'] {entry}").locator("visible=true").first
        if entry and first.count() and first.get_attribute("role") == "link":
            first.click()
            handset.arrive(below)
            wrong[below] = faults(handset)
    handset.complaints = [one for one in handset.complaints if "the server responded with a status of 40" not in one]
    assert {path: found for path, found in wrong.items() if found} == {}
    if role == "merchant":
        reached = {path for _entry, path in DETAILS.values()} - {"/pkg-visits/batch"}  # other firms have batches
        assert reached <= set(wrong), "a list of the demonstration is empty"


def test_the_first_load_is_small(park: Park) -> None:
    """Script and style of the start page and the home page, as a browser gets them."""
    html = BUILD.read_text()
    names = set(re.findall(r'(?:src|href)="/m/(assets/[^"]+)"', html))
    folder = BUILD.parent / "assets"
    names |= {f"assets/{path.name}" for path in folder.glob("*[hH]ome*.js")} | {
        f"assets/{path.name}" for path in folder.glob("home*.css")
    }
    total = 0
    for name in names:
        request = urllib.request.Request(f"{park.address}/m/{name}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            body = answer.read()
        assert gzip.decompress(body) == Path(BUILD.parent, name).read_bytes()
        total += len(body)
    assert 50_000 < total < MOST_BYTES


def test_the_start_page_is_never_kept(park: Park) -> None:
    with urllib.request.urlopen(f"{park.address}/m/") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
