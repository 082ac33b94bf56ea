"""Sign-in rules of staff: passwords, lock-out, one-time codes (等保 2.0 8.1.4.1).

Unknown names, wrong passwords and locked accounts get the same answer after the same work, so that
nobody learns which names exist.
"""

from datetime import timedelta

import pyotp
from flask import current_app
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.core import audit, clock, settings
from app.core.backoffice.models import StaffAccount
from app.core.errors import Invalid

FAILURES_PER_LOCK = 5
LOCKS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
COMMON = ("password", "passw0rd", "123456", "qwerty", "admin", "abc123", "111111", "888888", "woaini", "wuye")


def refusal() -> str:
    """The one answer to every failed sign-in."""
    return _("登录名或密码不正确,或账号已被暂时锁定(连续输错 %(n)s 次锁定,时间逐次延长)", n=FAILURES_PER_LOCK)


def authenticate(session: Session, username: str, password: str) -> User | None:
    """The person with this name and password, unless locked or disabled; failures are counted and audited."""
    person = session.scalar(select(User).where(func.lower(User.username) == username.strip().lower()))
    stored = person.password if person and person.password else current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
    right = check_password_hash(stored, password[:256])
    if person is None:
        audit.record(session, "login_failed", "ab_user", {"username": audit_name(username)})
        return None
    account = ensure_account(session, person)
    locked = account.locked_until is not None and account.locked_until > clock.now()
    if right and person.active and not locked:
        account.failures, account.locked_until = 0, None
        return person
    audit.record(session, "login_failed", person, {"locked": locked, "active": bool(person.active)})
    if not locked:
        _count_failure(session, account)
    return None


def audit_name(username: str) -> str:
    """What the trail keeps of a name that does not exist: people type passwords there."""
    return f"{username[:2]}***({len(username)})"


def ensure_account(session: Session, person: User) -> StaffAccount:
    """The sign-in record of a person, made at the first need."""
    account = session.scalar(select(StaffAccount).where(StaffAccount.user_id == person.id))
    if account is None:
        account = StaffAccount(user_id=person.id, epoch=0, failures=0)
        session.add(account)
        session.flush()
    return account


def _count_failure(session: Session, account: StaffAccount) -> None:
    session.execute(
        update(StaffAccount).where(StaffAccount.id == account.id).values(failures=StaffAccount.failures + 1),
        execution_options={"synchronize_session": False},
    )
    session.refresh(account)
    if account.failures % FAILURES_PER_LOCK == 0:
        step = min(account.failures // FAILURES_PER_LOCK, len(LOCKS)) - 1
        account.locked_until = clock.now() + LOCKS[step]


def signed_in(session: Session, person: User) -> StaffAccount:
    """Note a completed sign-in; returns the account whose epoch the session takes."""
    account = ensure_account(session, person)
    person.last_login = clock.local(clock.now()).replace(tzinfo=None)
    person.login_count = (person.login_count or 0) + 1
    audit.record(session, "login", person, {})
    return account


def change_password(session: Session, person: User, current: str, new: str) -> StaffAccount:
    """Replace one's own password; every other session of the person dies.

    Raises Invalid when the current one is wrong or the new one breaks the policy.
    """
    if not check_password_hash(person.password or "", current[:256]):
        raise Invalid.field("current", _("当前密码不正确"))
    check_policy(new, person.username)
    if check_password_hash(person.password or "", new):
        raise Invalid.field("new", _("新密码不能与当前密码相同"))
    person.password = hash_password(new)
    account = ensure_account(session, person)
    account.epoch += 1
    account.must_change_password = False
    audit.record(session, "password", person, {})
    return account


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
    """Whether a one-time code is right; each works once (RFC 6238 section 5.2)."""
    totp = pyotp.TOTP(account.totp_secret or "")
    now = clock.now()
    step = next(
        (s for s in (-1, 0, 1) if pyotp.utils.strings_equal(totp.at(now, s), code.strip())), None
    )  # one step of clock drift either way
    if not account.totp_secret or step is None:
        _count_failure(session, account)
        return False
    used = int(now.timestamp()) // totp.interval + step
    won = session.execute(
        update(StaffAccount).where(StaffAccount.id == account.id, StaffAccount.totp_step < used).values(totp_step=used),
        execution_options={"synchronize_session": False},
    )
    return won.rowcount == 1
