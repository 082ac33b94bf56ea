"""The life of a staff session: a cookie that names a person and an epoch.

It dies at the next request once the person is disabled or locked or the epoch moves on (password change,
reset), after idling, and after twelve hours in any case.
"""

from datetime import timedelta

from flask import session
from flask_appbuilder.security.sqla.models import User
from flask_login import login_user

from app.core import clock, settings
from app.core.backoffice.models import StaffAccount

LONGEST_SESSION = timedelta(hours=12)
SEEN_EVERY = 60
"""Seconds between two notes of activity in the cookie, so that not every answer sets one."""


def begin_session(person: User, account: StaffAccount) -> None:
    """Sign ``person`` in under a fresh session."""
    now = int(clock.now().timestamp())
    session.clear()
    session.permanent = False
    session.update(epoch=account.epoch, since=now, seen=now)
    login_user(person)


def alive(account: StaffAccount | None) -> bool:
    """Whether the present session still stands; notes the activity."""
    now = int(clock.now().timestamp())
    since, seen = session.get("since", 0), session.get("seen", 0)
    if session.get("epoch") != (account.epoch if account else 0):
        return False
    if account and account.locked_until and account.locked_until > clock.now():
        return False
    if now - since > LONGEST_SESSION.total_seconds() or now - seen > settings.get("system.idle_minutes") * 60:
        return False
    if now - seen >= SEEN_EVERY:
        session["seen"] = now
    return True
