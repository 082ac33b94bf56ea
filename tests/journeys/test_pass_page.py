"""The page that a visitor is sent: a scanner reads the code from the screen, and it opens the gate (V1, V7)."""

import io

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser

from app.modules.visits.models import Gate
from app.modules.visits.operations import keys, redeeming
from app.modules.visits.scans import Scan
from tests.conftest import Store
from tests.modules.visits.factories import make_place, pass_of


@pytest.mark.req("V1", "V7")
@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (1440, 900)])
def test_the_code_is_read_from_the_screen(
    app: Flask, store: Store, address: str, chromium: Browser, width: int, height: int
) -> None:
    with store() as session:
        place = make_place(session)
        where = "/p/" + keys.share_key(pass_of(session, place.visit_id).code)
    page = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("request", lambda asked: None if asked.url.startswith(address) else complaints.append(asked.url))
    page.goto(address + where)
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert code.text == place.token
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    page.context.close()
    with store() as session:
        assert redeeming.redeem(session, session.get_one(Gate, place.entrance_id), Scan(code.text)).allow
