"""Who calls the API: a member with a bearer token, or nobody."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, g, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.audit import Actor, act_as
from app.core.db import db, reading
from app.core.errors import Unauthenticated

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Caller:
    """A signed-in member: ``role`` is what the member is at this moment."""

    member_id: int
    role: str
    name: str
    token_digest: str


Authenticator = Callable[[Session, str], Caller | None]


def set_authenticator(app: Flask, authenticator: Authenticator) -> None:
    """Say who turns the digest of a token into a Caller (None: dead); it takes one query."""
    app.extensions["authenticator"] = authenticator


def new_token() -> tuple[str, str]:
    """A token for a phone, and the digest that is kept of it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def authenticate() -> Caller | None:
    """The caller of this request; None when no token is sent. Raises Unauthenticated for a dead or malformed one.

    Before a handler that writes, the transaction that read this is over; one that reads goes on in it.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        act_as(Actor("visitor", "", _("访客"), request.remote_addr or "", g.request_id))
        return None
    scheme, _sep, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(_("请先登录"))
    with reading():
        caller: Caller | None = current_app.extensions["authenticator"](db.session(), digest_of(token.strip()))
        if request.method != "GET":
            db.session.rollback()
    if caller is None:
        raise Unauthenticated(_("登录已失效，请重新登录"))
    act_as(Actor("member", str(caller.member_id), caller.name, request.remote_addr or "", g.request_id))
    return caller
