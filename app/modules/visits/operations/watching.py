"""Timed work: visits that nobody came for expire, and personal data goes when it is no longer needed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from app.core import clock, messages, settings
from app.core.db import execute
from app.modules.visits.models import PassBatch, Visit
from app.modules.visits.models.visits import APPROVED, BATCH, PENDING
from app.modules.visits.operations import passes

AT_ONCE = 500
FORGOTTEN = "已清除"
NOBODY: Mapping[str, Any] = {
    "visitor_name": FORGOTTEN, "visitor_phone": None, "visitor_phone_index": None, "visitor_phone_tail": None,
    "plate": "",
}  # fmt: skip


def expire(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: what was to begin and end without anybody coming; hosts and applicants are told."""
    over = select(Visit).where(Visit.state.in_((PENDING, APPROVED)), Visit.ends_at <= clock.now())
    visits = session.scalars(over.order_by(Visit.id).limit(AT_ONCE)).all()
    for visit in visits:
        was_pending = visit.state == PENDING
        Visit.flow.apply(session, visit, "expire")
        if visit.kind != BATCH and visit.member_id is not None:
            title = _("来访申请已过期") if was_pending else _("来访已过期")
            body = (
                _("%(name)s 的来访申请未在有效期内审批", name=visit.visitor_name)
                if was_pending
                else _("%(name)s 未在有效期内到访，通行码已失效", name=visit.visitor_name)
            )
            messages.send(session, visit.member_id, "visit", title, body, f"/pkg-visits/visit?id={visit.id}")
    if visits:
        passes.end(session, [visit.id for visit in visits], expired=True)


def forget(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: after so many days nobody needs to know any more who came; that somebody did stays for the statistics."""
    until = clock.now() - timedelta(days=settings.get("visits.keep_days"))
    old = select(Visit.id).where(Visit.ends_at < until, Visit.visitor_name != FORGOTTEN).limit(AT_ONCE * 10)
    execute(session, update(Visit).where(Visit.id.in_(old)).values(NOBODY))
    execute(session, update(PassBatch).where(PassBatch.ends_at < until, PassBatch.names != "").values(names=""))


def forget_member(session: Session, *, member_id: int) -> None:
    """What a member who erases their account has told us of others and of themselves in visits goes with it."""
    theirs = and_(Visit.member_id == member_id, Visit.visitor_name != FORGOTTEN)
    for visit in session.scalars(select(Visit).where(theirs, Visit.state.in_((PENDING, APPROVED)))).all():
        Visit.flow.apply(session, visit, "cancel")
        passes.end(session, [visit.id])
    execute(session, update(Visit).where(theirs).values(NOBODY))
    asked = select(PassBatch.id).where(PassBatch.member_id == member_id)
    execute(session, update(Visit).where(Visit.batch_id.in_(asked)).values(NOBODY))
    execute(session, update(PassBatch).where(PassBatch.id.in_(asked)).values(names=""))
