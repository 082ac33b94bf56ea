"""The local WeChat Pay for tests, and the merchant's side of it over real HTTP."""

from datetime import timedelta
from typing import Any

from flask import Flask

from app.core import clock
from app.integrations.wechatpay.fake import FakeWeChatPay
from app.modules.billing.channels import Order

CALLBACK = "/api/v1/callbacks/wechatpay"


def fake_of(app: Flask) -> FakeWeChatPay:
    """The fake that this application talks to, with empty books and in good health."""
    fake: FakeWeChatPay = app.extensions["fake_wechatpay"]()
    fake.books.forget()
    fake.failing = fake.refusing_refunds = ""
    fake.forging = False
    return fake


def order(number: str = "P2026112300001", fen: int = 24220, **values: Any) -> Order:
    return Order(
        **{
            "number": number,
            "amount_fen": fen,
            "description": "云和产业园 物业缴费",
            "payer": "openid-li",
            "expires_at": clock.now() + timedelta(minutes=30),
            **values,
        }
    )


def send(app: Flask, notice: Any, **changes: str) -> int:
    """Deliver a callback to the application; header names with ``_`` for ``-``."""
    headers = notice.headers | {name.replace("_", "-"): text for name, text in changes.items()}
    client = app.test_client(use_cookies=False)
    return client.post(CALLBACK, data=notice.body, headers={k: v for k, v in headers.items() if v}).status_code
