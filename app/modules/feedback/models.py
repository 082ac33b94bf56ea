"""Complaints and suggestions, their types, and what was said about each."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, blind_index, mask_all, personal
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community
from app.modules.members.models import Member

COMPLAINT, SUGGESTION = "complaint", "suggestion"
KINDS = {COMPLAINT: "投诉", SUGGESTION: "建议"}
TYPE_KINDS = {**KINDS, "both": "投诉与建议"}
SUBMITTED, PROCESSING, ANSWERED, CLOSED = "submitted", "processing", "answered", "closed"
OPEN = (SUBMITTED, PROCESSING)


class FeedbackType(Record):
    """投诉建议类型: what residents choose from, and within how many hours each is to be answered."""

    __tablename__ = "feedback_type"
    __label__ = "投诉建议类型"

    name: Mapped[str] = mapped_column(String(32), unique=True, info=label("类型名称"))
    kind: Mapped[str] = choice_column(TYPE_KINDS, "适用于", "both")
    hours: Mapped[int] = mapped_column(Integer, default=48, info=label("答复时限（小时）", minimum=1, maximum=2160))
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("顺序"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))

    def __str__(self) -> str:
        return self.name


class Feedback(Record):
    """投诉/建议 (C1).

    ``author`` says, sealed, who wrote it, so that they find it again; staff never see it. ``member_id`` is for staff
    and stays empty when the author wishes not to be known.
    """

    __tablename__ = "feedback"
    __label__ = "投诉建议"
    __table_args__ = (Index("ix_feedback_open", "state", "deadline_at"),)

    flow = Workflow(
        {SUBMITTED: "待受理", PROCESSING: "处理中", ANSWERED: "已答复", CLOSED: "已办结"},
        accept=Move((SUBMITTED,), PROCESSING, "受理", confirm="由您受理并转为处理中，提交人会收到受理通知。"),
        answer=Move(OPEN, ANSWERED, "答复"),
        close=Move((ANSWERED,), CLOSED, "办结", confirm="办结后不再答复，提交人会收到通知，并可申请重新处理。"),
        rate=Move((ANSWERED, CLOSED), CLOSED, "评价"),
        reopen=Move((ANSWERED, CLOSED), PROCESSING, "重新处理", right="approve"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    kind: Mapped[str] = choice_column(KINDS, "类别", COMPLAINT)
    type_id: Mapped[int] = mapped_column(BigId, ForeignKey("feedback_type.id"), index=True, info=label("类型"))
    content: Mapped[str] = mapped_column(Text, info=label("内容"))
    anonymous: Mapped[bool] = mapped_column(Boolean, default=False, info=label("匿名"))
    member_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), index=True, info=label("提交人")
    )
    author: Mapped[str | None] = mapped_column(
        Sealed, info=personal("作者标识", "本人查询进度", sensitive=True, mask=mask_all)
    )
    author_index: Mapped[str | None] = blind_index("author")
    state: Mapped[str] = state_column(SUBMITTED)
    assigned_to: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), index=True, info=label("处理人"))
    deadline_at: Mapped[datetime] = mapped_column(Moment, info=label("答复期限"))
    escalated_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("超时升级时间"))
    answered_at: Mapped[datetime | None] = mapped_column(Moment, info=label("首次答复时间"))
    closed_at: Mapped[datetime | None] = mapped_column(Moment, info=label("办结时间"))
    rating: Mapped[int | None] = mapped_column(Integer, info=label("满意度（1-5）"))
    rating_note: Mapped[str] = mapped_column(String(300), default="", info=label("评价内容"))
    reopened: Mapped[int] = mapped_column(Integer, default=0, info=label("重新处理次数"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    type: Mapped[FeedbackType] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{KINDS[self.kind]} {self.id}"


class FeedbackReply(Record):
    """答复记录: one entry of the thread; by staff (``staff_id``) or by the author (none). Never changed."""

    __tablename__ = "feedback_reply"
    __label__ = "答复记录"
    __append_only__ = True

    feedback_id: Mapped[int] = mapped_column(BigId, ForeignKey("feedback.id"), index=True, info=label("投诉建议"))
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("答复人"))
    content: Mapped[str] = mapped_column(String(2000), info=label("内容"))
