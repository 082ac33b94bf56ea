"""How this module meets WeChat and the core: chosen by configuration, once per process."""

import os
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.api import set_authenticator
from app.core.messages import Channel, Outcome, Outgoing, set_channel, subscribe_templates
from app.integrations.wechat import OfficialAccount, WeChat
from app.integrations.wechat.client import NO_AGREEMENT, SCOPES
from app.integrations.wechat.fake import FakeWeChat, serve
from app.modules.members import queries
from app.modules.members.models import OFFICIAL, Member

REAL_WECHAT = "https://api.weixin.qq.com"
REAL_OPEN = "https://open.weixin.qq.com"


def connect(app: Flask) -> None:
    """Give the core our authenticator and WeChat as a message channel.

    Raises SystemExit with a sentence when the official account's settings are incomplete.
    """
    set_authenticator(app, queries.authenticate)
    app.extensions["wechat"] = client = _client(app)
    app.extensions["official_account"] = _official_account(app)
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


def _official_account(app: Flask) -> Callable[[], OfficialAccount] | None:
    """The official account's client, made as the other; None where there is no official account."""
    config = app.config
    number, secret, scope = (config[f"WECHAT_OFFICIAL_{name}"] for name in ("APP_ID", "APP_SECRET", "SCOPE"))
    if not number:
        return None
    if not secret or scope not in SCOPES:
        raise SystemExit(
            f"公众号的设置不完整：需要 WECHAT_OFFICIAL_APP_SECRET，WECHAT_OFFICIAL_SCOPE 为 {' 或 '.join(SCOPES)}"
        )
    made: dict[int, OfficialAccount] = {}

    def client() -> OfficialAccount:
        found = made.get(os.getpid())
        if found is None:
            address = _address_of_wechat(app)
            page = config["WECHAT_OPEN_URL"] or (REAL_OPEN if config["PRODUCTION"] else address)
            found = made[os.getpid()] = OfficialAccount(address, page, number, secret, scope)
        return found

    return client


def _address_of_wechat(app: Flask) -> str:
    given = app.config["WECHAT_API_URL"]
    if given or app.config["PRODUCTION"]:
        return given or REAL_WECHAT
    config, place = app.config, ("fake_wechat_address", os.getpid())
    if place not in app.extensions:  # one for both programs, in each process
        fake = app.extensions["fake_wechat"] = FakeWeChat(
            config["WECHAT_APP_ID"], config["WECHAT_APP_SECRET"],
            (config["WECHAT_OFFICIAL_APP_ID"], config["WECHAT_OFFICIAL_APP_SECRET"]),
        )  # fmt: skip
        app.extensions[place] = serve(fake)
    return str(app.extensions[place])


def _address(session: Session, member_id: int) -> str | None:
    return session.scalar(
        select(Member.openid).where(
            Member.id == member_id, Member.active.is_(True), ~Member.openid.startswith(OFFICIAL)
        )
    )


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
