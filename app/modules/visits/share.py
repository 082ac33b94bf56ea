"""The page that a visitor is sent: opens without signing in, the code large, and says what to do with it (V1, V7)."""

from flask import Blueprint, Response, make_response, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import addresses, clock, limits, qr
from app.core.db import db, reading
from app.core.privacy import mask_name
from app.modules.visits import digits, queries
from app.modules.visits.models import AccessPass
from app.modules.visits.models.visits import VALID
from app.modules.visits.operations import keys

LIMIT = "60/minute"
RELOAD = 120
"""Seconds after which the page shows fresh digits."""

pages = Blueprint("passes", __name__, url_prefix="/p")


@pages.get("/<key>")
def show(key: str) -> Response:
    """A pass: code, digits, place, time and state; a page that says so for an address we did not give out."""
    limits.spend(LIMIT, "pass", limits.address())
    with reading():
        access = _find(db.session(), key)
        if access is None:
            return make_response(render_template("visits/pass.html", access=None), 404)
        visit, now = access.visit, clock.now()
        usable, leaving = _usable(access), _leaving(access)
        start, until = queries.times(visit)
        answer = make_response(
            render_template(
                "visits/pass.html",
                access=access,
                visit=visit,
                name=mask_name(visit.visitor_name),
                place=queries.place(visit),
                start=start,
                until=until,
                usable=usable,
                leaving=leaving,
                early=usable and access.starts_at > now,
                state=AccessPass.flow.title(access.state) if access.state != VALID or usable else "已过期",
                digits=digits.of(access.id, now),
                picture=url_for("passes.code", key=key),
                reload=RELOAD,
            )
        )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@pages.get("/<key>/code.png")
def code(key: str) -> Response:
    """The QR code alone."""
    limits.spend(LIMIT, "pass", limits.address())
    with reading():
        access = _find(db.session(), key)
        if access is None or not (_usable(access) or _leaving(access)):
            return Response(status=404)
        return picture(keys.Signer(db.session()).token(access))


def _usable(access: AccessPass) -> bool:
    """Whether the pass may still let somebody in."""
    return access.state == VALID and access.ends_at > clock.now()


def _leaving(access: AccessPass) -> bool:
    """Whether somebody who came in with it is to leave with it."""
    return access.exits < access.entries


def picture(token: str) -> Response:
    """The QR code of a token, as an answer that nobody keeps."""
    answer = Response(qr.png(token), mimetype="image/png")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _find(session: Session, key: str) -> AccessPass | None:
    shared = keys.shared_code(key)
    if shared is None:
        return None
    shown = selectinload(AccessPass.visit).options(*queries.SHOWN)
    return session.scalar(select(AccessPass).where(AccessPass.code == shared).options(shown))


def url_of(access: AccessPass) -> str:
    """The address of a pass's page: by ``PUBLIC_URL``, or as this request came."""
    return addresses.public(url_for("passes.show", key=keys.share_key(access.code)))
