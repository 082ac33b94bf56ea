"""What can happen to complaints and suggestions.

Nothing here says who wrote an anonymous one: its entries in the audit trail are made in nobody's name, its pictures
are copies that belong to nobody, and no message is sent about it, since a message names its receiver.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from PIL import Image
from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock, media, messages, settings
from app.core.audit import Actor
from app.core.db import execute
from app.core.errors import Conflict, Invalid
from app.core.media import MediaFile
from app.core.privacy import keyring
from app.modules.estate.models import Community
from app.modules.feedback.models import (
    ANSWERED,
    CLOSED,
    KINDS,
    OPEN,
    Feedback,
    FeedbackReply,
    FeedbackType,
)
from app.modules.members import queries as members

PHOTOS = "feedback"
PAGE = "/pkg-feedback/detail"
NOBODY = Actor("member", "", "匿名用户")
AT_ONCE = 500
LONGEST = 2000
AuthorsMove = Literal["reply", "rate", "reopen"]


def submit(
    session: Session,
    member_id: int,
    *,
    kind: str,
    type_id: int,
    content: str,
    anonymous: bool,
    community_id: int | None,
    photos: Sequence[str],
) -> Feedback:
    """File a complaint or suggestion (C1). Raises Invalid with the field.

    ``photos`` are upload keys; for an anonymous one, what ``own_copies`` has made.
    """
    chosen = session.get(FeedbackType, type_id)
    if chosen is None or not chosen.active or chosen.kind not in (kind, "both"):
        raise Invalid.field("type_id", _("请选择有效的类型"))
    community = community_id or members.community_of(session, member_id)
    known = exists().where(Community.id == community, Community.active.is_(True))
    if community is None or not session.scalar(select(known)):
        raise Invalid.field("community_id", _("请选择园区"))
    if anonymous:
        audit.act_as(NOBODY)
    feedback = Feedback(
        community_id=community, kind=kind, type_id=type_id, content=content.strip(), anonymous=anonymous,
        member_id=None if anonymous else member_id, author=author_of(member_id),
        deadline_at=clock.now() + timedelta(hours=chosen.hours),
    )  # fmt: skip
    session.add(feedback)
    session.flush()
    media.attach(session, photos, PHOTOS, *owner(member_id, anonymous), feedback)
    return feedback


def author_of(member_id: int) -> str:
    """What ``Feedback.author`` holds for a member."""
    return f"member:{member_id}"


def owner(member_id: int, anonymous: bool) -> tuple[str, str]:
    """Whose the pictures are: nobody's when the author wishes not to be known."""
    return ("anonymous", "") if anonymous else ("member", str(member_id))


def own_copies(session: Session, member_id: int, keys: Sequence[str]) -> list[media.Picture]:
    """A member's uploads taken in anew, a tenth smaller, so that neither key nor size nor checksum leads back to them.

    Raises Invalid unless each is the member's own. What was uploaded becomes part of nothing, and is swept away.
    """
    copies = []
    for number, key in enumerate(keys, start=1):
        file = session.scalar(
            select(MediaFile).where(
                MediaFile.key == key, MediaFile.purpose == PHOTOS, MediaFile.owner_kind == "member",
                MediaFile.owner_id == str(member_id), MediaFile.record.is_(None),
            )
        )  # fmt: skip
        if file is None:
            raise Invalid.field("media_ids", _("第 %(n)s 个文件不存在或已被使用，请重新上传", n=number))
        out = io.BytesIO()
        with Image.open(io.BytesIO(media.content(file))) as opened:
            opened.resize(tuple(max(side * 9 // 10, 1) for side in opened.size)).save(out, "PNG")
        out.seek(0)
        copies.append(media.receive(out, PHOTOS))
    return copies


def keep_copies(session: Session, copies: Sequence[media.Picture]) -> list[str]:
    """Store pictures as nobody's; returns their keys."""
    audit.act_as(NOBODY)
    return [media.keep(session, one, *owner(0, True)).key for one in copies]


def forget(session: Session, *, member_id: int) -> None:
    """An erased member's complaints stay, with nothing that says whose they were."""
    gone = update(Feedback).where(Feedback.author_index == keyring().digest(author_of(member_id)))
    execute(session, gone.values(author=None, author_index=None, member_id=None))


def accept(session: Session, feedback: Feedback, staff_id: int) -> Feedback:
    """Begin to work on it; who does so takes it unless somebody is on it already. Raises Conflict."""
    Feedback.flow.apply(session, feedback, "accept", assigned_to=feedback.assigned_to or staff_id)
    _tell(session, feedback, _("您的%(kind)s已受理", kind=KINDS[feedback.kind]), _("工作人员正在处理，请留意答复。"))
    return feedback


def assign(session: Session, feedback: Feedback, staff_id: int, candidates: Sequence[int]) -> Feedback:
    """Give it to a member of staff, one of ``candidates``. Raises Invalid, Conflict when it is closed."""
    if staff_id not in candidates:
        raise Invalid.field("staff_id", _("请选择处理人"))
    if feedback.state == CLOSED:
        raise Conflict(_("已办结的不能再指派"))
    before, feedback.assigned_to = feedback.assigned_to, staff_id
    audit.record(session, "assign", feedback, {"assigned_to": [before, staff_id]})
    session.flush()
    return feedback


def reply(session: Session, feedback: Feedback, staff_id: int, content: str, *, final: bool) -> FeedbackReply:
    """Staff write to the author; ``final`` makes it the answer. Raises Invalid, Conflict."""
    text = _text(content)
    if feedback.state == CLOSED:
        raise Conflict(_("已办结，不能再答复"))
    if final:
        values: dict[str, Any] = {"answered_at": feedback.answered_at or clock.now()}
        values["assigned_to"] = feedback.assigned_to or staff_id
        Feedback.flow.apply(session, feedback, "answer", **values)
    made = FeedbackReply(feedback_id=feedback.id, staff_id=staff_id, content=text)
    session.add(made)
    session.flush()
    _tell(session, feedback, _("您的%(kind)s有新的答复", kind=KINDS[feedback.kind]), text[:100])
    return made


def add(session: Session, feedback: Feedback, content: str) -> FeedbackReply:
    """The author adds to the thread. Raises Invalid, Conflict when it is closed."""
    if feedback.state == CLOSED:
        raise Conflict(_("已办结；如未解决请选择“重新处理”"))
    _stay_unknown(feedback)
    made = FeedbackReply(feedback_id=feedback.id, content=_text(content))
    session.add(made)
    session.flush()
    return made


def rate(session: Session, feedback: Feedback, rating: int, note: str) -> Feedback:
    """The author says how content they are, once, which closes what is only answered. Raises Conflict."""
    if feedback.rating is not None:
        raise Conflict(_("已经评价过"))
    _stay_unknown(feedback)
    return Feedback.flow.apply(
        session, feedback, "rate", Feedback.rating.is_(None), rating=rating, rating_note=note.strip(),
        closed_at=func.coalesce(Feedback.closed_at, clock.now()),
    )  # fmt: skip


def authors_moves(feedback: Feedback) -> list[AuthorsMove]:
    """What its author may do now; each may still be refused, when staff were faster."""
    moves: list[AuthorsMove] = []
    if feedback.state != CLOSED:
        moves.append("reply")
    if feedback.state not in OPEN:
        if feedback.rating is None:
            moves.append("rate")
        if not _too_late(feedback):
            moves.append("reopen")
    return moves


def close(session: Session, feedback: Feedback) -> Feedback:
    """Staff close what is answered. Raises Conflict."""
    Feedback.flow.apply(session, feedback, "close", closed_at=clock.now())
    _tell(session, feedback, _("您的%(kind)s已办结", kind=KINDS[feedback.kind]), _("如未解决，可以申请重新处理。"))
    return feedback


def reopen(session: Session, feedback: Feedback, reason: str, *, by_author: bool) -> Feedback:
    """Not settled after all: back to work with a new deadline. Raises Invalid, Conflict; the author may within the
    days that the settings say."""
    text = _text(reason)
    if by_author:
        _stay_unknown(feedback)
        if _too_late(feedback):
            limit = settings.get("feedback.reopen_days")
            raise Conflict(_("办结已超过 %(n)s 天，请重新提交", n=limit), code="too_late")
    chosen = session.get_one(FeedbackType, feedback.type_id)
    Feedback.flow.apply(
        session, feedback, "reopen", closed_at=None, escalated_at=None, rating=None, rating_note="",
        reopened=feedback.reopened + 1, deadline_at=clock.now() + timedelta(hours=chosen.hours),
    )  # fmt: skip
    if by_author:
        session.add(FeedbackReply(feedback_id=feedback.id, content=_("申请重新处理：%(text)s", text=text)[:LONGEST]))
        session.flush()
    else:
        _tell(session, feedback, _("您的%(kind)s已重新处理", kind=KINDS[feedback.kind]), text[:100])
    return feedback


def escalate(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: what was not answered in time is marked, and goes to whom the settings name."""
    login = settings.get("feedback.escalate_to")
    chief = session.scalar(select(User.id).where(User.username == login, User.active.is_(True))) if login else None
    late = select(Feedback).where(
        Feedback.state.in_(OPEN), Feedback.deadline_at < clock.now(), Feedback.escalated_at.is_(None)
    )
    for feedback in session.scalars(late.order_by(Feedback.deadline_at).limit(AT_ONCE).with_for_update()).all():
        before = feedback.assigned_to
        feedback.escalated_at = clock.now()
        feedback.assigned_to = chief or before
        audit.record(session, "escalate", feedback, {"assigned_to": [before, feedback.assigned_to]})


def close_answered(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: what was answered and not spoken of since counts as settled."""
    before = clock.now() - timedelta(days=settings.get("feedback.close_days"))
    settled = select(Feedback).where(Feedback.state == ANSWERED, Feedback.updated_at < before)
    for feedback in session.scalars(settled.order_by(Feedback.id).limit(AT_ONCE).with_for_update()).all():
        Feedback.flow.apply(session, feedback, "close", closed_at=clock.now())


def install(session: Session) -> None:
    """The types that a park begins with; nothing where there are some."""
    if session.scalar(select(exists().select_from(FeedbackType))):
        return
    for position, (name, kind, hours) in enumerate(TYPES, start=1):
        session.add(FeedbackType(name=name, kind=kind, hours=hours, position=position * 10))
    session.flush()


TYPES = (
    ("物业服务态度", "complaint", 24),
    ("环境卫生", "both", 24),
    ("安全与秩序", "both", 12),
    ("噪音扰民", "complaint", 24),
    ("停车管理", "both", 48),
    ("设施设备", "both", 48),
    ("收费问题", "complaint", 48),
    ("其他", "both", 72),
)


def remove(session: Session, feedback: Feedback) -> None:
    """Delete what should never have been filed. Raises Conflict once staff have answered."""
    if session.scalar(select(exists().where(FeedbackReply.feedback_id == feedback.id))):
        raise Conflict(_("已有答复记录，不能删除"))
    session.delete(feedback)
    session.flush()


def _too_late(feedback: Feedback) -> bool:
    """Whether its author can no longer have it worked on again."""
    limit = timedelta(days=settings.get("feedback.reopen_days"))
    return feedback.closed_at is not None and clock.now() - feedback.closed_at > limit


def _text(content: str) -> str:
    text = content.strip()
    if not text or len(text) > LONGEST:
        raise Invalid.field("content", _("请填写内容（不超过 %(limit)s 个字）", limit=LONGEST))
    return text


def _stay_unknown(feedback: Feedback) -> None:
    """From here on the trail knows no name, where the author wished so."""
    if feedback.anonymous:
        audit.act_as(NOBODY)


def _tell(session: Session, feedback: Feedback, title: str, body: str) -> None:
    if feedback.member_id is not None:
        messages.send(session, feedback.member_id, "feedback", title, body, f"{PAGE}?id={feedback.id}")
