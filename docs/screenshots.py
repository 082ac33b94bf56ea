"""Make the pictures of ``docs/images`` from a demo instance of its own: ``make screenshots``.

Needs Debian's chromium and fonts-noto-cjk.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZES = {"": (1440, 900), "-phone": (390, 844)}
PAGES = {
    "dashboard": ("admin", "/"),
    "certification-list": ("certifier", "/members/certification/"),
    "certification-review": ("certifier", "/members/certification/first-pending"),
    "customers": ("admin", "/members/customer/"),
    "units": ("admin", "/estate/unit/"),
    "permission-matrix": ("admin", "/system/roles/new"),
    "import": ("admin", "/import/unit/"),
    "settings": ("admin", "/system/settings/"),
}
PHONE = {
    "m-guest": ("", "/pages/home/home", ""),
    "m-home": ("陈店主", "/pages/home/home", ""),
    "m-bills": ("陈店主", "/pkg-billing/bills", ""),
    "m-bill": ("陈店主", "/pkg-billing/bills", ".bill [role=link]"),
    "m-pass": ("陈店主", "/pkg-visits/visits", ".card"),
    "m-invite": ("陈店主", "/pkg-visits/invite", ""),
    "m-repair": ("陈店主", "/pkg-repairs/orders", ".card [role=link]"),
    "m-report": ("林租客", "/pkg-repairs/report", ""),
    "m-offers": ("林租客", "/pkg-leasing/listings", ""),
    "m-mine": ("林租客", "/pages/mine/mine", ""),
    "m-work": ("王师傅", "/pages/home/home", ""),
    "m-jobs": ("王师傅", "/pkg-repairs/orders", ""),
    "m-job": ("王师傅", "/pkg-repairs/orders", ".card [role=link]"),
    "m-register": ("周访客", "/pkg-visits/invite", ""),
    "m-certify": ("周访客", "/pkg-members/certify", ""),
}
"""Pages of the phone's program: whose phone, where, and what is tapped there."""
MANUAL = {
    "dashboard": ("admin", "/?period=year"),
    "search": ("admin", "/search:科技"),
    "permission-matrix": ("admin", "/system/roles/new"),
    "report": ("admin", "/reports/collection/"),
    "board": ("property", "/repairs/board/"),
    "customers": ("property", "/members/customer/"),
    "counter": ("cashier", "/billing/counter/first-customer"),
    "bill-run": ("cashier", "/billing/issue/preview"),
    "certification-review": ("certifier", "/members/certification/first-pending"),
}
"""The pictures of ``docs/manual``, at the size of a desk."""
STRIPS = {
    "phone-pay": ("m-home", "m-bills", "m-bill"),
    "phone-repair": ("m-report", "m-repair"),
    "phone-visits": ("m-invite", "m-pass"),
    "phone-visitor": ("m-guest", "m-register", "m-certify"),
    "phone-technician": ("m-work", "m-jobs", "m-job"),
}
"""The pictures of ``docs/manual`` for those who only have a phone: some of its pages beside each other."""
STRIP_WIDTH, STRIP_GAP = 360, 24
PASSWORD = "Demo-2026!"


@contextmanager
def instance() -> Iterator[str]:
    """A demo instance on a free port; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATA_DIR": folder, "PORT": str(port), "LOG_LEVEL": "ERROR"}
        process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            for _attempt in range(480):
                try:
                    urllib.request.urlopen(f"{address}/readyz", timeout=1)
                    break
                except OSError:
                    time.sleep(0.5)
            yield address
        finally:
            process.terminate()
            process.wait(60)


def sign_in(page: Page, address: str, username: str) -> None:
    """Sign a demo staff member in."""
    page.goto(f"{address}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")


def sign_in_on_phone(page: Page, address: str, name: str) -> None:
    """Choose one of the demonstration's people."""
    page.goto(f"{address}/m/#/pkg-members/sign-in")
    page.get_by_role("checkbox").click()
    page.get_by_text(name, exact=True).click()
    page.locator(".hero-hello:visible").wait_for()  # back on the home page
    page.locator(".hero-role:visible", has_text="登录后").wait_for(state="detached")


def take_phones(browser: Browser, address: str) -> None:
    """Take the pictures of the phone's program, sharp as on a phone."""
    for name in dict.fromkeys(person for person, _path, _entry in PHONE.values()):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, locale="zh-CN",
            timezone_id="Asia/Shanghai", is_mobile=True, has_touch=True,
        )  # fmt: skip
        page = context.new_page()
        page.goto(f"{address}/m/")
        if name:
            sign_in_on_phone(page, address, name)
        for picture, (person, path, entry) in PHONE.items():
            if person != name:
                continue
            page.goto(f"{address}/m/#{path}")
            page.locator(f"uni-page[data-page='{path[1:]}']").locator("visible=true").wait_for()
            page.locator("[aria-busy=true]").wait_for(state="detached")
            if entry:
                page.locator(entry).locator("visible=true").first.click()
            page.wait_for_timeout(1500)  # pictures appear, a page slides in
            page.screenshot(path=IMAGES / f"{picture}.png")
        context.close()


def paste_strips() -> None:
    """Lay the phone's pictures beside each other for the manuals."""
    for name, pictures in STRIPS.items():
        pages = [Image.open(IMAGES / f"{picture}.png").convert("RGB") for picture in pictures]
        height = pages[0].height * STRIP_WIDTH // pages[0].width
        strip = Image.new("RGB", (len(pages) * (STRIP_WIDTH + STRIP_GAP) - STRIP_GAP, height), "white")
        for number, page in enumerate(pages):
            strip.paste(page.resize((STRIP_WIDTH, height)), (number * (STRIP_WIDTH + STRIP_GAP), 0))
        strip.save(IMAGES / "manual" / f"{name}.png", optimize=True)


def open_page(page: Page, address: str, path: str) -> None:
    """Go where a picture is taken: an address, or a few steps from one."""
    if path.endswith("/first-pending"):
        page.goto(address + path.removesuffix("first-pending") + "?state=pending")
        page.locator("tbody a.row-link").first.click()
    elif path.startswith("/search:"):
        page.goto(f"{address}/members/customer/")
        page.keyboard.press("/")
        page.keyboard.type(path.removeprefix("/search:"))
        page.wait_for_selector("#search-hits:not([hidden])")
        page.keyboard.press("ArrowDown")
    elif path.endswith("/first-customer"):
        page.goto(f"{address}/billing/bill/?state=unpaid")
        page.locator("tbody a.row-link").first.click()
        customer = page.locator("dt:has-text('客户') + dd").first.inner_text()
        page.goto(address + path.removesuffix("first-customer"))
        page.locator("[role=combobox]:not([name=q])").first.fill(customer)
        page.locator(".choice [role=option]").first.click()
        page.locator("main [type=submit]").first.click()
    elif path.endswith("/preview"):
        page.goto(address + path.removesuffix("preview"))
        parks = page.locator("main select[name=community]")
        parks.select_option(index=parks.locator("option").count() - 1)
        page.locator("main [type=submit]").first.click()
    else:
        page.goto(address + path)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)  # charts are drawn after the page has come


def take(browser: Browser, address: str, pictures: dict[str, tuple[str, str]], folder: Path, suffix: str,
         size: tuple[int, int]) -> None:  # fmt: skip
    """Take pictures at one size, each by the person who sees the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for username in sorted({user for user, _path in pictures.values()}):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
        page = context.new_page()
        sign_in(page, address, username)
        for name, (user, path) in pictures.items():
            if user == username:
                open_page(page, address, path)
                page.screenshot(path=folder / f"{name}{suffix}.png")
        context.close()


def main() -> None:
    """Take every picture: the pages in both sizes, those of the manuals, and the phone's."""
    subprocess.run([sys.executable, "miniprogram/build.py", "h5"], cwd=ROOT, check=True)
    with instance() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for suffix, size in SIZES.items():
            take(browser, address, PAGES, IMAGES, suffix, size)
        take(browser, address, MANUAL, IMAGES / "manual", "", (1280, 800))
        take_phones(browser, address)
        browser.close()
    paste_strips()


if __name__ == "__main__":
    main()
