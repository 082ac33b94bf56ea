"""Who may call, how often, and what a repeated call does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core import clock, limits
from app.core.api.caller import digest_of
from app.core.api.models import IdempotentAnswer
from app.core.audit import AuditEntry
from app.core.jobs import run_due
from app.modules.estate.models import Community
from app.modules.members.models import Member, MemberToken
from app.modules.system.models import MenuModule
from app.modules.system.operations import complete_menu
from tests.conftest import PhoneOf, Store
from tests.core.api.test_validation import assert_problem
from tests.phones import Phone, picture
from tests.postgresql import both_databases

AT_ONCE = 6


def count(store: Store, model: Any = Community) -> int:
    with store() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


# ---- tokens and roles


def test_without_a_token_an_endpoint_for_members_asks_to_sign_in(phone: PhoneOf) -> None:
    answer = phone().get("/lab/merchants")
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Basic eDp5", "bearer " + "y" * 500, "Bearer a b"])
def test_a_malformed_or_unknown_token_is_dead_even_where_none_is_needed(phone: PhoneOf, header: str) -> None:
    assert_problem(phone().call("GET", "/lab/who", Authorization=header), 401, "unauthenticated")


def test_another_role_is_forbidden(phone: PhoneOf) -> None:
    assert_problem(phone("dev-li").get("/lab/merchants"), 403, "forbidden")


def test_a_public_endpoint_knows_who_calls(phone: PhoneOf) -> None:
    li = phone("dev-li")
    assert li.get("/lab/who").json == {"count": int(li.member["id"])}
    assert phone().get("/lab/who").json == {"count": 0}


def test_a_token_is_random_and_only_its_digest_is_kept(phone: PhoneOf, store: Store) -> None:
    token = phone("dev-li").headers["Authorization"].removeprefix("Bearer ")
    assert len(token) >= 43, "32 random bytes"
    with store() as session:
        kept = session.scalars(select(MemberToken)).one()
        assert kept.digest == digest_of(token)
        assert token not in [str(value) for value in vars(kept).values()]


def test_a_token_dies_at_once_on_signing_out(phone: PhoneOf) -> None:
    li = phone("dev-li")
    assert li.post("/auth/logout").status_code == 204
    assert_problem(li.get("/me"), 401, "unauthenticated")


def test_a_token_dies_at_once_when_the_member_is_disabled(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        session.execute(update(Member).values(active=False))
    assert_problem(li.get("/me"), 401, "unauthenticated")


def test_a_token_dies_when_its_time_is_over(phone: PhoneOf) -> None:
    li = phone("dev-li")
    with clock.travel(timedelta(days=31)):
        assert_problem(li.get("/me"), 401, "unauthenticated")


def test_what_is_written_is_audited_as_the_member(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    answer = li.post("/lab/things", {"name": "东园"})
    with store() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.record == "community")).one()
        assert (entry.actor_kind, entry.actor_id) == ("member", li.member["id"])
        assert entry.request_id == answer.headers["X-Request-Id"]


@pytest.mark.req("G7")
def test_a_switched_off_menu_module_is_absent_for_its_endpoints(phone: PhoneOf, store: Store) -> None:
    assert phone().get("/lab/menu").status_code == 200
    with store() as session:
        complete_menu(session)
        session.execute(update(MenuModule).where(MenuModule.key == "certification").values(enabled=False))
    assert_problem(phone().get("/lab/menu"), 404, "module_off")


# ---- how often


def test_an_endpoint_has_its_own_limit_for_each_caller(phone: PhoneOf) -> None:
    li, wang = phone("dev-li"), phone("dev-wang")
    assert [li.post("/lab/limited").status_code for _n in range(2)] == [204, 204]
    answer = li.post("/lab/limited")
    assert_problem(answer, 429, "too_many_requests")
    assert 0 < int(answer.headers["Retry-After"]) <= 24 * 3600
    assert wang.post("/lab/limited").status_code == 204


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The general limits are three a minute."""
    monkeypatch.setattr(limits, "ANONYMOUS", "3/minute")
    monkeypatch.setattr(limits, "SIGNED_IN", "3/minute")


@pytest.mark.usefixtures("narrow")
def test_callers_without_a_living_token_are_limited_by_address(phone: PhoneOf) -> None:
    calls = [{}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer y"}, {}, {"Authorization": "Bearer z"}]
    statuses = [phone().call("GET", "/lab/who", **headers).status_code for headers in calls]
    assert statuses == [200, 401, 401, 429, 429]


@pytest.mark.usefixtures("narrow")
def test_members_behind_one_address_are_limited_each(phone: PhoneOf) -> None:
    li, wang = phone("dev-li"), phone("dev-wang")
    assert [li.get("/lab/who").status_code for _n in range(4)] == [200, 200, 200, 429]
    assert wang.get("/lab/who").status_code == 200


def test_limits_can_be_switched_off_for_load_tests(app: Flask, phone: PhoneOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "RATE_LIMITS", "0")
    assert {phone().post("/lab/limited").status_code for _n in range(5)} == {204}


# ---- the same again


@both_databases
def test_the_same_key_and_body_give_the_first_answer_again(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    first, again = (li.post("/lab/things", {"name": "东园"}, Idempotency_Key="k1") for _n in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert count(store) == 1


def test_without_a_key_each_call_creates(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    assert [li.post("/lab/things", {"name": "东园"}).status_code for _n in range(2)] == [201, 201]
    assert count(store) == 2


def test_the_same_key_with_another_body_or_path_is_refused(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    assert li.post("/lab/things", {"name": "东园"}, Idempotency_Key="k1").status_code == 201
    for path, name in (("/lab/things", "西园"), ("/lab/guests", "东园")):
        problem = assert_problem(li.post(path, {"name": name}, Idempotency_Key="k1"), 422, "invalid")
        assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert count(store) == 1


def test_the_key_of_one_caller_is_not_that_of_another(phone: PhoneOf, store: Store) -> None:
    for caller in (phone("dev-li"), phone("dev-wang"), phone()):
        assert caller.post("/lab/guests", {"name": "东园"}, Idempotency_Key="k1").status_code == 201
    assert count(store) == 3


def test_an_attempt_that_was_refused_leaves_the_key_free(phone: PhoneOf, store: Store) -> None:
    assert phone().call("POST", "/lab/refused", Idempotency_Key="k1").status_code == 409
    assert count(store, IdempotentAnswer) == 0


@pytest.mark.parametrize("key", ["x" * 129, "a\tb", "钥匙".encode().decode("latin-1")])
def test_a_key_is_a_short_visible_text(phone: PhoneOf, key: str) -> None:
    assert_problem(phone().post("/lab/guests", {"name": "东园"}, Idempotency_Key=key), 422, "invalid")


def test_an_upload_that_is_repeated_is_recognised_whatever_its_boundary(phone: PhoneOf) -> None:
    li = phone("dev-li")
    li.headers["Idempotency-Key"] = "k1"
    first, again = li.upload(), li.upload()
    assert first.status_code == 201, first.text
    assert first.data == again.data
    assert_problem(li.upload(picture((10, 10))), 422, "invalid")


@both_databases
def test_of_many_at_once_under_one_key_exactly_one_creates(app: Flask, phone: PhoneOf, store: Store) -> None:
    li, start = phone("dev-li"), Barrier(AT_ONCE)

    def press(_n: int) -> tuple[int, bytes]:
        mine = Phone(app, None)
        mine.headers = li.headers
        start.wait()
        answer = mine.post("/lab/things", {"name": "东园"}, Idempotency_Key="k1")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = set(pool.map(press, range(AT_ONCE)))
    assert {status for status, _body in answers} == {201}
    assert len(answers) == 1, "all got the same answer"
    assert count(store) == 1


def test_answers_are_kept_for_a_day(app: Flask, phone: PhoneOf, store: Store) -> None:
    for later, made in ((0, 1), (23, 1), (25, 2)):
        with clock.travel(timedelta(hours=later)):
            assert phone().post("/lab/guests", {"name": "东园"}, Idempotency_Key="k1").status_code == 201
            assert count(store) == made
    with clock.travel(timedelta(days=3)):
        run_due(app)
        assert count(store, IdempotentAnswer) == 0
