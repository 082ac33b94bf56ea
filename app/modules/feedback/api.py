"""Mobile endpoints: complaints and suggestions (C1)."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media
from app.core.api import Caller, Endpoints, Id, LongText, MediaKeys, Page, PageQuery, Schema, as_id, paginate
from app.core.api.photos import PhotoOut, photos_of
from app.core.db import db, reading
from app.core.errors import NotFound
from app.modules.feedback import operations, queries
from app.modules.feedback.models import KINDS, Feedback, FeedbackType

api = Endpoints("feedback", "投诉建议")

MENU = "feedback"
RESIDENTS = ("merchant", "tenant")
Kind = Literal["complaint", "suggestion"]


class TypeOut(Schema):
    """可选择的类型"""

    id: str
    name: str
    kind: Literal["complaint", "suggestion", "both"]
    hours: int


class FeedbackIn(Schema):
    """投诉或建议；anonymous 为真时物业看不到提交人，也不会发送消息通知"""

    kind: Kind
    type_id: Id
    content: LongText
    media_ids: MediaKeys = []
    anonymous: bool = False
    community_id: Id | None = None


class ReplyOut(Schema):
    """一条沟通记录"""

    by: Literal["staff", "me"]
    content: str
    created_at: datetime


class FeedbackOut(Schema):
    """我的投诉建议"""

    id: str
    kind: Kind
    kind_text: str
    type_name: str
    content: str
    anonymous: bool
    state: str
    state_text: str
    deadline_at: datetime
    rating: int | None
    created_at: datetime


class FeedbackDetailOut(FeedbackOut):
    """我的投诉建议及其答复（匿名的不再返回图片）"""

    rating_note: str
    photos: list[PhotoOut]
    replies: list[ReplyOut]
    answered_at: datetime | None
    closed_at: datetime | None
    moves: list[operations.AuthorsMove]


class RatingIn(Schema):
    """满意度，1 至 5"""

    rating: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Annotated[str, msgspec.Meta(max_length=300)] = ""


class WordsIn(Schema):
    """补充说明，或重新处理的原因"""

    content: LongText


@api.get("/feedback-types", roles=RESIDENTS, returns=Page[TypeOut], menu=MENU)
def list_types() -> Page[TypeOut]:
    """投诉建议的类型"""
    rows = db.session.scalars(
        select(FeedbackType)
        .where(FeedbackType.active.is_(True))
        .order_by(FeedbackType.position, FeedbackType.id)
        .limit(200)
    )
    items = [TypeOut(id=str(row.id), name=row.name, kind=row.kind, hours=row.hours) for row in rows]
    return Page(items=items, next=None)


def _values(feedback: Feedback, type_name: str) -> dict[str, Any]:
    return {
        "id": str(feedback.id),
        "kind": feedback.kind,
        "kind_text": KINDS[feedback.kind],
        "type_name": type_name,
        "content": feedback.content,
        "anonymous": feedback.anonymous,
        "state": feedback.state,
        "state_text": Feedback.flow.title(feedback.state),
        "deadline_at": clock.local(feedback.deadline_at),
        "rating": feedback.rating,
        "created_at": clock.local(feedback.created_at),
    }


def mine(session: Session, caller: Caller, feedback_id: str) -> Feedback:
    """What the caller wrote, anonymous or not. Raises NotFound for anybody else's."""
    query = select(Feedback).where(Feedback.id == as_id(feedback_id), queries.written_by(caller.member_id))
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def detail(session: Session, feedback: Feedback) -> FeedbackDetailOut:
    """All of it, as its author sees it."""
    photos = {} if feedback.anonymous else photos_of(session, Feedback, [feedback.id])
    return FeedbackDetailOut(
        **_values(feedback, session.get_one(FeedbackType, feedback.type_id).name),
        rating_note=feedback.rating_note,
        photos=photos.get(feedback.id, []),
        replies=[
            ReplyOut(by="me" if one.staff_id is None else "staff", content=one.content,
                     created_at=clock.local(one.created_at))
            for one in queries.thread(session, feedback.id)
        ],
        answered_at=clock.local(feedback.answered_at) if feedback.answered_at else None,
        closed_at=clock.local(feedback.closed_at) if feedback.closed_at else None,
        moves=operations.authors_moves(feedback),
    )  # fmt: skip


def copies(caller: Caller, body: FeedbackIn) -> list[media.Picture]:
    """For an anonymous one: the pictures taken in anew, before any transaction."""
    if not body.anonymous:
        return []
    with reading():
        taken = operations.own_copies(db.session(), caller.member_id, body.media_ids)
        db.session.rollback()
    return taken


@api.post("/feedback", roles=RESIDENTS, body=FeedbackIn, returns=FeedbackDetailOut, status=201, limit="20/day",
          menu=MENU, prepare=copies)  # fmt: skip
def submit(caller: Caller, body: FeedbackIn, prepared: list[media.Picture]) -> FeedbackDetailOut:
    """提交投诉或建议"""
    session = db.session()
    photos = operations.keep_copies(session, prepared) if body.anonymous else body.media_ids
    feedback = operations.submit(
        session, caller.member_id, kind=body.kind, type_id=as_id(body.type_id), content=body.content,
        anonymous=body.anonymous, photos=photos,
        community_id=None if body.community_id is None else as_id(body.community_id),
    )  # fmt: skip
    return detail(session, feedback)


@api.get("/feedback", roles=RESIDENTS, query=PageQuery, returns=Page[FeedbackOut])
def list_feedback(caller: Caller, query: PageQuery) -> Page[FeedbackOut]:
    """我的投诉建议，新的在前"""
    session = db.session()
    rows, following = paginate(
        session, select(Feedback).where(queries.written_by(caller.member_id)), query, [Feedback.id]
    )
    types = {row.type_id for row in rows}
    named = select(FeedbackType.id, FeedbackType.name).where(FeedbackType.id.in_(types))
    names: dict[int, str] = dict(session.execute(named).tuples().all())
    return Page(items=[FeedbackOut(**_values(row, names[row.type_id])) for row in rows], next=following)


@api.get("/feedback/<feedback_id>", roles=RESIDENTS, returns=FeedbackDetailOut)
def show_feedback(caller: Caller, feedback_id: str) -> FeedbackDetailOut:
    """一条投诉建议及其答复"""
    session = db.session()
    return detail(session, mine(session, caller, feedback_id))


@api.post("/feedback/<feedback_id>/replies", roles=RESIDENTS, body=WordsIn, returns=FeedbackDetailOut,
          limit="60/day")  # fmt: skip
def add_reply(caller: Caller, feedback_id: str, body: WordsIn) -> FeedbackDetailOut:
    """补充说明"""
    session = db.session()
    feedback = mine(session, caller, feedback_id)
    operations.add(session, feedback, body.content)
    return detail(session, feedback)


@api.post("/feedback/<feedback_id>/rate", roles=RESIDENTS, body=RatingIn, returns=FeedbackDetailOut)
def rate(caller: Caller, feedback_id: str, body: RatingIn) -> FeedbackDetailOut:
    """评价答复，每次答复一次；尚未办结的随之办结"""
    session = db.session()
    return detail(session, operations.rate(session, mine(session, caller, feedback_id), body.rating, body.comment))


@api.post("/feedback/<feedback_id>/reopen", roles=RESIDENTS, body=WordsIn, returns=FeedbackDetailOut, limit="20/day")
def reopen(caller: Caller, feedback_id: str, body: WordsIn) -> FeedbackDetailOut:
    """未解决，申请重新处理"""
    session = db.session()
    feedback = mine(session, caller, feedback_id)
    return detail(session, operations.reopen(session, feedback, body.content, by_author=True))
