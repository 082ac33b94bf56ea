"""The back office for everybody: axe finds nothing serious on its main pages, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.bulk import work_off
from tests.conftest import Store
from tests.factories import PASSWORD, make_staff
from tests.journeys.test_browser import SIZES, address
from tests.signing_in import sign_in

__all__ = ("address",)  # the fixture: the demonstration, served

PAGES = (
    "/", "/?period=year", "/reports/ageing/", "/reports/collection/", "/account/inbox/", "/account/password",
    "/account/totp", "/system/search/", "/system/help/", "/members/customer/", "/members/customer/1",
    "/members/customer/new", "/members/certification/?state=pending", "/billing/bill/", "/billing/counter/",
    "/billing/issue/", "/billing/entry/", "/repairs/board/", "/repairs/work_order/", "/feedback/feedback/",
    "/feedback/feedback/1", "/leasing/listing/", "/leasing/listing/new",
    "/notices/notice/new", "/ads/ad/", "/lost_found/lost_found_item/", "/estate/unit/",
    "/import/unit/", "/system/settings/", "/system/roles/", "/system/roles/new", "/system/staff/", "/system/outbox/",
)  # fmt: skip


@pytest.fixture
def walker(store: Store, address: str) -> str:
    """The demonstration with a superadmin in it."""
    with store() as session:
        make_staff(session, "walker")
    return address


def signed_in(context: BrowserContext, walker: str) -> Page:
    """A page of the back office, after the sign-in."""
    page = context.new_page()
    sign_in(page, walker, "walker", PASSWORD)
    return page


def serious(page: Page) -> list[tuple[str, str]]:
    """What axe finds on the page as it stands, and ids that labels and links would miss."""
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    twice = [("id that is not unique", one) for one in sorted(set(ids)) if ids.count(one) > 1]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found] + twice


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(walker: str, chromium: Browser, size: str) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce")
    page, wrong = signed_in(context, walker), {}
    for path in PAGES:
        answer = page.goto(walker + path)
        assert answer is not None
        assert answer.status == 200, path
        if found := serious(page):
            wrong[path] = found
    assert wrong == {}
    context.close()


def test_the_search_box_is_worked_by_keys_alone(walker: str, chromium: Browser) -> None:
    page = signed_in(chromium.new_context(locale="zh-CN"), walker)
    page.keyboard.press("/")
    page.keyboard.type("科技")
    page.wait_for_selector("#search-hits [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    title = page.inner_text("#search-hits [aria-selected=true] .hit-title")
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/customer/*")
    assert title in page.inner_text("main")
    page.keyboard.press("/")
    page.keyboard.type("不存在的名字")
    page.wait_for_selector("#search-hits .choice-note")
    page.keyboard.press("Escape")
    assert page.is_hidden("#search-hits")


@pytest.mark.parametrize("size", SIZES)
def test_the_columns_of_a_list_are_chosen_by_keys_alone(walker: str, chromium: Browser, size: str) -> None:
    width, height = SIZES[size]
    page = signed_in(chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN"), walker)
    page.goto(f"{walker}/estate/unit/")
    opener = page.locator(".column-choice summary")
    opener.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="保存").press("Enter")
    expect(page.get_by_text("已保存列设置")).to_be_visible()
    cells = page.locator("[data-rows] tr").first.locator("td")
    assert "房号" not in cells.evaluate_all("all => all.map((cell) => cell.dataset.label)")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_bulk_action_is_followed_to_its_end(walker: str, app: Flask, chromium: Browser) -> None:
    page = signed_in(chromium.new_context(locale="zh-CN", reduced_motion="reduce"), walker)
    page.goto(f"{walker}/billing/bill/")
    page.check("[data-tick-all]")
    page.get_by_role("button", name="作废").click()
    assert serious(page) == []
    page.locator("form.confirm").get_by_role("button", name="作废").click()
    expect(page.get_by_role("heading", name="正在处理")).to_be_visible()
    assert serious(page) == []
    work_off(app)
    expect(page.get_by_text("已处理完毕")).to_be_visible()
    assert serious(page) == []
