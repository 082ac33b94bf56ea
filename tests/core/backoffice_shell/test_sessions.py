"""A session dies at the next request when it should, also where its cookie was copied to."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, update

from app.core import clock, settings
from app.core.backoffice.models import StaffSession
from app.modules.system import staff
from tests.conftest import Browse, Store
from tests.core.backoffice_shell.forms import change_password, fail, is_signed_in, sign_in
from tests.factories import make_staff
from tests.postgresql import both_databases

NEW = "Fresh-Word-77"


def copy_of(client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    other = client.application.test_client()
    cookie = client.get_cookie("staff")
    assert cookie is not None
    other.set_cookie("staff", cookie.value)
    return other


@pytest.mark.req("S2")
@both_databases
def test_signing_out_ends_copies_of_the_cookie_too_but_not_other_browsers(browse: Browse) -> None:
    here, elsewhere = browse("li", {("customers", "view")}), browse("li")
    copied = copy_of(here)
    assert is_signed_in(copied)
    assert here.post("/logout/").headers["Location"] == "/login/"
    assert not is_signed_in(here)
    assert not is_signed_in(copied)
    assert is_signed_in(elsewhere)


@pytest.mark.req("S2")
def test_a_session_is_new_after_signing_in(app: Flask, store: Store) -> None:
    with store() as session:
        make_staff(session, "li")
    client = app.test_client()
    client.get("/login/")
    with client.session_transaction() as before:
        before["planted"] = "by an attacker"
    sign_in(client, "li")
    with client.session_transaction() as after:
        assert "planted" not in after


@pytest.mark.req("S2")
def test_half_an_hour_without_activity_signs_out(browse: Browse) -> None:
    client = browse()
    for minutes in (20, 40, 60):
        with clock.travel(timedelta(minutes=minutes)):
            assert is_signed_in(client), "active all the time"
    with clock.travel(timedelta(minutes=91)):
        assert not is_signed_in(client)
        assert "登录已失效" in client.get("/login/").get_data(as_text=True)


def test_the_idle_time_is_a_setting(browse: Browse, store: Store) -> None:
    client = browse()
    with store() as session:
        settings.put(session, "system.idle_minutes", 5)
    with clock.travel(timedelta(minutes=6)):
        assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_twelve_hours_end_a_session_however_active(browse: Browse) -> None:
    client = browse()
    for quarter in range(1, 48):
        with clock.travel(timedelta(minutes=15 * quarter)):
            assert is_signed_in(client)
    with clock.travel(timedelta(hours=12, minutes=1)):
        assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_changing_the_password_ends_all_sessions_but_this_one(browse: Browse) -> None:
    here, elsewhere = browse("li", {("customers", "view")}), browse("li")
    copied = copy_of(here)
    assert change_password(here, NEW).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert not is_signed_in(copied)


@pytest.mark.req("S2")
def test_disabling_a_person_ends_the_session(browse: Browse, store: Store) -> None:
    client = browse("li", {("customers", "view")})
    with store() as session:
        session.execute(update(User).where(User.username == "li").values(active=False))
    assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_a_reset_password_ends_the_sessions(browse: Browse, store: Store) -> None:
    client = browse("li", {("customers", "view")})
    with store() as session:
        staff.reset_password(session, session.scalars(select(User).where(User.username == "li")).one())
    assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_a_lock_ends_the_session(app: Flask, browse: Browse) -> None:
    client = browse("li", {("customers", "view")})
    fail(app, "li", 5)
    assert not is_signed_in(client)


def test_outlived_sessions_are_swept_at_the_next_sign_in(app: Flask, browse: Browse, store: Store) -> None:
    browse("li")
    browse("li")
    with clock.travel(timedelta(hours=13)):
        browse("li")
    with store() as session:
        assert session.scalar(select(func.count()).select_from(StaffSession)) == 1


def test_a_forged_cookie_signs_nobody_in(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("staff", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_other_sites(app: Flask, store: Store) -> None:
    with store() as session:
        make_staff(session, "li")
    cookie = sign_in(app.test_client(), "li").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie, "gone when the browser is closed"
