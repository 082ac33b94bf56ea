"""Signed calls: what a machine sent is what arrives, freshly and once; everything else gets one and the same answer."""

import statistics
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.api import machines
from app.core.api.models import SpentNonce
from app.core.audit import AuditEntry
from app.core.db import db
from tests.conftest import Store
from tests.core.api.laboratory import SECRET
from tests.machines import SigningMachine
from tests.modules.members.races import race
from tests.postgresql import both_databases

PATH = "/api/v1/lab/signed"
WORD = {"word": "开门"}


@pytest.fixture
def machine(app: Flask) -> SigningMachine:
    return SigningMachine(app, "lab-key", SECRET)


@pytest.mark.req("S3")
def test_a_signed_call_is_heard_and_stands_in_the_audit_trail_under_the_machine(
    machine: SigningMachine, store: Store
) -> None:
    assert machine.call("POST", PATH, WORD).json == {"by": "东门", "word": "开门"}
    assert machine.call("GET", f"{PATH}?size=3").json == {"count": 3}
    with store() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("gate", "7", "东门")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "密"},
        {"content": '{"word": "关门"}'},
        {"content": '{"word":"开门"}'},
        {"to": f"{PATH}?size=1"},
        {"timestamp": ""},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "9" * 13},
        {"timestamp": "１７００００００００"},
        {"nonce": "short"},
        {"nonce": "n" * 65},
        {"nonce": "with a space"},
    ],
    ids=str,
)
def test_what_was_tampered_with_is_refused(machine: SigningMachine, spoilt: dict[str, str]) -> None:
    spoilt = {name: value.encode().decode("latin-1") for name, value in spoilt.items()} | {
        name: value for name, value in spoilt.items() if name in ("content", "to")
    }
    answer = machine.call("POST", PATH, WORD, **spoilt)
    assert (answer.status_code, answer.json["code"]) == (401, "bad_signature")  # type: ignore[index]


def test_the_signature_of_one_address_opens_no_other(machine: SigningMachine) -> None:
    assert machine.call("GET", f"{PATH}?size=1", to=f"{PATH}?size=2").status_code == 401
    assert machine.call("GET", PATH, by="POST", content='{"word": "x"}').status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(-299, 200), (299, 200), (-302, 401), (302, 401)])
def test_a_call_is_fresh_for_five_minutes(machine: SigningMachine, seconds: int, status: int) -> None:
    when = str(int(time.time()) + seconds)
    assert machine.call("POST", PATH, WORD, timestamp=when).status_code == status


def test_a_call_counts_once(machine: SigningMachine) -> None:
    assert machine.call("POST", PATH, WORD, nonce="the-same-nonce").status_code == 200
    assert machine.call("POST", PATH, WORD, nonce="the-same-nonce").status_code == 401
    assert machine.call("POST", PATH, WORD, nonce="another-nonce").status_code == 200


def test_a_call_that_was_refused_spends_no_nonce(machine: SigningMachine) -> None:
    assert machine.call("POST", PATH, WORD, nonce="kept-nonce", signature="0" * 64).status_code == 401
    assert machine.call("POST", PATH, WORD, nonce="kept-nonce").status_code == 200


@both_databases
def test_of_the_same_call_sent_many_times_at_once_one_is_heard(app: Flask) -> None:
    def send(_n: int) -> int:
        return SigningMachine(app, "lab-key", SECRET).call("POST", PATH, WORD, nonce="at-the-same-time").status_code

    assert sorted(race(app, send, 6)) == [200] + [401] * 5


def test_every_refusal_reads_the_same(app: Flask, machine: SigningMachine) -> None:
    stranger = SigningMachine(app, "nobody", SECRET)
    wrong = SigningMachine(app, "lab-key", "another secret")
    machine.call("POST", PATH, WORD, nonce="spent-nonce")
    answers = [
        stranger.call("POST", PATH, WORD),
        wrong.call("POST", PATH, WORD),
        machine.call("POST", PATH, WORD, nonce="spent-nonce"),
        machine.call("POST", PATH, WORD, timestamp="1"),
        app.test_client().post(PATH, json=WORD),
    ]
    told = [{**(answer.json or {}), "request_id": ""} for answer in answers]
    assert told == [told[0]] * len(told)
    assert {answer.status_code for answer in answers} == {401}


def test_an_unknown_key_takes_as_long_as_a_wrong_signature(app: Flask, machine: SigningMachine) -> None:
    """Both compute a signature; a quick way out for unknown keys would show in the medians."""
    stranger = SigningMachine(app, "nobody", SECRET)

    def took(caller: SigningMachine) -> float:
        start = time.perf_counter()
        caller.call("POST", PATH, WORD, signature="0" * 64)
        return time.perf_counter() - start

    pairs = [(took(machine), took(stranger)) for _ in range(40)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < unknown / known < 2


def test_spent_nonces_are_forgotten_when_their_calls_are_too_old(
    app: Flask, machine: SigningMachine, store: Store
) -> None:
    machine.call("POST", PATH, WORD)
    with store() as session:
        machines.forget(session, {})
        assert session.scalar(select(func.count()).select_from(SpentNonce)) == 1
    with app.app_context(), clock.travel(timedelta(minutes=11)):
        machines.forget(db.session(), {})
        assert db.session.scalar(select(func.count()).select_from(SpentNonce)) == 0
        db.session.commit()
