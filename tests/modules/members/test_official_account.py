"""Signing in and paying inside WeChat through the official account: one person, two programs (G1, B3)."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from app.core.messages import send
from app.integrations.wechat import OfficialAccount
from app.integrations.wechat.fake import FakeWeChat, serve
from app.integrations.wechatpay import WeChatPayChannel
from app.integrations.wechatpay import fake as fake_pay
from app.modules.billing.connections import CALLBACK
from app.modules.members import connections
from app.modules.members.models import Member
from tests.conftest import PhoneOf, Store
from tests.integrations.wechatpay import fake_of
from tests.integrations.wechatpay import send as notify
from tests.modules.billing.paying import move_in, state_of
from tests.phones import Phone

STATE = "0123456789abcdef0123456789abcdef"
NUMBER = "wx-official"


@pytest.fixture
def wechat(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FakeWeChat:
    """An official account beside the mini-program; ``dev-li`` looks at its pages."""
    fake = FakeWeChat("wx-mini", "s", (NUMBER, "secret"))
    fake.visiting = "dev-li"
    address = serve(fake)
    account = OfficialAccount(address, address, NUMBER, "secret", "snsapi_userinfo")
    monkeypatch.setitem(app.extensions, "official_account", lambda: account)
    return fake


def come_back(phone: Phone) -> dict[str, str]:
    """Go where the server says, agree, and take what WeChat sends along."""
    answer = phone.get(f"/auth/wechat-official?state={STATE}")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    sent = requests.get(answer.json["address"], allow_redirects=False, timeout=5)
    place = urlsplit(sent.headers["Location"])
    assert (place.path, place.fragment) == ("/m/", "")
    return {name: found[0] for name, found in parse_qs(place.query).items()}


def enter(phone: Phone) -> Phone:
    """Sign in through the official account."""
    given = come_back(phone)
    assert given["state"] == STATE
    answer = phone.post("/auth/wechat-official", {"code": given["code"]})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    phone.headers = {"Authorization": f"Bearer {answer.json['token']}"}
    phone.member = answer.json["member"]
    return phone


@pytest.mark.req("G1")
@pytest.mark.usefixtures("wechat")
def test_who_came_through_the_mini_program_is_the_same_member(phone: PhoneOf) -> None:
    first = phone("dev-li")
    assert enter(phone()).member["id"] == first.member["id"]
    assert enter(phone()).member["id"] == first.member["id"]


@pytest.mark.req("G1")
@pytest.mark.usefixtures("wechat")
def test_who_came_through_the_account_is_the_same_member_in_the_mini_program(phone: PhoneOf, store: Store) -> None:
    guest = enter(phone())
    assert phone("dev-li").member["id"] == guest.member["id"]
    assert phone("dev-wang").member["id"] != guest.member["id"]
    with store() as session:
        member = session.get_one(Member, int(guest.member["id"]))
        assert not member.openid.startswith("official-")
        assert member.official_openid is not None


@pytest.mark.usefixtures("wechat")
def test_messages_of_the_mini_program_need_its_own_number(phone: PhoneOf, store: Store) -> None:
    guest = enter(phone())
    with store() as session:
        assert connections._address(session, int(guest.member["id"])) is None
        send(session, int(guest.member["id"]), "notice", "停水通知", "今晚停水", "/pages/home/home")
    assert guest.get("/messages").json["items"][0]["title"] == "停水通知"  # type: ignore[index]


def test_a_code_is_good_once_and_a_look_is_no_sign_in(phone: PhoneOf, wechat: FakeWeChat) -> None:
    guest = phone()
    code = come_back(guest)["code"]
    assert guest.post("/auth/wechat-official", {"code": code}).status_code == 200
    assert guest.post("/auth/wechat-official", {"code": code}).status_code == 422
    assert guest.post("/auth/wechat-official", {"code": "forged"}).status_code == 422
    wechat.visiting = "snapshot"
    answer = guest.post("/auth/wechat-official", {"code": come_back(guest)["code"]})
    assert answer.status_code == 422
    assert "完整服务" in answer.text


def test_a_weak_state_and_a_missing_account_are_refused(app: Flask, phone: PhoneOf) -> None:
    assert phone().get(f"/auth/wechat-official?state={STATE}").json["code"] == "no_official_account"  # type: ignore[index]
    assert phone().get("/client").json["official_account"] is False  # type: ignore[index]
    assert phone().get("/auth/wechat-official?state=1").status_code == 422
    assert phone().get("/auth/wechat-official?state=<script>alert(1)</script>").status_code == 422


@pytest.mark.req("G10")
@pytest.mark.usefixtures("wechat")
def test_an_erased_account_is_no_longer_known_in_either_program(phone: PhoneOf) -> None:
    guest = enter(phone())
    assert guest.delete("/me").status_code in (200, 204)
    assert enter(phone()).member["id"] != guest.member["id"]


@pytest.mark.req("B3")
@pytest.mark.usefixtures("wechat")
def test_inside_the_account_the_payer_is_named_as_the_account_knows_them(
    app: Flask, store: Store, phone: PhoneOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = move_in(app, store, 10_000)
    monkeypatch.setattr(home.fake, "official_app_id", NUMBER)
    channel = WeChatPayChannel(fake_of(app).account(f"http://127.0.0.1:1{CALLBACK}"), fake_pay.serve(home.fake))
    monkeypatch.setitem(app.extensions, "payment_channel", lambda: channel)
    in_mini_program = home.pay()
    inside = enter(phone())
    order = home.pay(phone=inside)
    assert (order["pay_params"]["appId"], order["number"]) != (NUMBER, in_mini_program["number"])
    assert order["pay_params"]["appId"] == NUMBER
    assert home.look(in_mini_program["id"]) == "closed"  # it could not be paid here
    home.fake.pay(order["number"])
    assert notify(app, home.fake.notice_of_payment(order["number"])) == 204
    assert state_of(app, order["number"]) == "paid"
