"""The real WeChat client against the local fake, over real HTTP."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.errors import Invalid, Unavailable
from app.core.jobs import run_due
from app.core.messages import send
from app.core.messages.models import Delivery, Subscription
from app.core.settings import put
from app.integrations.wechat import WeChat
from app.integrations.wechat.client import NO_AGREEMENT
from app.integrations.wechat.fake import FakeWeChat, serve
from tests.conftest import Store
from tests.factories import make_member


@pytest.fixture
def fake() -> FakeWeChat:
    return FakeWeChat("wx-test", "secret-test")


@pytest.fixture
def wechat(app: Flask, fake: FakeWeChat) -> Iterator[WeChat]:
    with app.test_request_context():
        yield WeChat(serve(fake), "wx-test", "secret-test")


def test_a_login_code_gives_the_same_person_each_time(wechat: WeChat) -> None:
    first, again, other = wechat.login("dev-li"), wechat.login("dev-li"), wechat.login("dev-wang")
    assert first.openid == again.openid != other.openid
    assert wechat.login("demo-merchant").openid == "demo-openid-merchant"


def test_a_forged_code_is_the_callers_mistake_and_a_busy_wechat_is_not(wechat: WeChat) -> None:
    with pytest.raises(Invalid):
        wechat.login("forged")
    with pytest.raises(Unavailable):
        wechat.login("busy")


def test_a_wrong_secret_or_a_silent_server_is_unavailable_and_shows_no_secret(app: Flask, fake: FakeWeChat) -> None:
    with app.test_request_context():
        for client in (WeChat(serve(fake), "wx-test", "wrong"), WeChat("http://127.0.0.1:9", "wx-test", "hidden")):
            with pytest.raises(Unavailable) as caught:
                client.phone_number("phone-13800138000")
            assert "hidden" not in repr(caught.value)
            assert caught.value.__cause__ is None


def test_the_phone_number_comes_with_its_country_code(wechat: WeChat) -> None:
    assert wechat.phone_number("phone-13800138000") == "+8613800138000"
    with pytest.raises(Invalid):
        wechat.phone_number("phone-1")


def test_a_dead_access_token_is_fetched_anew_once(wechat: WeChat, fake: FakeWeChat) -> None:
    wechat.phone_number("phone-13800138000")
    fake.forget_tokens()
    assert wechat.phone_number("phone-13900139000") == "+8613900139000"


def test_a_used_up_agreement_is_final(wechat: WeChat, fake: FakeWeChat) -> None:
    fake.refusing.add("nobody")
    assert wechat.send_subscribe_message("nobody", "T1", "pages/home", {"thing1": "x"}) == NO_AGREEMENT
    assert wechat.send_subscribe_message("somebody", "T1", "pages/home", {"thing1": "x"}) == 0
    assert fake.sent[-1]["data"] == {"thing1": {"value": "x"}}


def test_one_agreement_sends_one_message_and_without_one_only_the_inbox_gets_it(app: Flask, store: Store) -> None:
    with app.test_request_context():
        app.extensions["wechat"]()
    fake = app.extensions["fake_wechat"]
    before = len(fake.sent)
    with store() as session:
        put(session, "members.certification_template", "T-CERT")
        member = make_member(session)
        session.add(Subscription(member_id=member.id, template="T-CERT", quota=1))
        session.flush()
        for title in ("第一条", "第二条"):
            send(session, member.id, "certification", title, "内容")
    run_due(app)
    assert [message["data"]["thing1"]["value"] for message in fake.sent[before:]] == ["第一条"]
    with store() as session:
        assert [row.status for row in session.query(Delivery)] == ["sent"]
        assert session.query(Subscription).one().quota == 0
