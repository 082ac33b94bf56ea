"""Mobile endpoints: a member's messages."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from flask_babel import gettext as _
from sqlalchemy import Row, select

from app.core import clock
from app.core.api import ANY, Caller, Endpoints, Page, PageQuery, Schema, as_id, paginate
from app.core.db import conflict_insert, db
from app.core.errors import Invalid, NotFound
from app.core.messages import subscribe_templates
from app.core.messages.models import Message, Subscription

api = Endpoints("system", "消息")


class MessageOut(Schema):
    """一条消息"""

    id: str
    kind: str
    title: str
    body: str
    link: str
    read: bool
    created_at: datetime


MESSAGES = select(
    Message.id, Message.kind, Message.title, Message.body, Message.link, Message.read_at, Message.created_at
)


def message_out(message: Message | Row[Any]) -> MessageOut:
    """A message as its receiver sees it."""
    return MessageOut(
        id=str(message.id),
        kind=message.kind,
        title=message.title,
        body=message.body,
        link=message.link,
        read=message.read_at is not None,
        created_at=clock.local(message.created_at),
    )


@api.get("/messages", roles=ANY, query=PageQuery, returns=Page[MessageOut])
def list_messages(caller: Caller, query: PageQuery) -> Page[MessageOut]:
    """我的消息，新的在前"""
    mine = MESSAGES.where(Message.member_id == caller.member_id)
    rows, following = paginate(db.session(), mine, query, [Message.id])
    return Page(items=[message_out(row) for row in rows], next=following)


@api.post("/messages/<message_id>/read", roles=ANY, returns=MessageOut)
def read_message(caller: Caller, message_id: str) -> MessageOut:
    """标记一条消息为已读"""
    message = db.session.scalar(
        select(Message).where(Message.id == as_id(message_id), Message.member_id == caller.member_id)
    )
    if message is None:
        raise NotFound
    message.read_at = message.read_at or clock.now()
    db.session.flush()
    return message_out(message)


class SubscriptionOut(Schema):
    """一种消息的订阅模板，和剩余可发送次数"""

    kind: str
    template: str
    quota: int


class SubscriptionIn(Schema):
    """用户在微信里同意了哪些模板（每次同意可发送一条）"""

    templates: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]], msgspec.Meta(min_length=1, max_length=3)
    ]


def _subscriptions(member_id: int) -> Page[SubscriptionOut]:
    templates = subscribe_templates()
    rows = db.session.execute(
        select(Subscription.template, Subscription.quota).where(
            Subscription.member_id == member_id, Subscription.template.in_(templates.values())
        )
    )
    left = {row.template: row.quota for row in rows}
    items = [SubscriptionOut(kind=kind, template=name, quota=left.get(name, 0)) for kind, name in templates.items()]
    return Page(items=items, next=None)


@api.get("/subscriptions", roles=ANY, returns=Page[SubscriptionOut])
def list_subscriptions(caller: Caller) -> Page[SubscriptionOut]:
    """可以请求订阅的消息模板，和我的剩余次数"""
    return _subscriptions(caller.member_id)


@api.post("/subscriptions", roles=ANY, body=SubscriptionIn, returns=Page[SubscriptionOut], limit="200/day")
def subscribe(caller: Caller, body: SubscriptionIn) -> Page[SubscriptionOut]:
    """记录用户刚同意的订阅消息"""
    session = db.session()
    insert = conflict_insert(session, Subscription)
    if set(body.templates) - set(subscribe_templates().values()):
        raise Invalid.field("templates", _("没有这个消息模板"))
    for template in sorted(set(body.templates)):
        session.execute(
            insert.values(member_id=caller.member_id, template=template, quota=1).on_conflict_do_update(
                index_elements=["member_id", "template"], set_={"quota": Subscription.quota + 1}
            )
        )
    return _subscriptions(caller.member_id)
