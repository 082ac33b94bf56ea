"""Messages to members: the inbox always, and one further channel where there is one for this member and kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.db import execute
from app.core.jobs import Outside, put
from app.core.messages.models import Delivery, Message, Subscription
from app.core.module import registry

TEMPLATE, TEMPLATE_TITLE = "_template", "订阅消息模板"


@dataclass(frozen=True)
class Outgoing:
    """What a channel needs to reach somebody; ``address`` is the channel's own (an openid), None: not reachable."""

    channel: str
    address: str | None
    template: str
    title: str
    body: str
    link: str


@dataclass(frozen=True)
class Outcome:
    """How it went: ``status`` as in ``DELIVERY_STATES``; ``exhausted`` when the member's agreement is used up."""

    status: str
    error: str = ""
    exhausted: bool = False


@dataclass(frozen=True)
class Channel:
    """A way to reach members: where (None: not this member), which template (None: not this kind), and the sending.

    ``send`` raises when trying again later may help. ``by_agreement``: each message uses up one agreement of the
    member's; without one the channel is not used.
    """

    address: Callable[[Session, int], str | None]
    template: Callable[[str], str | None]
    send: Callable[[Outgoing], Outcome]
    by_agreement: bool = True


def set_channel(app: Flask, name: str, channel: Channel) -> None:
    """Say how a channel besides the inbox works (``name`` as in ``CHANNELS``); earlier ones are preferred."""
    app.extensions.setdefault("message_channels", {})[name] = channel


def kinds() -> dict[str, str]:
    """What the kinds of messages are called: 催缴, where the setting of its template is called 催缴订阅消息模板."""
    named = {key: setting for key, setting in registry().settings.items() if key.endswith(TEMPLATE)}
    return {_kind_of(key): setting.title.removesuffix(TEMPLATE_TITLE) for key, setting in named.items()}


def _kind_of(key: str) -> str:
    return key.partition(".")[2].removesuffix(TEMPLATE)


def subscribe_templates() -> dict[str, str]:
    """WeChat's subscribe-message templates by message kind, from the settings ``<module>.<kind>_template``."""
    named = [key for key in registry().settings if key.endswith(TEMPLATE)]
    found = {_kind_of(key): settings.get(key) for key in named}
    return {kind: template for kind, template in found.items() if template}


def send(session: Session, member_id: int, kind: str, title: str, body: str, link: str = "") -> Message:
    """Put a message into a member's inbox, in this transaction, and ask for its delivery on one further channel.

    WeChat where the member has agreed to one more message (one agreement pays for one, and is used up here); else
    SMS where that is set up; else the inbox has to do: nobody is nagged.
    """
    message = Message(member_id=member_id, kind=kind, title=title, body=body, link=link)
    session.add(message)
    session.flush()
    for name, channel in _channels().items():
        template = channel.template(kind)
        if template and (not channel.by_agreement or _take_agreement(session, member_id, template)):
            delivery = Delivery(message_id=message.id, channel=name, status="pending")
            session.add(delivery)
            session.flush()
            put(session, "messages.deliver", {"delivery_id": delivery.id})
            break
    return message


def _channels() -> dict[str, Channel]:
    channels: dict[str, Channel] = current_app.extensions.get("message_channels", {})
    return channels


def _take_agreement(session: Session, member_id: int, template: str) -> bool:
    taken = execute(
        session,
        update(Subscription)
        .where(Subscription.member_id == member_id, Subscription.template == template, Subscription.quota > 0)
        .values(quota=Subscription.quota - 1),
    )
    return bool(taken)


def _prepare(session: Session, payload: Mapping[str, Any]) -> Outgoing | None:
    row = session.execute(
        select(Message, Delivery)
        .join(Delivery)
        .where(Delivery.id == payload["delivery_id"], Delivery.status == "pending")
    ).one_or_none()
    if row is None:
        return None
    message, name = row.Message, row.Delivery.channel
    channel = _channels()[name]
    template = channel.template(message.kind)
    address = channel.address(session, message.member_id) if template else None
    return Outgoing(name, address, template or "", message.title, message.body, message.link)


def _call(outgoing: Outgoing) -> tuple[Outgoing, Outcome]:
    if not outgoing.address:
        return outgoing, Outcome("skipped", "no address")
    return outgoing, _channels()[outgoing.channel].send(outgoing)


def _record(session: Session, payload: Mapping[str, Any], result: tuple[Outgoing, Outcome]) -> None:
    outgoing, outcome = result
    delivery = session.get_one(Delivery, payload["delivery_id"])
    delivery.status, delivery.error = outcome.status, outcome.error[:200]
    delivery.sent_at = clock.now() if outcome.status == "sent" else None
    if outcome.exhausted:
        member = select(Message.member_id).where(Message.id == delivery.message_id).scalar_subquery()
        execute(
            session,
            update(Subscription)
            .where(Subscription.member_id == member, Subscription.template == outgoing.template)
            .values(quota=0),
        )


deliver = Outside(_prepare, _call, _record)
"""The handler of ``messages.deliver``."""


def forget(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop messages that are older than they are kept; their deliveries go with them."""
    before = clock.now() - timedelta(days=settings.get("system.message_days"))
    old = select(Message.id).where(Message.created_at < before)
    execute(session, delete(Delivery).where(Delivery.message_id.in_(old)))
    execute(session, delete(Message).where(Message.created_at < before))
