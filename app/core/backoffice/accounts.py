"""Sign-in rules of staff: passwords, lock-out, one-time codes (等保 2.0 8.1.4.1).

Unknown names, wrong passwords and locked accounts get the same answer after the same work, so that
nobody learns which names exist.
"""

from datetime import timedelta
from typing import NamedTuple

import pyotp
from flask import current_app
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.core import audit, clock, settings
from app.core.backoffice.models import StaffAccount
from app.core.backoffice.sessions import end_all_sessions, is_locked, open_session
from app.core.db import conflict_insert, execute
from app.core.errors import Invalid

FAILURES_PER_LOCK = 5
LOCKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
LONGEST_NAME, LONGEST_PASSWORD = 64, 256
COMMON = ("password", "passw0rd", "123456", "qwerty", "admin", "abc123", "111111", "888888", "woaini", "wuye")


def refusal() -> str:
    """The one answer to every failed sign-in."""
    return _("登录名或密码不正确，或账号已被暂时锁定（连续输错 %(n)s 次锁定，时间逐次延长）", n=FAILURES_PER_LOCK)


class Candidate(NamedTuple):
    """Who wants to sign in: the name as typed, and the person and password hash that belong to it, if any."""

    username: str
    person_id: int | None
    stored: str

    def matches(self, password: str) -> bool:
        """Whether the password is right; as slow for a name that does not exist. Hold no transaction meanwhile."""
        return check_password_hash(self.stored, password[:LONGEST_PASSWORD])


def candidate(session: Session, username: str) -> Candidate:
    """Look up who a typed name belongs to."""
    username = username.strip()[:LONGEST_NAME]
    row = None
    if "\0" not in username:
        names = func.lower(User.username) == username.lower()
        row = session.execute(select(User.id, User.password).where(names)).first()
    fake = current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
    return Candidate(username, row.id if row else None, (row and row.password) or fake)


def admit(session: Session, who: Candidate, matched: bool) -> tuple[User, StaffAccount] | None:
    """The person, unless the password was wrong or the account is locked or disabled; failures count, audited."""
    person = session.get(User, who.person_id) if who.person_id is not None else None
    if person is None:
        audit.record(session, "login_failed", "ab_user", {"username": audit_name(who.username)})
        return None
    account = ensure_account(session, person)
    locked = is_locked(account)
    if matched and person.active and not locked and person.password == who.stored:
        return person, account
    audit.record(session, "login_failed", person, {"locked": locked, "active": bool(person.active)})
    if not locked:
        _count_failure(session, account)
    return None


def admit_code(session: Session, person_id: int, code: str) -> tuple[User, StaffAccount] | None:
    """The person, when the one-time code of the second step is right; else the failure counts and is audited."""
    person = session.get(User, person_id)
    if person is None:
        return None
    account = ensure_account(session, person)
    locked = is_locked(account)
    if not locked and person.active and check_code(session, account, code):
        return person, account
    audit.record(session, "login_failed", person, {"second_step": True, "locked": locked})
    return None


def audit_name(username: str) -> str:
    """What the trail keeps of a name that does not exist: people type passwords there."""
    shown = "".join(char for char in username[:2] if char.isprintable())
    return f"{shown}***({len(username)})"


def ensure_account(session: Session, person: User) -> StaffAccount:
    """The sign-in record of a person, made at the first need, locked until the transaction ends."""
    query = select(StaffAccount).where(StaffAccount.user_id == person.id).with_for_update()
    account = session.scalar(query.execution_options(populate_existing=True))
    if account is None:
        fresh = {"user_id": person.id, "epoch": 0, "failures": 0, "must_change_password": False, "totp_step": 0}
        session.execute(conflict_insert(session, StaffAccount).values(fresh).on_conflict_do_nothing())
        account = session.scalars(query).one()
    return account


def _count_failure(session: Session, account: StaffAccount) -> None:
    execute(
        session, update(StaffAccount).where(StaffAccount.id == account.id).values(failures=StaffAccount.failures + 1)
    )
    session.refresh(account)
    if account.failures % FAILURES_PER_LOCK == 0:
        step = min(account.failures // FAILURES_PER_LOCK, len(LOCKS)) - 1
        account.locked_until = clock.now() + LOCKS[step]


def signed_in(session: Session, person: User, account: StaffAccount) -> str:
    """Note a completed sign-in; returns the key of the new session."""
    account.failures, account.locked_until = 0, None
    person.last_login = clock.local(clock.now()).replace(tzinfo=None)
    person.login_count = (person.login_count or 0) + 1
    audit.record(session, "login", person, {})
    return open_session(session, person)


def confirm_password(session: Session, person: User, password: str) -> bool:
    """Whether a signed-in person knows the password; a wrong one counts as a failed sign-in."""
    if check_password_hash(person.password or "", password[:LONGEST_PASSWORD]):
        return True
    audit.record(session, "login_failed", person, {"signed_in": True})
    _count_failure(session, ensure_account(session, person))
    return False


def change_password(session: Session, person: User, new: str) -> tuple[StaffAccount, str]:
    """Replace one's own password, which was confirmed before; every session of the person dies.

    Returns the account and the key of a new session. Raises Invalid when the new password breaks the policy.
    """
    check_policy(new, person.username)
    if check_password_hash(person.password or "", new):
        raise Invalid.field("new", _("新密码不能与当前密码相同"))
    person.password = hash_password(new)
    account = ensure_account(session, person)
    account.epoch += 1
    account.must_change_password = False
    audit.record(session, "password", person, {})
    end_all_sessions(session, person)
    return account, open_session(session, person)


def hash_password(password: str) -> str:
    """scrypt, with the parameters of the installed Werkzeug."""
    return generate_password_hash(password, method=current_app.config.get("FAB_PASSWORD_HASH_METHOD", "scrypt"))


def check_policy(password: str, username: str) -> None:
    """Raises Invalid when the password is too short, too plain, common, or holds the name."""
    shortest = settings.get("system.password_length")
    if len(password) < shortest or len(password) > 128:
        raise Invalid.field("new", _("密码应为 %(n)s 至 128 个字符", n=shortest))
    classes = sum(
        any(test(char) for char in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    )
    if classes < 3:
        raise Invalid.field("new", _("密码应包含大写字母、小写字母、数字、符号中的至少三种"))
    plain = password.lower()
    if username.lower() in plain or any(word in plain for word in COMMON):
        raise Invalid.field("new", _("密码不能包含登录名或常见密码"))


def check_code(session: Session, account: StaffAccount, code: str) -> bool:
    """Whether a one-time code is right; each works once (RFC 6238 section 5.2). A wrong one counts as a failure."""
    used = _step_of(account.totp_secret, code)
    if used is None:
        _count_failure(session, account)
        return False
    won = execute(
        session,
        update(StaffAccount).where(StaffAccount.id == account.id, StaffAccount.totp_step < used).values(totp_step=used),
    )
    return won == 1


def start_codes(account: StaffAccount, secret: str, code: str) -> bool:
    """Switch the second step on, when ``code`` shows that the person's device has the secret; the code is spent."""
    used = _step_of(secret, code)
    if used is None:
        return False
    account.totp_secret, account.totp_step = secret, used
    return True


def _step_of(secret: str | None, code: str) -> int | None:
    """The time step that a code belongs to; a device's clock may be one step off either way."""
    if not secret:
        return None
    totp, now = pyotp.TOTP(secret), clock.now()
    for drift in (0, -1, 1):
        if pyotp.utils.strings_equal(totp.at(now, counter_offset=drift), code.strip()):
            return int(now.timestamp()) // totp.interval + drift
    return None
