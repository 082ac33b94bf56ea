"""The back office for everybody: axe finds nothing serious on its main pages, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.conftest import Store
from tests.factories import PASSWORD, make_staff
from tests.journeys.test_browser import SIZES, address

__all__ = ("address",)  # the fixture: the demonstration, served

PAGES = (
    "/", "/?period=year", "/reports/ageing/", "/reports/collection/", "/account/inbox/", "/account/password",
    "/account/totp", "/system/search/", "/system/help/", "/members/customer/", "/members/customer/1",
    "/members/customer/new", "/members/certification/?state=pending", "/billing/bill/", "/billing/counter/",
    "/billing/issue/", "/billing/entry/", "/repairs/board/", "/repairs/work_order/", "/feedback/feedback/",
    "/leasing/listing/", "/notices/notice/new", "/ads/ad/", "/lost_found/lost_found_item/", "/estate/unit/",
    "/import/unit/", "/system/settings/", "/system/roles/", "/system/roles/new", "/system/staff/", "/system/outbox/",
)  # fmt: skip


@pytest.fixture
def walker(store: Store, address: str) -> str:
    """The demonstration with a superadmin in it."""
    with store() as session:
        make_staff(session, "walker")
    return address


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(walker: str, chromium: Browser, size: str) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce")
    page, axe, wrong = context.new_page(), Axe(), {}
    page.goto(f"{walker}/login/")
    page.fill("[name=username]", "walker")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{walker}/")
    for path in PAGES:
        answer = page.goto(walker + path)
        assert answer is not None
        assert answer.status == 200, path
        found = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        if found:
            wrong[path] = [(one["id"], one["nodes"][0]["html"][:160]) for one in found]
    assert wrong == {}
    context.close()


def test_the_search_box_is_worked_by_keys_alone(walker: str, chromium: Browser) -> None:
    page = chromium.new_context(locale="zh-CN").new_page()
    page.goto(f"{walker}/login/")
    page.fill("[name=username]", "walker")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{walker}/")
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
