"""One's own password: the policy, the first change, and that guessing the present one is counted."""

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.core import settings
from app.core.audit import AuditEntry
from app.modules.system import staff
from tests.conftest import Browse, Store
from tests.core.backoffice_shell.forms import change_password, is_signed_in, sign_in
from tests.factories import PASSWORD, make_staff

NEW = "Fresh-Word-77"


@pytest.mark.req("S2")
@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("Aa1-aaaaa", "密码应为 10 至 128 个字符"),
        ("Aa1-" + "a" * 125, "密码应为 10 至 128 个字符"),
        ("onlyletters-here", "至少三种"),
        ("ALLCAPITALS1234", "至少三种"),
        ("Xx1-zhangsan-9", "不能包含登录名"),
        ("My-Password-12", "常见密码"),
        (PASSWORD, "不能与当前密码相同"),
    ],
)
def test_a_weak_password_is_refused_in_words(browse: Browse, new: str, said: str) -> None:
    answer = change_password(browse("zhangsan", {("customers", "view")}), new)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_the_shortest_length_is_a_setting(browse: Browse, store: Store) -> None:
    client = browse()
    with store() as session:
        settings.put(session, "system.password_length", 14)
    answer = change_password(client, NEW)
    assert "密码应为 14 至 128 个字符" in answer.get_data(as_text=True)
    assert "至少 14 个字符" in client.get("/account/password").get_data(as_text=True)


def test_the_new_password_is_typed_twice(browse: Browse) -> None:
    answer = change_password(browse(), NEW, again="Other-Word-77")
    assert "两次输入的新密码不一致" in answer.get_data(as_text=True)


@pytest.mark.req("S2")
def test_the_new_password_works_and_the_old_one_no_more(app: Flask, browse: Browse, store: Store) -> None:
    assert change_password(browse("li"), NEW).status_code == 302
    assert sign_in(app.test_client(), "li").status_code == 401
    assert sign_in(app.test_client(), "li", NEW).status_code == 302
    with store() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "password")).all()
        everything = str([entry.changes for entry in session.scalars(select(AuditEntry))])
    assert len(entries) == 1
    assert NEW not in everything
    assert "pbkdf2" not in everything


@pytest.mark.req("S2")
def test_guessing_the_present_password_counts_and_locks(browse: Browse) -> None:
    client = browse("li")
    for _ in range(5):
        answer = change_password(client, NEW, current="guess")
        assert "当前密码不正确" in answer.get_data(as_text=True)
    assert not is_signed_in(client)


@pytest.mark.req("S2")
def test_an_initial_password_must_be_changed_before_anything_else(app: Flask, store: Store) -> None:
    with store() as session:
        person = make_staff(session, "li")
        password = staff.reset_password(session, person)
    client = app.test_client()
    sign_in(client, "li", password)
    for path in ("/", "/members/customer/", "/system/staff/", "/account/totp", "/nothing"):
        assert client.get(path).headers.get("Location") == "/account/password", path
    assert client.post("/system/roles/new", data={"name": "x"}).headers["Location"] == "/account/password"
    page = client.get("/account/password").get_data(as_text=True)
    assert "请先设置自己的密码" in page
    assert "/system/staff/" not in page, "no menu yet"
    assert change_password(client, NEW, current=password).headers["Location"] == "/"
    assert is_signed_in(client)


@pytest.mark.req("S2")
def test_passwords_are_kept_as_scrypt(
    app: Flask, browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(app.config, "FAB_PASSWORD_HASH_METHOD")
    change_password(browse("li"), NEW)
    with store() as session:
        assert session.scalars(select(User.password).where(User.username == "li")).one().startswith("scrypt:")


def test_account_pages_are_for_those_signed_in(app: Flask) -> None:
    for path in ("/account/password", "/account/totp"):
        assert app.test_client().get(path).headers["Location"] == f"/login/?next={path}"
        assert app.test_client().post(path).headers["Location"] == "/login/"
