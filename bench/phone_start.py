"""How soon the phone's home can be used: a first visit in headless Chromium, on Fast 3G (1.6 Mbit/s, 150 ms) with the
processor slowed down four times, and without either. Counted from the tap on the link to the menu that can be tapped.
"""

import argparse
import tempfile
import time
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from bench.measure import keep
from bench.served import served

FAST_3G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
SLOWER = 4
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "zh-CN"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    with (
        tempfile.TemporaryDirectory(prefix="phone-") as folder,
        served({"DATA_DIR": folder}) as port,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--disable-gpu"])
        found = {}
        for name, slow in (("as it is", False), ("Fast 3G, 4 × CPU", True)):
            visits = [_visit(browser, f"http://127.0.0.1:{port}/m/", slow) for _round in range(rounds + 1)][1:]
            found[name] = {
                "seconds": median(seconds for seconds, _kilobytes in visits),
                "most": max(seconds for seconds, _kilobytes in visits),
                "kilobytes": median(kilobytes for _seconds, kilobytes in visits),
            }
        browser.close()
    print(f"\n{'first visit to the home':<26}{'median s':>10}{'most s':>10}{'KB':>8}")
    for name, row in found.items():
        print(f"{name:<26}{row['seconds']:>10.2f}{row['most']:>10.2f}{row['kilobytes']:>8.0f}")
    print(keep("phone_start", found))


def _visit(browser: Browser, address: str, slow: bool) -> tuple[float, float]:
    """Seconds until the menu can be tapped, and the kilobytes that came, of somebody who has never been here."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    if slow:
        session.send("Network.emulateNetworkConditions", FAST_3G)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".grid-entry").first.click(trial=True)
    seconds = time.perf_counter() - begun
    context.close()
    return seconds, sum(sizes) / 1024


if __name__ == "__main__":
    main()
