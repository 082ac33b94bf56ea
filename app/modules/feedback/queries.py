"""Reads of complaints and suggestions that more than one face needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    User,
    ViewMenu,
    assoc_permissionview_role,
    assoc_user_role,
)
from flask_babel import gettext as _
from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core import rights
from app.core.own_data import Own
from app.core.privacy import keyring
from app.core.rights import SUPERADMIN
from app.modules.feedback.models import OPEN, SUBMITTED, Feedback, FeedbackReply
from app.modules.feedback.operations import author_of
from app.modules.members.models import Member

MOST = 500


def written_by(member_id: int) -> Any:
    """The condition that a member wrote it, anonymous or not."""
    return Feedback.author_index == keyring().digest(author_of(member_id))


def thread(session: Session, feedback_id: int) -> list[FeedbackReply]:
    """What was said, from the beginning."""
    query = select(FeedbackReply).where(FeedbackReply.feedback_id == feedback_id)
    return list(session.scalars(query.order_by(FeedbackReply.id).limit(MOST)))


def writers(session: Session, records: Sequence[Feedback]) -> dict[int, str]:
    """What those who gave their name are called: by their contact name, else the nickname."""
    ids = {one.member_id for one in records if not one.anonymous} - {None}
    if not ids:
        return {}
    rows = session.execute(select(Member.id, Member.contact_name, Member.nickname).where(Member.id.in_(ids)))
    return {row.id: row.contact_name or row.nickname or _("用户%(id)s", id=row.id) for row in rows}


def handlers(session: Session) -> Mapping[int, str]:
    """The active staff who may work on complaints, by id."""
    granted = (
        select(assoc_user_role.c.user_id)
        .join(assoc_permissionview_role, assoc_permissionview_role.c.role_id == assoc_user_role.c.role_id)
        .join(PermissionView, PermissionView.id == assoc_permissionview_role.c.permission_view_id)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
        .where(ViewMenu.name == "feedback", Permission.name == "can_edit")
    )
    chief = exists().where(
        assoc_user_role.c.user_id == User.id, Role.id == assoc_user_role.c.role_id, Role.name == SUPERADMIN
    )
    query = select(User.id, User.first_name, User.last_name).where(
        User.active.is_(True), or_(User.id.in_(granted), chief)
    )
    return {row.id: f"{row.first_name}{row.last_name}" for row in session.execute(query.order_by(User.id).limit(MOST))}


def _count(session: Session, *conditions: Any) -> int:
    query = select(func.count()).select_from(Feedback).where(*conditions)
    return session.scalar(rights.within(query, Feedback)) or 0


def count_submitted(session: Session) -> int:
    """What nobody has begun to work on, within the signed-in person's communities."""
    return _count(session, Feedback.state == SUBMITTED)


def count_late(session: Session) -> int:
    """What is open and was escalated, within the signed-in person's communities."""
    return _count(session, Feedback.state.in_(OPEN), Feedback.escalated_at.is_not(None))


OWN_DATA = (
    Own(
        "feedback", Feedback, written_by,
        ("id", "kind", "content", "anonymous", "state", "rating", "rating_note", "created_at", "closed_at"),
    ),
    Own(
        "feedback_replies", FeedbackReply,
        lambda member_id: and_(
            FeedbackReply.staff_id.is_(None),
            FeedbackReply.feedback_id.in_(select(Feedback.id).where(written_by(member_id))),
        ),
        ("feedback_id", "content", "created_at"),
    ),
)  # fmt: skip
"""What somebody wrote, anonymous or not: they themselves may read it."""
