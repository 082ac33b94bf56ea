"""The phone's program as people use it: the H5 build in Chromium, against a running demonstration."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.signing_in import sign_in
from tests.waiting import answers, free_port, wait_until

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "miniprogram" / "dist" / "build" / "h5" / "index.html"
PEOPLE = {"merchant": "陈店主", "tenant": "林租客", "visitor": "周访客", "technician": "王师傅"}
PATIENCE = 10_000


def build(target: str) -> None:
    """Build the program if it is not there as the sources are now; nothing to do costs nothing."""
    done = subprocess.run([sys.executable, "miniprogram/build.py", target], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Park:
    """The demonstration that the phones meet."""

    address: str
    environment: dict[str, str]

    def scan(self, gate: str, *codes: str) -> list[str]:
        """Hold codes before a gate, one after the other; what the gate says."""
        command = [
            sys.executable, "-m", "flask", "--app", "run", "gate", "simulate", gate, *codes, "--url", self.address,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()


@pytest.fixture(scope="session")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """A demonstration of its own."""
    build("h5")
    port, folder = free_port(), tmp_path_factory.mktemp("park")
    environment = os.environ | {
        "DATA_DIR": str(folder), "PORT": str(port), "RATE_LIMITS": "0", "LOG_LEVEL": "ERROR", "WEB_WORKERS": "1",
        "WECHAT_OFFICIAL_APP_ID": "wx-official", "WECHAT_OFFICIAL_APP_SECRET": "secret",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{address}/readyz"), 120)
        yield Park(address, environment)
    finally:
        process.terminate()
        process.wait(40)


@dataclass
class Handset:
    """One person's phone. ``complaints`` gathers what a browser reports and a user never should cause."""

    park: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note console errors, crashes and requests that leave the origin."""

        def said(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and "ERR_INTERNET_DISCONNECTED" not in message.text:
                self.complaints.append(message.text)

        def asked(request: Request) -> None:
            if not request.url.startswith((self.park, "data:", "blob:")):
                self.complaints.append(f"leaves the origin: {request.url}")

        self.page.on("console", said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", asked)

    def open(self, path: str) -> None:
        """Go to a page of the program."""
        self.page.goto(f"{self.park}/m/#{path}")
        self.arrive(path)

    def arrive(self, path: str) -> None:
        """Wait for a page of the program and what it shows."""
        shown = self.page.locator(f"uni-page[data-page='{path.split('?', maxsplit=1)[0][1:]}'] .app")
        shown.locator("visible=true").first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is loading any more."""
        self.page.wait_for_load_state("networkidle")
        self.page.locator("[aria-busy=true]").wait_for(state="detached")

    def again(self) -> None:
        """Load the page anew, as one does who wants to know what the others have done."""
        self.page.reload()
        self.settle()

    def tap(self, words: str, within: str = "") -> None:
        """Tap what says so (the last of it: sheets and dialogs lie on top)."""
        self.page.locator(f"{within} :text-is('{words}')".strip()).locator("visible=true").last.click()

    def sees(self, words: str) -> None:
        """Wait for words on the page."""
        self.page.get_by_text(words).locator("visible=true").first.wait_for()

    def misses(self, words: str) -> None:
        """Wait until words are gone from the page."""
        expect(self.page.get_by_text(words).locator("visible=true")).to_have_count(0)

    def type(self, label: str, text: str) -> None:
        """Type into the input of that name."""
        self.page.locator(f"[aria-label='{label}']").locator("visible=true").last.fill(text)

    def sign_in(self, role: str) -> None:
        self.open("/pkg-members/sign-in")
        self.page.get_by_role("checkbox").click()
        self.tap(PEOPLE[role])
        self.page.locator(".hero-hello:visible", has_text="，").wait_for()
        self.page.locator(".hero-role:visible", has_text="登录后").wait_for(state="detached")
        self.settle()


Pick = Callable[..., Handset]


@pytest.fixture
def phone(park: Park, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Pick]:
    """``phone("merchant")``: that person's phone, signed in; ``phone()``: a guest's. None may have complaints."""
    handsets: list[Handset] = []

    def pick(role: str = "", **more: str) -> Handset:
        context = chromium.new_context(
            viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True,
            is_mobile=True, **more,
        )  # fmt: skip
        context.set_default_timeout(PATIENCE)
        handset = Handset(park.address, context, context.new_page())
        handset.listen()
        handsets.append(handset)
        if role:
            handset.sign_in(role)
        else:
            handset.open("/pages/home/home")
        return handset

    yield pick
    for number, handset in enumerate(handsets):
        if place := os.environ.get("PHONE_PICTURES"):
            handset.page.screenshot(path=Path(place, f"{request.node.name}-{number}.png"))
        handset.context.close()
    assert [handset.complaints for handset in handsets if handset.complaints] == []


@dataclass
class Desk:
    """A member of staff at the back office."""

    address: str
    page: Page

    def open(self, listed: str, words: str) -> None:
        """Open the record of a list that says so."""
        self.page.goto(f"{self.address}{listed}")
        self.page.locator("tbody tr", has_text=words).first.locator("a.row-link").click()

    def move(self, title: str, **inputs: str) -> None:
        """Make a step of the open record, by its button and the page that asks to confirm it."""
        self.page.get_by_role("link", name=title, exact=True).click()
        for name, text in inputs.items():
            self.page.fill(f"main [name={name}]", text)
        self.page.get_by_role("button", name=title, exact=True).click()


def seat(park: Park, chromium: Browser, username: str) -> Iterator[Desk]:
    """Somebody of the demonstration's staff at the back office, signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page, park.address, username, "Demo-2026!")
    yield Desk(park.address, page)
    context.close()


@pytest.fixture
def desk(park: Park, chromium: Browser) -> Iterator[Desk]:
    """The property's own desk."""
    yield from seat(park, chromium, "property")


@pytest.fixture
def superadmin(park: Park, chromium: Browser) -> Iterator[Desk]:
    """The desk of who may do everything."""
    yield from seat(park, chromium, "admin")
