"""Devices in their makers' words: read, answered, and never opened by what is broken (V2)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock
from app.integrations.gates import hikvision, vguang, zkteco
from app.modules.visits.models import Gate, Passage
from app.modules.visits.operations import gates
from app.modules.visits.scans import Answer
from tests.conftest import Store
from tests.modules.visits.factories import Place, make_place

SERIAL = "CJDE192660007"


@pytest.fixture
def place(store: Store) -> Place:
    with store() as session:
        return make_place(session)


def become(store: Store, gate_id: int, protocol: str, **values: Any) -> str:
    """Make a gate speak a protocol; the address that its device calls."""
    with store() as session:
        gate = session.get_one(Gate, gate_id)
        for name, value in {"protocol": protocol, **values}.items():
            setattr(gate, name, value)
        return f"/gates/{protocol}/{gate.number}/{gates.path_key(gate)}"


def passages(store: Store) -> list[tuple[str, str | None]]:
    with store() as session:
        return list(session.execute(select(Passage.outcome, Passage.serial).order_by(Passage.id)).tuples())


# ---- 微光


def vguang_says(body: bytes) -> tuple[str, dict[str, Any]]:
    """The code of an answer and what it shows."""
    code, kind, shown = body.decode().split("&&")
    assert kind == "desc=json"
    return code, json.loads(shown)


@pytest.mark.req("V2")
@pytest.mark.parametrize("bare", [False, True])
def test_a_vguang_reader_opens_with_0000_and_refuses_above_0008(
    app: Flask, store: Store, place: Place, bare: bool
) -> None:
    address, client = become(store, place.entrance_id, "vguang"), app.test_client()
    text = place.token if bare else f"vgdecoderesult={place.token}&&devicenumber=0042&&otherparams="
    first = client.post(address, data=text.encode(), content_type="text/html")
    assert vguang_says(first.data) == (
        "code=0000", {"resultCode": "0000", "msg": "欢迎光临", "msgTimeout": 2000}
    )  # fmt: skip
    again = client.post(address, data=text.encode(), content_type="text/html")
    code, shown = vguang_says(again.data)
    assert (code, shown["msg"]) == ("code=0009", "通行码已使用")
    assert passages(store) == [("allowed", None), ("used", None)]


def test_a_form_as_content_type_does_not_change_what_was_scanned(app: Flask, store: Store, place: Place) -> None:
    address = become(store, place.entrance_id, "vguang")
    answer = app.test_client().post(
        address, data=f"vgdecoderesult={place.token}&&devicenumber=1", content_type="application/x-www-form-urlencoded"
    )
    assert answer.data.startswith(b"code=0000")


def test_whoever_does_not_know_the_address_or_calls_from_elsewhere_is_refused_and_leaves_no_passage(
    app: Flask, store: Store, place: Place
) -> None:
    client, body = app.test_client(), place.token.encode()
    address = become(store, place.entrance_id, "vguang", addresses="10.1.0.0/16\n192.168.7.9")
    for wrong, caller in (
        (address, "127.0.0.1"),
        (address[:-1] + ("0" if address[-1] != "0" else "1"), "10.1.2.3"),
        (address.replace("vguang", "hikvision"), "10.1.2.3"),
        ("/gates/vguang/nobody/0", "10.1.2.3"),
        ("/gates/vguang/%00/0", "10.1.2.3"),
    ):
        answer = client.post(wrong, data=body, environ_base={"REMOTE_ADDR": caller})
        assert answer.status_code == 200
        assert b"0000" not in answer.data
        assert b'"success"' not in answer.data
    assert passages(store) == []
    assert client.post(address, data=body, environ_base={"REMOTE_ADDR": "10.1.2.3"}).data.startswith(b"code=0000")


# ---- 海康威视


def event(code: str, **details: Any) -> dict[str, Any]:
    changes = {"majorEventType": 5, "subEventType": 1, "cardNo": code, "serialNo": 4711, "remoteCheck": True,
               "currentEvent": True, **details}  # fmt: skip
    return {"ipAddress": "10.1.2.3", "dateTime": clock.local(clock.now()).isoformat(), "eventType":
            "AccessControllerEvent", "AccessControllerEvent": changes}  # fmt: skip


def hikvision_says(client: FlaskClient, address: str, posted: dict[str, Any], *, form: bool = False) -> tuple[Any, ...]:
    text = json.dumps(posted, ensure_ascii=False)
    sent: Any = {"data": {"event_log": text}} if form else {"data": text.encode(), "content_type": "application/json"}
    answer = client.post(address, **sent)
    assert answer.status_code == 200
    assert answer.json is not None
    said = answer.json["RemoteCheck"]
    return said["checkResult"], said["serialNo"], said["info"]


@pytest.mark.req("V2")
@pytest.mark.parametrize("form", [False, True])
def test_a_hikvision_terminal_opens_on_success_and_asks_twice_without_harm(
    app: Flask, store: Store, place: Place, form: bool
) -> None:
    address, client = become(store, place.entrance_id, "hikvision"), app.test_client()
    assert hikvision_says(client, address, event(place.token), form=form) == ("success", 4711, "欢迎光临")
    assert hikvision_says(client, address, event(place.token), form=form) == ("success", 4711, "欢迎光临")
    assert hikvision_says(client, address, event(place.token, serialNo=4712)) == ("failed", 4712, "通行码已使用")
    assert passages(store) == [("allowed", "4711"), ("used", "4712")]


@pytest.mark.parametrize(
    "changes",
    [{"currentEvent": False}, {"remoteCheck": False}, {"majorEventType": 2}, {"currentEvent": "true"},
     {"cardNo": ""}, {"cardNo": None}, {"cardNo": ["x"]}],
)  # fmt: skip
def test_what_asks_for_nothing_now_does_not_open_a_hikvision_terminal(
    app: Flask, store: Store, place: Place, changes: dict[str, Any]
) -> None:
    address = become(store, place.entrance_id, "hikvision")
    assert hikvision_says(app.test_client(), address, event(place.token, **changes))[0] == "failed"


@pytest.mark.parametrize("when", ["2020-01-01T00:00:00+08:00", "yesterday", "2026-11-23T00:00:00", None, 5])
def test_an_old_or_unreadable_time_does_not_open_a_hikvision_terminal(
    app: Flask, store: Store, place: Place, when: Any
) -> None:
    address = become(store, place.entrance_id, "hikvision")
    assert hikvision_says(app.test_client(), address, event(place.token) | {"dateTime": when})[0] == "failed"
    assert passages(store) == [("clock", "4711")]


# ---- 中控智慧


def record(code: str, door: str = "1") -> str:
    now = f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}"
    return f"time={now}\tpin=0\tcardno={code}\taddrtype=1\teventaddr={door}\tevent=27\tinoutstatus=0\tverifytype=4"


@pytest.mark.req("V2")
def test_a_zkteco_controller_gets_its_record_back_and_the_command_for_its_door(
    app: Flask, store: Store, place: Place
) -> None:
    become(store, place.entrance_id, "zkteco", device_serial=SERIAL, addresses="127.0.0.1")
    client, sent = app.test_client(), record(place.token, "2")
    answer = client.post(f"/iclock/cdata?SN={SERIAL}&AuthType=device", data=sent.encode())
    assert answer.text == f"AUTH=SUCCEED\r\n{sent}\r\nCONTROL DEVICE 01020105\r\nTIPS=欢迎光临\r\n"
    answer = client.post(f"/iclock/cdata?SN={SERIAL}&AuthType=device", data=sent.encode())
    assert answer.text == f"AUTH=FAILED\r\n{sent}\r\nTIPS=通行码已使用\r\n"


def test_a_zkteco_controller_reports_and_polls(app: Flask, store: Store, place: Place) -> None:
    become(store, place.entrance_id, "zkteco", device_serial=SERIAL, addresses="127.0.0.1")
    client = app.test_client()
    assert client.post(f"/iclock/cdata?SN={SERIAL}&table=rtlog", data=record(place.token)).text == "OK"
    assert client.get(f"/iclock/getrequest?SN={SERIAL}").text == "OK"
    assert client.get(f"/iclock/cdata?SN={SERIAL}&options=all").text == "OK"
    with store() as session:
        assert session.get_one(Gate, place.entrance_id).last_seen_at is not None
    assert passages(store) == [], "a report is no scan"


@pytest.mark.parametrize(("serial", "addresses"), [("CJDE0", "127.0.0.1"), (SERIAL, "10.0.0.1"), (SERIAL, "")])
def test_a_zkteco_controller_has_to_be_known_and_call_from_where_it_may(
    app: Flask, store: Store, place: Place, serial: str, addresses: str
) -> None:
    become(store, place.entrance_id, "zkteco", device_serial=SERIAL, addresses=addresses)
    answer = app.test_client().post(f"/iclock/cdata?SN={serial}&AuthType=device", data=record(place.token).encode())
    assert answer.text.startswith("AUTH=FAILED")
    assert app.test_client().get(f"/iclock/getrequest?SN={serial}%00").status_code == 404
    assert passages(store) == []


def test_a_zkteco_clock_that_is_off_opens_nothing(app: Flask, store: Store, place: Place) -> None:
    become(store, place.entrance_id, "zkteco", device_serial=SERIAL, addresses="127.0.0.1")
    with clock.travel(timedelta(minutes=-10)):
        old = record(place.token)
    answer = app.test_client().post(f"/iclock/cdata?SN={SERIAL}&AuthType=device", data=old.encode())
    assert answer.text.startswith("AUTH=FAILED")


# ---- whatever comes


@pytest.fixture
def unlimited(app: Flask) -> Iterator[None]:
    app.config["RATE_LIMITS"] = "0"
    yield
    app.config["RATE_LIMITS"] = "1"


RUBBISH = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("gbk", "ignore")),
    st.text(max_size=200).map(lambda text: text.encode("utf-16")),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner)
                 | st.dictionaries(st.sampled_from(["AccessControllerEvent", "cardNo", "serialNo", "dateTime"]), inner))
    .map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@given(RUBBISH)
def test_any_bytes_are_read_and_answered_with_a_refusal(raw: bytes) -> None:
    no = Answer(False, "unknown", "无效的通行码")
    assert vguang.read(raw) is not None
    assert vguang.write(no).startswith(b"code=0009&&")
    found = hikvision.event_of(raw, [raw]) or {}
    hikvision.read(found)
    assert json.loads(hikvision.write(found, no))["RemoteCheck"]["checkResult"] == "failed"
    _reading, echoed = zkteco.read(raw, clock.SHANGHAI)
    assert zkteco.write(echoed, no).startswith(b"AUTH=FAILED\r\n")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=RUBBISH, cut=st.integers(0, 200))
def test_broken_messages_open_nothing_and_break_nothing(
    app: Flask, store: Store, place: Place, unlimited: None, raw: bytes, cut: int
) -> None:
    become(store, place.exit_id, "zkteco", device_serial=SERIAL, addresses="127.0.0.1")
    client = app.test_client()
    for protocol in ("vguang", "hikvision"):
        address = become(store, place.entrance_id, protocol)
        for body in (raw, place.token.encode()[: min(cut, 132)], json.dumps(event(place.token)).encode()[:cut]):
            answer = client.post(address, data=body)
            assert answer.status_code == 200
            assert b"code=0000" not in answer.data
            assert b'"success"' not in answer.data
    answer = client.post(f"/iclock/cdata?SN={SERIAL}&AuthType=device", data=raw)
    assert answer.status_code == 200
    assert b"SUCCEED" not in answer.data


def test_a_body_larger_than_any_device_sends_is_refused(app: Flask, store: Store, place: Place) -> None:
    address = become(store, place.entrance_id, "vguang")
    assert app.test_client().post(address, data=b"x" * (300 * 1024)).status_code == 413
