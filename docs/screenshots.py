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

from playwright.sync_api import Page, sync_playwright

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
            for _attempt in range(120):
                try:
                    urllib.request.urlopen(f"{address}/readyz", timeout=1)
                    break
                except OSError:
                    time.sleep(0.5)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def sign_in(page: Page, address: str, username: str) -> None:
    """Sign a demo staff member in."""
    page.goto(f"{address}/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")


def main() -> None:
    """Take every picture in both sizes."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with instance() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for suffix, (width, height) in SIZES.items():
            for username in sorted({user for user, _path in PAGES.values()}):
                context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
                page = context.new_page()
                sign_in(page, address, username)
                for name, (user, path) in PAGES.items():
                    if user != username:
                        continue
                    if path.endswith("/first-pending"):
                        page.goto(address + path.removesuffix("first-pending") + "?state=pending")
                        page.locator("tbody a.row-link").first.click()
                    else:
                        page.goto(address + path)
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=IMAGES / f"{name}{suffix}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
