"""How billing meets its payment channel: chosen by configuration, made once per process; what it hears from below."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _

from app.core.errors import Unavailable
from app.integrations.wechatpay import Account, WeChatPayChannel
from app.integrations.wechatpay.account import KEY_LENGTH
from app.integrations.wechatpay.channel import GATEWAY
from app.integrations.wechatpay.fake import FakeWeChatPay, serve
from app.integrations.wechatpay.fake_cashier import PLACE, FakeCashier
from app.modules.billing.channels import PaymentChannel
from app.modules.billing.commands import fake_commands
from app.modules.billing.own_data import forget
from app.modules.members.signals import member_erased

CALLBACK = "/api/v1/callbacks/wechatpay"
NEEDED = (
    "WECHATPAY_MCH_ID", "WECHATPAY_SERIAL_NO", "WECHATPAY_PRIVATE_KEY", "WECHATPAY_PUBLIC_KEY_ID",
    "WECHATPAY_PUBLIC_KEY", "WECHATPAY_APIV3_KEY",
)  # fmt: skip


def connect(app: Flask) -> None:
    """Choose the channel, and let go of who has left. Raises SystemExit when the settings are incomplete or unsafe."""
    member_erased.connect(forget)
    config = app.config
    if any(config[name] for name in NEEDED):
        account = _account(config)
        gateway = config["WECHATPAY_API_URL"] or GATEWAY
        if config["PRODUCTION"] and not gateway.startswith("https://"):
            raise SystemExit("生产环境的 WECHATPAY_API_URL 必须以 https:// 开头")
        app.extensions["payment_channel"] = cache(lambda: WeChatPayChannel(account, gateway))
    elif config["PRODUCTION"]:
        app.extensions["payment_channel"] = None
    else:
        _use_the_fake(app)


def channel() -> PaymentChannel:
    """The channel in use. Raises Unavailable when this installation takes no money online."""
    made: Callable[[], PaymentChannel] | None = current_app.extensions["payment_channel"]
    if made is None:
        raise Unavailable(_("在线支付尚未开通，请到物业服务中心缴费"))
    return made()


def has_channel() -> bool:
    """Whether this installation takes money online."""
    return current_app.extensions["payment_channel"] is not None


def _account(config: dict[str, Any]) -> Account:
    missing = [name for name in NEEDED if not config[name]]
    address = config["WECHATPAY_NOTIFY_URL"] or config["PUBLIC_URL"]
    if missing or not address:
        raise SystemExit(
            f"微信支付的设置不完整，还需要：{'、'.join(missing or ['WECHATPAY_NOTIFY_URL 或 PUBLIC_URL'])}"
        )
    if len(config["WECHATPAY_APIV3_KEY"]) != KEY_LENGTH:
        raise SystemExit(f"WECHATPAY_APIV3_KEY 应为 {KEY_LENGTH} 个字符")
    certificates = [path for path in config["WECHATPAY_CERTIFICATES"].split(",") if path.strip()]
    return Account(
        app_id=config["WECHAT_APP_ID"],
        mch_id=config["WECHATPAY_MCH_ID"],
        serial_no=config["WECHATPAY_SERIAL_NO"],
        private_key=_text("WECHATPAY_PRIVATE_KEY", config["WECHATPAY_PRIVATE_KEY"]),
        public_key_id=config["WECHATPAY_PUBLIC_KEY_ID"],
        public_key=_text("WECHATPAY_PUBLIC_KEY", config["WECHATPAY_PUBLIC_KEY"]),
        apiv3_key=config["WECHATPAY_APIV3_KEY"],
        notify_url=address.rstrip("/") + CALLBACK,
        official_app_id=config["WECHAT_OFFICIAL_APP_ID"],
        certificates=tuple(_text("WECHATPAY_CERTIFICATES", path.strip()) for path in certificates),
    )


def _text(option: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"无法读取 {option}={path}：{type(error).__name__}") from None


def _use_the_fake(app: Flask) -> None:
    """The local WeChat Pay, served from a thread of each process that asks for it, over books that all share."""
    config = app.config

    @cache
    def fake() -> FakeWeChatPay:
        return FakeWeChatPay(
            config["DATA_DIR"] / "wechatpay-fake", config["WECHAT_APP_ID"], pushes=not app.testing,
            official_app_id=config["WECHAT_OFFICIAL_APP_ID"],
        )  # fmt: skip

    made: dict[int, WeChatPayChannel] = {}

    def made_here() -> WeChatPayChannel:  # a thread that serves the fake would not survive a fork
        found = made.get(os.getpid())
        if found is None:
            address = config["WECHATPAY_NOTIFY_URL"] or f"http://127.0.0.1:{config['PORT']}"
            account = fake().account(address.rstrip("/") + CALLBACK)
            found = made[os.getpid()] = WeChatPayChannel(account, serve(fake()), PLACE)
        return found

    app.extensions["payment_channel"] = made_here
    app.extensions["fake_wechatpay"] = fake
    app.wsgi_app = FakeCashier(app.wsgi_app, fake)  # type: ignore[method-assign]
    app.cli.add_command(fake_commands(fake))
