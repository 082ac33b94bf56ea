"""The signed interface of gates, offline scans, and the simulator against a running server (V2)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.modules.visits.models import Gate, Passage, Visit
from app.modules.visits.operations import keys
from app.modules.visits.share import url_of
from tests.conftest import Store
from tests.machines import SigningMachine
from tests.modules.visits.factories import SECRET, Place, make_gate, make_place, make_visit, pass_of, token_of


@pytest.fixture
def place(store: Store) -> Place:
    with store() as session:
        return make_place(session)


@pytest.fixture
def entrance(app: Flask, store: Store, place: Place) -> SigningMachine:
    with store() as session:
        return SigningMachine(app, session.get_one(Gate, place.entrance_id).number, SECRET)


def path(gate: SigningMachine, what: str) -> str:
    return f"/api/v1/gates/{gate.key_id}/{what}"


@pytest.mark.req("V2")
def test_a_gate_asks_and_is_told(entrance: SigningMachine, place: Place) -> None:
    now = clock.local(clock.now()).isoformat()
    body = {"code": place.token, "scanned_at": now, "serial": "1"}
    first = entrance.call("POST", path(entrance, "scan"), body)
    assert (first.status_code, first.json) == (200, {"allow": True, "reason": "allowed", "text": "欢迎光临"})
    assert entrance.call("POST", path(entrance, "scan"), body).json == first.json
    answer = entrance.call("POST", path(entrance, "scan"), {"code": place.token})
    assert answer.json == {"allow": False, "reason": "used", "text": "通行码已使用"}


def test_only_the_gate_itself_with_its_own_secret_is_heard(
    app: Flask, store: Store, entrance: SigningMachine, place: Place
) -> None:
    with store() as session:
        other = session.get_one(Gate, place.exit_id).number
        session.get_one(Gate, place.exit_id).active = False
    body = {"code": place.token}
    assert SigningMachine(app, entrance.key_id, "6" * 48).call("POST", path(entrance, "scan"), body).status_code == 401
    assert SigningMachine(app, other, SECRET).call("POST", f"/api/v1/gates/{other}/scan", body).status_code == 401
    assert entrance.call("POST", f"/api/v1/gates/{other}/scan", body).status_code == 404
    assert entrance.call("POST", path(entrance, "scan"), body, content='{"code": "x"}').status_code == 401
    assert entrance.call("POST", path(entrance, "scan"), {"text": "x"}).status_code == 422
    with store() as session:
        assert session.scalars(select(Passage.id)).all() == []


def test_a_gate_takes_keys_and_dead_passes_along(store: Store, entrance: SigningMachine, place: Place) -> None:
    with store() as session:
        visit = session.get_one(Visit, place.visit_id)
        dead = make_visit(session, None, community_id=visit.community_id, unit_id=visit.unit_id)
        code, dead_id = pass_of(session, dead.id).code, dead.id
    entrance.call("POST", path(entrance, "scan"), {"code": place.token})
    with store() as session:
        pass_of(session, dead_id).state = "revoked"
        used = pass_of(session, place.visit_id).code
    taken = entrance.call("GET", path(entrance, "sync")).json
    assert taken is not None
    assert set(taken["dead"]) == {code, used}
    assert [key["id"] for key in taken["keys"]] == [1]
    assert taken["direction"] == "in"


@pytest.mark.req("V2")
def test_what_two_gates_let_in_while_offline_is_booked_once_and_the_double_use_reported(
    app: Flask, store: Store, entrance: SigningMachine, place: Place
) -> None:
    with store() as session:
        second = SigningMachine(app, make_gate(session, session.get_one(Visit, place.visit_id)).number, SECRET, "other")
    at = clock.local(clock.now() - timedelta(minutes=3)).isoformat()
    scans = [
        {"serial": "1", "code": place.token, "scanned_at": at, "outcome": "allowed"},
        {"serial": "2", "code": "x", "scanned_at": at, "outcome": "forged"},
    ]
    for _twice in range(2):
        told = entrance.call("POST", path(entrance, "passages"), {"passages": scans})
        assert told.json == {"results": [{"serial": "1", "conflict": None}, {"serial": "2", "conflict": None}]}
    told = second.call("POST", path(second, "passages"), {"passages": scans[:1]})
    assert told.json == {"results": [{"serial": "1", "conflict": "used"}]}
    future = clock.local(clock.now() + timedelta(hours=2)).isoformat()
    late = [{"serial": "3", "code": place.token, "scanned_at": future, "outcome": "allowed"},
            {"serial": "4", "code": place.token[:-2] + "AA", "scanned_at": at, "outcome": "allowed"}]  # fmt: skip
    told = second.call("POST", path(second, "passages"), {"passages": late})
    assert told.json is not None
    assert [one["conflict"] for one in told.json["results"]] == ["clock", "forged"]
    assert entrance.call(
        "POST", path(entrance, "passages"), {"passages": [{**scans[0], "serial": "9", "outcome": "maybe"}]}
    ).status_code == 422  # fmt: skip
    with store() as session:
        kept = session.execute(select(Passage.outcome, Passage.conflict, Passage.offline).order_by(Passage.id)).all()
        assert [tuple(row) for row in kept] == [
            ("allowed", None, True), ("forged", None, True), ("allowed", "used", True), ("allowed", "clock", True),
            ("allowed", "forged", True),
        ]  # fmt: skip
        assert session.get_one(Visit, place.visit_id).state == "arrived"


# ---- the simulator


@pytest.mark.req("V2")
def test_a_newcomer_scans_with_and_without_network(app: Flask, store: Store, place: Place, address: str) -> None:
    with store() as session:
        number = session.get_one(Gate, place.entrance_id).number
        more = make_visit(session, None, community_id=session.get_one(Gate, place.entrance_id).community_id).id
        pass_of(session, more).group_id = session.get_one(Gate, place.entrance_id).group_id
        session.flush()
        alone, access = token_of(session, more), pass_of(session, place.visit_id)
        link = "https://wy.example.com/p/" + keys.share_key(access.code)
    with app.test_request_context():
        assert url_of(pass_of(db.session(), place.visit_id)).endswith(link[-32:])
        db.session.remove()

    def gate(*words: str) -> str:
        result = app.test_cli_runner().invoke(args=["gate", *words])
        return result.output.strip()

    assert number in gate("list")
    assert gate("simulate", number, link, place.token, "--url", address).splitlines() == [
        "开门  欢迎光临", "不开门  通行码已使用"
    ]  # fmt: skip
    assert "请先在联网时执行" in gate("simulate", number, alone, "--offline")
    assert gate("sync", number, "--url", address) == "已同步：公钥 1 个，已失效的通行码 1 个"
    assert gate("simulate", number, alone, alone, place.token, "junk", "--offline").splitlines() == [
        "开门  放行（离线）", "不开门  已使用（离线）", "不开门  已作废（离线）", "不开门  伪造码（离线）"
    ]  # fmt: skip
    assert gate("upload", number, "--url", address) == "已上传 4 条"
    assert gate("upload", number, "--url", address) == "已上传 0 条"
    assert "没有闸机" in gate("simulate", "nobody", "x")
    assert "系统没有应答" in gate("simulate", number, "x", "--url", "http://127.0.0.1:9")
    assert "已启用 2 号密钥" in app.test_cli_runner().invoke(args=["pass-keys", "rotate"]).output
    with store() as session:
        assert session.get_one(Visit, more).state == "arrived"
