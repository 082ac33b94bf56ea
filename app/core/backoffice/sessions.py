"""The life of a staff session: a cookie that names a person, an epoch and a row of ``staff_session``.

It dies at the next request once the person signs out, is disabled or locked, or the epoch moves on (password
change, reset), after idling, and after twelve hours in any case.
"""

import hashlib
import secrets
from datetime import timedelta

from flask import g, request, session
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import login_user
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.audit import Actor, act_as
from app.core.backoffice.models import StaffAccount, StaffSession

LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = 60
"""Seconds between two notes of activity in the cookie, so that not every answer sets one."""


def act_as_visitor() -> None:
    """Nobody is signed in yet. Threads are used again: who acted in the request before must not act in this one."""
    act_as(Actor("visitor", "", _("未登录"), request.remote_addr or "", g.request_id))


def act_as_staff(person: User) -> None:
    """From here on this staff member acts."""
    act_as(Actor("staff", str(person.id), person.first_name, request.remote_addr or "", g.request_id))


def open_session(store: Session, person: User) -> str:
    """A new session of a person; returns the key for the cookie. Sessions that have outlived themselves go."""
    key = secrets.token_urlsafe(32)
    too_old = StaffSession.created_at < clock.now() - LONGEST_SESSION
    store.execute(delete(StaffSession).where(StaffSession.user_id == person.id, too_old))
    store.add(StaffSession(user_id=person.id, digest=digest_of(key)))
    return key


def begin_session(person: User, account: StaffAccount, key: str) -> None:
    """Sign ``person`` in under a fresh cookie."""
    now = int(clock.now().timestamp())
    session.clear()
    session.permanent = False
    session.update(epoch=account.epoch, key=key, seen=now)
    login_user(person)


def end_session(store: Session) -> None:
    """End the present session, wherever its cookie has been copied to."""
    store.execute(delete(StaffSession).where(StaffSession.digest == present_digest()))


def end_all_sessions(store: Session, person: User) -> None:
    """End every session of a person."""
    store.execute(delete(StaffSession).where(StaffSession.user_id == person.id))


def present_digest() -> str:
    """What the table holds of the present cookie's key."""
    return digest_of(session.get("key", ""))


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def alive(account: StaffAccount | None, opened: StaffSession | None) -> bool:
    """Whether the present session still stands; notes the activity."""
    now = clock.now()
    if opened is None or now - opened.created_at > LONGEST_SESSION:
        return False
    if session.get("epoch") != (account.epoch if account else 0) or is_locked(account):
        return False
    idle = int(now.timestamp()) - session.get("seen", 0)
    if idle > settings.get("system.idle_minutes") * 60:
        return False
    if idle >= SEEN_EVERY:
        session["seen"] = int(now.timestamp())
    return True


def is_locked(account: StaffAccount | None) -> bool:
    """Whether too many failures have closed the account for now."""
    return account is not None and account.locked_until is not None and account.locked_until > clock.now()
