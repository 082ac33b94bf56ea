"""One-time codes as a second step: set up, asked for, each accepted once, guessed in vain, switched off."""

from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditEntry
from app.modules.system import staff
from tests.conftest import Browse, Store
from tests.core.backoffice_shell.forms import account_of, is_signed_in, sign_in
from tests.factories import PASSWORD


def now_code(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


@pytest.fixture
def secret(browse: Browse) -> str:
    """The secret of "li", who has switched the second step on (two minutes ago: its code is spent)."""
    with clock.travel(-timedelta(minutes=2)):
        client = browse("li")
        page = client.get("/account/totp").get_data(as_text=True)
        found = page.split('<code class="secret">')[1].split("</code>")[0]
        assert "data:image/svg+xml;base64," in page
        assert client.post("/account/totp", data={"code": now_code(found)}).status_code == 302
        assert "已开启" in client.get("/account/totp").get_data(as_text=True)
    return found


def half_signed_in(app: Flask) -> FlaskClient:
    client = app.test_client()
    answer = sign_in(client, "li", address="/login/?next=/account/totp")
    assert answer.headers["Location"] == "/login/code"
    assert not is_signed_in(client)
    return client


@pytest.mark.req("S2")
def test_the_password_alone_is_not_enough(app: Flask, secret: str) -> None:
    client = half_signed_in(app)
    answer = client.post("/login/code", data={"code": now_code(secret)})
    assert answer.headers["Location"] == "/account/totp", "where one wanted to be"
    assert is_signed_in(client)


@pytest.mark.req("S2")
def test_a_code_works_once(app: Flask, secret: str) -> None:
    code = now_code(secret)
    assert half_signed_in(app).post("/login/code", data={"code": code}).status_code == 302
    answer = half_signed_in(app).post("/login/code", data={"code": code})
    assert answer.status_code == 401
    assert "动态口令不正确或已使用" in answer.get_data(as_text=True)


@pytest.mark.req("S2")
def test_guessing_codes_locks_even_when_the_password_is_typed_again_each_time(app: Flask, secret: str) -> None:
    for _ in range(5):
        assert half_signed_in(app).post("/login/code", data={"code": "000000"}).status_code == 401
    assert sign_in(app.test_client(), "li").status_code == 401


def test_the_second_step_waits_five_minutes(app: Flask, secret: str) -> None:
    client = half_signed_in(app)
    with clock.travel(timedelta(minutes=6)):
        answer = client.post("/login/code", data={"code": now_code(secret)})
        assert answer.headers["Location"] == "/login/"
        assert "验证已超时" in client.get("/login/").get_data(as_text=True)
    assert not is_signed_in(client)


def test_the_code_page_alone_leads_back_to_the_password(app: Flask) -> None:
    assert app.test_client().get("/login/code").headers["Location"] == "/login/"
    assert app.test_client().post("/login/code", data={"code": "1"}).headers["Location"] == "/login/"


def test_it_is_not_switched_on_by_a_wrong_code(browse: Browse, store: Store) -> None:
    client = browse("li")
    answer = client.post("/account/totp", data={"code": "12345"})
    assert answer.status_code == 422
    with store() as session:
        assert account_of(session, "li").totp_secret is None


@pytest.mark.req("S2")
def test_it_is_switched_off_with_the_password(app: Flask, browse: Browse, secret: str, store: Store) -> None:
    client = half_signed_in(app)
    client.post("/login/code", data={"code": now_code(secret)})
    assert client.post("/account/totp", data={"password": "wrong"}).status_code == 422
    assert client.post("/account/totp", data={"password": PASSWORD}).status_code == 302
    assert sign_in(app.test_client(), "li").headers["Location"] == "/"
    with store() as session:
        switched = select(AuditEntry.action).where(AuditEntry.action.like("totp%")).order_by(AuditEntry.seq)
        actions = session.scalars(switched).all()
        everything = str([entry.changes for entry in session.scalars(select(AuditEntry))])
    assert actions == ["totp_on", "totp_off"]
    assert secret not in everything


def test_the_secret_is_stored_encrypted(store: Store, secret: str) -> None:
    with store() as session:
        assert account_of(session, "li").totp_secret == secret
        raw = session.connection().exec_driver_sql("SELECT totp_secret FROM staff_account").scalars().all()
    assert secret not in str(raw)


def test_a_superadmin_opens_the_way_for_who_has_lost_the_phone(app: Flask, secret: str, store: Store) -> None:
    with store() as session:
        password = staff.reset_password(session, session.scalars(select(User).where(User.username == "li")).one())
    assert sign_in(app.test_client(), "li", password).headers["Location"] == "/"
