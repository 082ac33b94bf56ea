"""What the tests of signing in type and read."""

from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.core.backoffice.models import StaffAccount
from tests.factories import PASSWORD


def sign_in(client: FlaskClient, username: str, password: str = PASSWORD, address: str = "/login/") -> TestResponse:
    """Send the sign-in form."""
    return client.post(address, data={"username": username, "password": password})


def fail(app: Flask, username: str, times: int) -> None:
    """Type a wrong password."""
    for _ in range(times):
        assert sign_in(app.test_client(), username, "wrong").status_code == 401


def is_signed_in(client: FlaskClient) -> bool:
    """Whether the start page opens."""
    return client.get("/").status_code == 200


def change_password(client: FlaskClient, new: str, current: str = PASSWORD, again: str | None = None) -> TestResponse:
    """Send the form for one's own password."""
    form = {"current": current, "new": new, "again": new if again is None else again}
    return client.post("/account/password", data=form)


def account_of(session: Session, username: str) -> StaffAccount:
    """The sign-in record of a person."""
    return session.scalars(
        select(StaffAccount).join(User, User.id == StaffAccount.user_id).where(User.username == username)
    ).one()
