"""Signing in: one answer to every failure, lock-out, floods, and no way out to other sites."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update
from werkzeug.security import generate_password_hash

from app.core import clock
from app.core.audit import AuditEntry
from tests.conftest import Browse, Store
from tests.core.backoffice_shell.forms import account_of, fail, sign_in
from tests.factories import PASSWORD, make_staff
from tests.postgresql import both_databases


@pytest.fixture
def li(store: Store) -> str:
    with store() as session:
        make_staff(session, "li", {("customers", "view")}, first_name="李梅")
    return "li"


def entries(store: Store, *actions: str) -> list[AuditEntry]:
    with store() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.seq)).all()
        session.expunge_all()
        return list(found)


@pytest.mark.req("S2")
@both_databases
def test_who_knows_the_password_is_in(app: Flask, li: str) -> None:
    client = app.test_client()
    assert client.get("/").headers["Location"].startswith("/login/")
    answer = sign_in(client, " LI ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert "李梅" in client.get("/").get_data(as_text=True)


@pytest.mark.req("S2")
def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(app: Flask, li: str) -> None:
    pages = [sign_in(app.test_client(), name, "wrong").get_data(as_text=True) for name in ("li", "nobody")]
    known, unknown = (page.split('role="alert"')[1].split("</div>")[0] for page in pages)
    assert known == unknown
    assert len(pages[0]) - len("li") == len(pages[1]) - len("nobody")
    assert all("登录名或密码不正确" in page for page in pages)


@pytest.mark.req("S2")
def test_an_unknown_name_takes_as_long_as_a_wrong_password(app: Flask, store: Store, li: str) -> None:
    with store() as session:
        session.execute(update(User).values(password=generate_password_hash(PASSWORD)))

    def work(name: str) -> float:
        started = time.process_time()
        sign_in(app.test_client(), name, "wrong")
        return time.process_time() - started

    work("li")
    known, unknown = (median(work(name) for _ in range(4)) for name in ("li", "nobody"))
    assert 0.5 < known / unknown < 2


@pytest.mark.req("S2")
def test_five_failures_lock_for_five_minutes_then_fifteen_then_sixty(app: Flask, li: str) -> None:
    passed = timedelta()
    for minutes in (5, 15, 60, 60):
        with clock.travel(passed):
            fail(app, "li", 5)
            assert sign_in(app.test_client(), "li").status_code == 401, "the right password too"
        with clock.travel(passed + timedelta(minutes=minutes, seconds=-5)):
            assert sign_in(app.test_client(), "li").status_code == 401
        passed += timedelta(minutes=minutes, seconds=5)
        app.extensions.pop("rate_limiter", None)
    with clock.travel(passed):
        assert sign_in(app.test_client(), "li").status_code == 302


@pytest.mark.req("S2")
def test_a_sign_in_forgives_earlier_failures(app: Flask, li: str) -> None:
    for _ in range(2):
        fail(app, "li", 4)
        assert sign_in(app.test_client(), "li").status_code == 302


def test_the_lock_is_told_in_words_to_everybody(app: Flask, li: str) -> None:
    page = sign_in(app.test_client(), "nobody", "wrong").get_data(as_text=True)
    assert "连续输错 5 次锁定" in page


@pytest.mark.req("S2")
def test_a_disabled_person_is_not_let_in(app: Flask, store: Store) -> None:
    with store() as session:
        make_staff(session, "gone", active=False)
    assert sign_in(app.test_client(), "gone").status_code == 401


@pytest.mark.req("S2")
def test_one_address_gets_thirty_attempts_a_minute(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = generate_password_hash("x", method="pbkdf2:sha256:1")
    monkeypatch.setitem(app.config, "AUTH_DB_FAKE_PASSWORD_HASH_CHECK", quick)
    for n in range(30):
        assert sign_in(app.test_client(), f"name{n}", "wrong").status_code == 401
    answer = sign_in(app.test_client(), "li")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "操作过于频繁" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil", "///evil.example", "http:evil.example", " //evil.example", "evil"],
)  # fmt: skip
@pytest.mark.req("S2")
def test_after_signing_in_one_stays_on_this_site(app: Flask, li: str, target: str) -> None:
    answer = app.test_client().post(
        "/login/", query_string={"next": target}, data={"username": "li", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(app: Flask, li: str) -> None:
    client = app.test_client()
    asked = client.get("/members/customer/?kind=tenant&q=x")
    assert asked.status_code == 302
    page = client.get(asked.headers["Location"]).get_data(as_text=True)
    address = page.split('<form method="post" action="')[1].split('"')[0].replace("&amp;", "&")
    assert 'action="' + address.replace("&", "&amp;") in sign_in(client, "li", "no", address).get_data(as_text=True)
    assert sign_in(client, "li", address=address).headers["Location"] == "/members/customer/?kind=tenant&q=x"


def test_a_form_sent_without_being_signed_in_is_not_asked_for_again(app: Flask) -> None:
    assert app.test_client().post("/members/customer/export").headers["Location"] == "/login/"


@pytest.mark.parametrize("name", ["", "\0", "li\0", "x" * 5000, "' OR 1=1 --", "李梅", "\ud7ff\U0001f600"])
@both_databases
def test_odd_names_are_refused_like_any_other(app: Flask, li: str, name: str) -> None:
    assert sign_in(app.test_client(), name, "wrong\0" * 200).status_code == 401


@pytest.mark.req("S2")
def test_sign_ins_failures_and_sign_outs_are_audited_with_the_address(app: Flask, store: Store, li: str) -> None:
    client = app.test_client()
    fail(app, "li", 1)
    sign_in(client, "li")
    client.post("/logout/")
    failed, entered, left = entries(store, "login", "login_failed", "logout")
    assert (failed.action, failed.actor_kind, failed.actor_name) == ("login_failed", "visitor", "未登录")
    assert (entered.action, entered.actor_name) == ("login", "李梅")
    assert (left.action, left.actor_name) == ("logout", "李梅")
    assert {entry.ip for entry in (failed, entered, left)} == {"127.0.0.1"}


@pytest.mark.req("S2")
def test_what_was_typed_as_an_unknown_name_is_not_kept(app: Flask, store: Store) -> None:
    fail(app, "My-Secret-Password-1", 1)
    (entry,) = entries(store, "login_failed")
    assert "Secret" not in str(entry.changes)


def test_nobody_acts_in_the_name_of_whom_the_thread_served_before(app: Flask, store: Store, browse: Browse) -> None:
    browse("boss").get("/")
    fail(app, "nobody", 1)
    (entry,) = entries(store, "login_failed")
    assert entry.actor_kind == "visitor"


def test_whoever_is_signed_in_need_not_sign_in_again(browse: Browse) -> None:
    assert browse().get("/login/").headers["Location"] == "/"


@pytest.mark.req("S2")
@both_databases
def test_failures_at_the_same_moment_are_all_counted(app: Flask, store: Store, li: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _n: sign_in(app.test_client(), "li", "wrong").status_code, range(4)))
    assert answers == [401] * 4
    with store() as session:
        assert account_of(session, "li").failures == 4
    fail(app, "li", 1)
    assert sign_in(app.test_client(), "li").status_code == 401, "the fifth locks"
