"""How this module meets WeChat and the core: chosen by configuration, once per process."""

import os
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.api import set_authenticator
from app.core.messages import Channel, Outcome, Outgoing, set_channel, subscribe_templates
from app.integrations.wechat import WeChat
from app.integrations.wechat.client import NO_AGREEMENT
from app.integrations.wechat.fake import FakeWeChat, serve
from app.modules.members import queries
from app.modules.members.models import Member

REAL_WECHAT = "https://api.weixin.qq.com"


def connect(app: Flask) -> None:
    """Give the core our authenticator and WeChat as a message channel."""
    set_authenticator(app, queries.authenticate)
    app.extensions["wechat"] = client = _client(app)
    set_channel(app, "wechat", Channel(_address, _template_of, lambda outgoing: _send(client(), outgoing)))


def _client(app: Flask) -> Callable[[], WeChat]:
    """A WeChat client made at its first use in each process: a thread that serves the fake would not survive a fork."""
    made: dict[int, WeChat] = {}

    def client() -> WeChat:
        found = made.get(os.getpid())
        if found is None:
            found = made[os.getpid()] = WeChat(
                _address_of_wechat(app), app.config["WECHAT_APP_ID"], app.config["WECHAT_APP_SECRET"]
            )
        return found

    return client


def _address_of_wechat(app: Flask) -> str:
    given = app.config["WECHAT_API_URL"]
    if given or app.config["PRODUCTION"]:
        return given or REAL_WECHAT
    fake = app.extensions["fake_wechat"] = FakeWeChat(app.config["WECHAT_APP_ID"], app.config["WECHAT_APP_SECRET"])
    return serve(fake)


def _address(session: Session, member_id: int) -> str | None:
    return session.scalar(select(Member.openid).where(Member.id == member_id, Member.active.is_(True)))


def _template_of(kind: str) -> str | None:
    return subscribe_templates().get(kind)


def _send(client: WeChat, outgoing: Outgoing) -> Outcome:
    assert outgoing.address is not None
    code = client.send_subscribe_message(
        outgoing.address, outgoing.template, outgoing.link.lstrip("/"),
        {"thing1": outgoing.title[:20], "thing2": outgoing.body[:20]},
    )  # fmt: skip
    if code == 0:
        return Outcome("sent")
    return Outcome("skipped", f"errcode {code}", exhausted=code == NO_AGREEMENT)
