"""A real browser walks every page that the menu and its links lead to, on a desk and on a phone."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from sqlalchemy import func, select

from app import demo
from app.core.audit import AuditEntry
from app.core.backoffice import ModuleView
from tests.conftest import Browse, Store
from tests.factories import PASSWORD, make_staff
from tests.signing_in import sign_in

SIZES = {"desk": (1440, 900), "phone": (390, 844)}
MENU_HIDES_IT = """() => {
  const here = document.querySelector("#sidebar [aria-current=page]")?.getBoundingClientRect();
  return here && (here.top < 0 || here.bottom > innerHeight);
}"""


@pytest.fixture
def address(app: Flask, address: str) -> str:
    """The demonstration, served on a free port."""
    app.config["DEMO"] = True
    demo.seed(app)
    return address


def pattern(path: str) -> str:
    """What kind of page an address is: numbers and queries do not make another one."""
    return re.sub(r"\d+", "N", path.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0])


def visit_all(page: Page, address: str) -> dict[str, str]:
    """Follow every link to a kind of page not seen yet; what is wrong with each, by address."""
    seen, waiting, problems = {"/logout/"}, ["/"], {}
    while waiting:
        path = waiting.pop()
        if pattern(path) in seen or re.search(r"\.xlsx|\.pdf|\.png|/media/|/static/", path):
            continue
        seen.add(pattern(path))
        answer = page.goto(address + path)
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if answer is None or answer.status >= 400:
            problems[path] = f"status {answer and answer.status}"
        elif width[0] > width[1]:
            problems[path] = f"scrolls sideways: {width}"
        elif page.evaluate(MENU_HIDES_IT):
            problems[path] = "the menu does not show where one is"
        waiting += page.eval_on_selector_all("a[href^='/']", "links => links.map(link => link.getAttribute('href'))")
    assert len(seen) > 25, seen
    return problems


@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_cleanly(address: str, store: Store, chromium: Browser, size: str) -> None:
    with store() as session:
        make_staff(session, "walker")
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page, complaints = context.new_page(), []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            complaints.append(f"outside request: {request.url}")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", watch)
    sign_in(page, address, "walker", PASSWORD)
    assert visit_all(page, address) == {}
    assert complaints == []
    context.close()


def test_a_form_that_is_opened_and_saved_changes_nothing(
    app: Flask, address: str, store: Store, chromium: Browser
) -> None:
    with store() as session:
        make_staff(session, "walker")
    page = chromium.new_context(locale="zh-CN").new_page()
    sign_in(page, address, "walker", PASSWORD)
    saved, problems = 0, {}
    for view in app.extensions["appbuilder"].baseviews:
        if not isinstance(view, ModuleView) or not view.edit_attributes or view.readonly or not view.can_edit:
            continue
        with store() as session:
            before = session.scalar(select(func.max(AuditEntry.seq)))
            newest = session.scalars(select(view.model).order_by(view.model.id.desc()).limit(1)).first()
            session.expunge_all()
        if newest is None:
            continue
        page.goto(f"{address}{view.route_base}/{newest.id}")
        changing = page.get_by_role("link", name="修改", exact=True)
        with app.test_request_context():
            assert changing.count() == (0 if view.fixed(newest) else 1), view.route_base
        if not changing.count():
            continue
        changing.click()
        page.locator(".form-actions [type=submit]").first.click()
        page.wait_for_load_state()
        if not page.url.endswith(f"{view.route_base}/{newest.id}"):
            problems[view.route_base] = page.url, page.locator("main").first.inner_text()
        saved += 1
        with store() as session:
            query = select(AuditEntry.action, AuditEntry.changes).where(
                AuditEntry.seq > before, AuditEntry.record == view.model.__tablename__
            )
            if entries := [tuple(entry) for entry in session.execute(query)]:
                problems[view.route_base] = entries
    assert problems == {}
    assert saved > 20, saved


@pytest.mark.req("G8")
def test_somebody_with_one_right_walks_only_there(
    address: str, store: Store, chromium: Browser, browse: Browse
) -> None:
    with store() as session:
        make_staff(session, "narrow", {("certification", "view")})
    page = chromium.new_context(locale="zh-CN").new_page()
    sign_in(page, address, "narrow", PASSWORD)
    menu = page.eval_on_selector_all("aside a[href^='/']", "links => links.map(link => link.getAttribute('href'))")
    assert set(menu) == {"/", "/members/certification/"}
    for path in ("/members/customer/", "/estate/unit/", "/system/settings/", "/import/unit/", "/members/customer/1"):
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status == 404
