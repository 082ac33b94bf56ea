"""Messages to members and their deliveries."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Moment, Record, choice_column, label
from app.core.privacy import personal

CHANNELS = {"inbox": "站内消息", "wechat": "微信订阅消息", "sms": "短信"}
DELIVERY_STATES = {"pending": "待发送", "sent": "已发送", "failed": "失败", "skipped": "未发送"}


class Message(Record):
    """What is to reach a member; always in the inbox, further channels as deliveries."""

    __tablename__ = "message"
    __label__ = "消息"

    member_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("接收人")
    )
    kind: Mapped[str] = mapped_column(String(48), index=True, info=label("类别"))
    title: Mapped[str] = mapped_column(String(64), info=label("标题"))
    body: Mapped[str] = mapped_column(Text, info=personal("内容", "通知本人", open=True))
    link: Mapped[str] = mapped_column(String(200), default="", info=label("跳转页面"))
    read_at: Mapped[datetime | None] = mapped_column(Moment, info=label("阅读时间"))


class Delivery(Record):
    """One message on one channel besides the inbox."""

    __tablename__ = "delivery"
    __label__ = "发送记录"
    __table_args__ = (UniqueConstraint("message_id", "channel"),)

    message_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("message.id", ondelete="CASCADE"), index=True, info=label("消息")
    )
    channel: Mapped[str] = choice_column(CHANNELS, "渠道")
    status: Mapped[str] = choice_column(DELIVERY_STATES, "结果", "pending")
    sent_at: Mapped[datetime | None] = mapped_column(Moment, info=label("发送时间"))
    error: Mapped[str] = mapped_column(String(200), default="", info=label("原因"))


class Subscription(Record):
    """How many subscribe messages of a template a member has still consented to (one consent, one message)."""

    __tablename__ = "subscription"
    __label__ = "订阅授权"
    __table_args__ = (UniqueConstraint("member_id", "template"),)

    member_id: Mapped[int] = mapped_column(BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True)
    template: Mapped[str] = mapped_column(String(64), info=label("模板"))
    quota: Mapped[int] = mapped_column(default=0, info=label("剩余次数"))
