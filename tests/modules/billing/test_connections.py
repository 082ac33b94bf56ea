"""Which channel takes the money: by configuration; the local fake never in production."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

import config
from app.core.errors import Unavailable
from app.integrations.wechatpay.fake_books import Keys
from app.modules.billing import connections
from tests.conftest import Store
from tests.modules.billing.paying import move_in, state_of

HTTPS = "https://wy.example.com"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A merchant's settings with keys in files."""
    keys = Keys(tmp_path)
    (tmp_path / "apiclient_key.pem").write_text(keys.merchant_pem)
    (tmp_path / "pub_key.pem").write_text(keys.public_pem)
    return {
        "APP_ENV": "production",
        "PUBLIC_URL": HTTPS,
        "WECHAT_APP_ID": "wx1234567890abcdef",
        "WECHATPAY_MCH_ID": keys.mch_id,
        "WECHATPAY_SERIAL_NO": keys.serial_no,
        "WECHATPAY_PRIVATE_KEY": str(tmp_path / "apiclient_key.pem"),
        "WECHATPAY_PUBLIC_KEY_ID": keys.public_key_id,
        "WECHATPAY_PUBLIC_KEY": str(tmp_path / "pub_key.pem"),
        "WECHATPAY_APIV3_KEY": keys.apiv3_key,
    }


def connected(environ: dict[str, str]) -> Flask:
    app = Flask("try")
    Babel(app)
    app.config.from_mapping(config.load(environ))
    connections.connect(app)
    return app


def test_production_takes_money_at_the_real_address(settings: dict[str, str]) -> None:
    app = connected(settings)
    with app.app_context():
        channel: Any = connections.channel()
        assert connections.has_channel()
    assert channel._sdk._core._gate_way == "https://api.mch.weixin.qq.com"
    assert channel._sdk._core._timeout == (3, 8)
    assert channel._sdk._notify_url == f"{HTTPS}/api/v1/callbacks/wechatpay"
    assert "fake_wechatpay" not in app.extensions
    assert "wechatpay-fake" not in app.cli.commands


def test_production_without_a_merchant_takes_no_money_online() -> None:
    app = connected({"APP_ENV": "production", "PUBLIC_URL": HTTPS})
    Babel(app, default_locale="zh_Hans_CN")
    assert "fake_wechatpay" not in app.extensions
    with app.test_request_context():
        assert not connections.has_channel()
        with pytest.raises(Unavailable, match="尚未开通"):
            connections.channel()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"WECHATPAY_SERIAL_NO": ""}, "WECHATPAY_SERIAL_NO"),
        ({"PUBLIC_URL": ""}, "WECHATPAY_NOTIFY_URL"),
        ({"WECHATPAY_PRIVATE_KEY": "/nowhere.pem"}, "WECHATPAY_PRIVATE_KEY"),
        ({"WECHATPAY_APIV3_KEY": "short"}, "32"),
        ({"WECHATPAY_API_URL": "http://127.0.0.1:1"}, "https://"),
    ],
)
def test_incomplete_or_unsafe_settings_stop_the_start(
    settings: dict[str, str], changes: dict[str, str], words: str
) -> None:
    with pytest.raises(SystemExit, match=words):
        connected(settings | changes)


def test_the_cashier_page_of_the_fake_takes_the_money_and_leads_back(app: Flask, store: Store) -> None:
    home = move_in(app, store, 12_345)
    order = home.pay()
    address = order["pay_params"]["cashier_url"]
    browser = app.test_client()
    page = browser.get(address).get_data(as_text=True)
    assert "¥123.45" in page
    assert "支付" in page
    answer = browser.post(address, data={"do": "pay"})
    assert answer.headers["Location"] == f"/m/#/pkg-billing/payment?id={order['id']}"
    assert home.look(order["id"]) == "paid"
    assert "已支付" in browser.get(address).get_data(as_text=True)
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = browser.post(address.split("?")[0], query_string={"back": elsewhere}, data={"do": "leave"})
        assert answer.headers["Location"] == "/"
    assert browser.get("/fake-wechatpay/cashier/wx0").status_code == 404


def test_the_command_pays_and_tells_the_program(app: Flask, store: Store) -> None:
    home = move_in(app, store, 12_345)
    order = home.pay()
    run = app.test_cli_runner().invoke
    told = run(args=["wechatpay-fake", "pay", order["number"]])
    assert told.exit_code == 0, told.output
    assert "已支付" in told.output
    assert state_of(app, order["number"]) == "created", "nothing listens at the callback's address in this test"
    assert home.look(order["id"]) == "paid"
    assert run(args=["wechatpay-fake", "pay", "P0"]).exit_code == 1


def test_the_keys_of_the_fake_are_kept_and_private(tmp_path: Path) -> None:
    first, again = Keys(tmp_path), Keys(tmp_path)
    assert first.merchant_pem == again.merchant_pem
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    assert len(first.apiv3_key) == 32
