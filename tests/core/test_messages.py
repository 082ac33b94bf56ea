"""What reaches a member: the inbox always, one further channel where allowed, and never by nagging."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, messages
from app.core.jobs import run_due
from app.core.jobs.models import DEAD, DONE, OutboxEntry
from app.core.messages import Channel, Outcome, Outgoing
from app.core.messages.models import Delivery, Message, Subscription
from tests.conftest import Store
from tests.factories import make_member

KIND, TEMPLATE = "certification", "template-1"


class Counter:
    """A channel as an outside party would be: it keeps what it was asked to send and answers as told."""

    def __init__(self, outcome: Outcome | Exception = Outcome("sent")) -> None:  # noqa: B008 (frozen)
        self.outcome = outcome
        self.sent: list[Outgoing] = []

    def __call__(self, outgoing: Outgoing) -> Outcome:
        self.sent.append(outgoing)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


Connect = Callable[..., Counter]


@pytest.fixture
def connect(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """``connect("sms", Outcome(…))``: set a channel up, instead of those of the application."""
    monkeypatch.setitem(app.extensions, "message_channels", {})

    def to(name: str, outcome: Any = Outcome("sent"), address: str | None = "address", **options: Any) -> Counter:  # noqa: B008
        counter = Counter(outcome)
        channel = Channel(
            lambda session, member_id: address, lambda kind: TEMPLATE if kind == KIND else None, counter, **options
        )
        messages.set_channel(app, name, channel)
        return counter

    return to


def tell(store: Store, agreements: int = 0, kind: str = KIND) -> int:
    with store() as session:
        member = make_member(session)
        if agreements:
            session.add(Subscription(member_id=member.id, template=TEMPLATE, quota=agreements))
            session.flush()
        messages.send(session, member.id, kind, "认证已通过", "您已成为商家", "/pages/me/index")
        return member.id


def deliveries(store: Store) -> list[tuple[str, str, str]]:
    with store() as session:
        return [(row.channel, row.status, row.error) for row in session.scalars(select(Delivery).order_by(Delivery.id))]


def agreements(store: Store) -> int:
    with store() as session:
        return session.scalars(select(Subscription.quota)).one()


def test_the_inbox_has_every_message_with_no_channel_at_all(app: Flask, store: Store, connect: Connect) -> None:
    member_id = tell(store, 3)
    with store() as session:
        message = session.scalars(select(Message)).one()
        assert (message.member_id, message.title, message.read_at) == (member_id, "认证已通过", None)
    assert (run_due(app) >= 0, deliveries(store)) == (True, [])


def test_one_agreement_pays_for_one_message(app: Flask, store: Store, connect: Connect) -> None:
    wechat = connect("wechat")
    member_id = tell(store, 1)
    with store() as session:
        messages.send(session, member_id, KIND, "第二条", "不再打扰")
    run_due(app)
    assert [(out.address, out.template, out.title, out.link) for out in wechat.sent] == [
        ("address", TEMPLATE, "认证已通过", "/pages/me/index")
    ]
    assert deliveries(store) == [("wechat", "sent", "")]
    assert agreements(store) == 0
    with store() as session:
        assert len(session.scalars(select(Message)).all()) == 2
        assert session.scalars(select(Delivery.sent_at)).one() is not None


def test_without_an_agreement_or_a_template_nobody_is_nagged(app: Flask, store: Store, connect: Connect) -> None:
    wechat = connect("wechat")
    tell(store, 0)
    tell(store, 5, kind="kind-without-template")
    run_due(app)
    assert (wechat.sent, deliveries(store)) == ([], [])


def test_an_agreement_that_wechat_calls_used_up_is_used_up_here_too(app: Flask, store: Store, connect: Connect) -> None:
    wechat = connect("wechat", Outcome("skipped", "43101", exhausted=True))
    member_id = tell(store, 3)
    run_due(app)
    assert deliveries(store) == [("wechat", "skipped", "43101")]
    assert agreements(store) == 0
    with store() as session:
        messages.send(session, member_id, KIND, "再一条", "")
    run_due(app)
    assert len(wechat.sent) == 1


def test_a_channel_that_is_away_is_tried_again_and_the_message_sent_once(
    app: Flask, store: Store, connect: Connect
) -> None:
    wechat = connect("wechat", ConnectionError())
    tell(store, 1)
    run_due(app)
    assert deliveries(store) == [("wechat", "pending", "")]
    wechat.outcome = Outcome("sent")
    with clock.travel(timedelta(minutes=1)):
        run_due(app)
        run_due(app)
    assert (len(wechat.sent), deliveries(store)) == (2, [("wechat", "sent", "")])
    with store() as session:
        states = session.scalars(select(OutboxEntry.state).where(OutboxEntry.kind == "messages.deliver")).all()
        assert set(states) == {DONE}
        assert DEAD not in states


def test_somebody_who_cannot_be_reached_any_more_is_skipped(app: Flask, store: Store, connect: Connect) -> None:
    wechat = connect("wechat", address=None)
    tell(store, 1)
    run_due(app)
    assert (wechat.sent, deliveries(store)) == ([], [("wechat", "skipped", "no address")])


def test_a_text_message_is_sent_only_where_that_is_set_up_and_wechat_may_not(
    app: Flask, store: Store, connect: Connect
) -> None:
    wechat, sms = connect("wechat"), connect("sms", by_agreement=False)
    tell(store, 0)
    run_due(app)
    assert (len(wechat.sent), len(sms.sent), deliveries(store)) == (0, 1, [("sms", "sent", "")])
    with store() as session:
        member = make_member(session)
        session.add(Subscription(member_id=member.id, template=TEMPLATE, quota=1))
        session.flush()
        messages.send(session, member.id, KIND, "标题", "内容")
    run_due(app)
    assert (len(wechat.sent), len(sms.sent)) == (1, 1)


def test_a_message_of_a_rolled_back_transaction_is_never_sent(app: Flask, store: Store, connect: Connect) -> None:
    wechat = connect("wechat")
    with store() as session:
        member = make_member(session)
        session.add(Subscription(member_id=member.id, template=TEMPLATE, quota=1))
        session.commit()
        messages.send(session, member.id, KIND, "标题", "内容")
        session.rollback()
    run_due(app)
    assert (wechat.sent, agreements(store)) == ([], 1)
