"""Signing in to the H5 inside WeChat, through the official account (网页授权)."""

from typing import Annotated

import msgspec
from flask import current_app
from flask_babel import gettext as _

from app.core import addresses, clock
from app.core.api import Endpoints, Schema
from app.core.db import db
from app.core.errors import Conflict
from app.integrations.wechat import OfficialAccount
from app.integrations.wechat import Session as Identity
from app.modules.members import operations
from app.modules.members.api import CodeIn, SignInOut, member_out

api = Endpoints("official", "公众号登录")
H5 = "/m/"


class StateQuery(Schema):
    """浏览器自己生成的随机数，微信原样带回，由浏览器核对"""

    state: Annotated[str, msgspec.Meta(min_length=16, max_length=128, pattern="^[A-Za-z0-9]+$")]


class AddressOut(Schema):
    """微信授权页的地址"""

    address: str


def official_account() -> OfficialAccount:
    """The client of this process. Raises Conflict where there is no official account."""
    made = current_app.extensions["official_account"]
    if made is None:
        raise Conflict(_("尚未接入公众号"), code="no_official_account")
    found: OfficialAccount = made()
    return found


@api.get("/auth/wechat-official", roles=None, query=StateQuery, returns=AddressOut, limit="60/minute",
         openapi={"responses": {"409": {"description": "尚未接入公众号"}}})  # fmt: skip
def where_to_sign_in(query: StateQuery) -> AddressOut:
    """公众号授权页地址；授权后回到 /m/?code=…&state=…"""
    return AddressOut(address=official_account().address(addresses.public(H5), query.state))


def ask_who(body: CodeIn) -> Identity:
    """Whom WeChat knows under the code."""
    return official_account().login(body.code)


@api.post("/auth/wechat-official", roles=None, body=CodeIn, returns=SignInOut, limit="60/minute", prepare=ask_who)
def sign_in(prepared: Identity) -> SignInOut:
    """公众号登录"""
    session = db.session()
    member, token, kept = operations.sign_in(session, prepared.openid, prepared.unionid, official=True)
    return SignInOut(token=token, expires_at=clock.local(kept.expires_at), member=member_out(session, member))
