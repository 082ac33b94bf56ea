"""Bulk actions at work: row after row outside the request, each in its own transaction, with what became of it.

The action on a row and the note of it are one transaction, so that work that is taken up again after a crash does no
row twice. Right and data scope are those of the moment in which the row's turn comes.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core import audit, clock, rights
from app.core.backoffice import forms, screens
from app.core.backoffice.elements import Bulk
from app.core.backoffice.models import BulkWork
from app.core.db import db, transaction
from app.core.jobs.outbox import Job, Outside, put
from app.core.logs import frames

WORK = "backoffice.bulk"
SLICE_SECONDS = 2.0
"""How long one piece of the job takes; between pieces the dispatcher turns to what else is due."""
KEPT = timedelta(days=30)

log = structlog.get_logger("bulk")


def start(session: Session, view: Any, action: Bulk, query: Any, back: Mapping[str, str]) -> BulkWork:
    """Ask for the action on the rows of ``query``; ``back`` are the arguments of the list they were ticked on."""
    together = [getattr(view.model, name) for name in action.together]
    rows = session.execute(query.with_only_columns(view.model.id, *together).order_by(view.model.id)).all()
    groups: dict[Any, list[int]] = {}
    for number, *key in rows:
        groups.setdefault(tuple(key) or number, []).append(number)
    old = BulkWork.created_at < clock.now() - KEPT
    session.execute(delete(BulkWork).where(BulkWork.user_id == current_user.id, old))
    work = BulkWork(
        user_id=current_user.id, view=type(view).__name__, action=action.name, groups=list(groups.values()),
        back=dict(back),
    )  # fmt: skip
    session.add(work)
    session.flush()
    put(session, WORK, {"id": work.id})
    return work


def _waiting(session: Session, payload: Mapping[str, Any]) -> int | None:
    work = session.get(BulkWork, payload["id"], populate_existing=True)
    return work.id if work is not None and work.finished_at is None else None


def _work(work_id: int) -> None:
    """As many groups as fit into a slice of time, at least one."""
    until = time.monotonic() + SLICE_SECONDS
    while _do_next(db.session(), work_id) and time.monotonic() < until:
        pass


def _go_on(session: Session, payload: Mapping[str, Any], _nothing: None) -> None:
    if _waiting(session, payload) is not None:
        put(session, WORK, {"id": payload["id"]})


def _do_next(session: Session, work_id: int) -> bool:
    """The next group and the note of what became of it, in one transaction; whether there are more."""
    with transaction():
        query = select(BulkWork).where(BulkWork.id == work_id, BulkWork.finished_at.is_(None))
        work = session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if work is None:
            return False
        person = session.get(User, work.user_id)
        audit.act_as(audit.Actor("staff", str(work.user_id), person.first_name if person else ""))
        group = work.groups[work.groups_done]
        refused = _attempt(session, work, group)
        work.refusals = [*work.refusals, *([number, refused[number]] for number in group if number in refused)]
        work.groups_done += 1
        if work.groups_done == len(work.groups):
            work.finished_at = clock.now()
        return work.finished_at is None


def _attempt(session: Session, work: BulkWork, group: Sequence[int]) -> Mapping[int, str]:
    """Do the action to the records of one group. Returns the reasons for those that were refused."""
    view: Any = screens.screen_named(work.view)
    action: Bulk | None = view.bulks.get(work.action) if view is not None else None
    if action is None or not rights.allows(session, work.user_id, view.area, action.action):
        return dict.fromkeys(group, _("您已没有此操作的权限"))
    reachable = view.within(rights.scope_of(session, work.user_id)).where(view.model.id.in_(group))
    records = session.scalars(reachable.order_by(view.model.id).with_for_update(of=view.model)).all()
    gone = dict.fromkeys(set(group) - {record.id for record in records}, _("记录已不存在，或不再符合列表的条件"))
    if not records:
        return gone
    try:
        with session.begin_nested():
            refused = getattr(view, action.name)(session, records, work.user_id) or {}
            session.flush()
    except forms.REFUSALS as error:
        refused = dict.fromkeys(group, _("；").join(forms.words(error, view.model).values()))
    except Exception as error:  # one record's trouble does not stop the others; it is told and logged
        log.error("bulk row failed", work=work.id, error=type(error).__name__, frames=frames(error.__traceback__))
        refused = dict.fromkeys(group, _("系统内部错误，此条未处理，请联系系统管理员"))
    return gone | dict(refused)


JOBS = {WORK: Job("批量操作", Outside(_waiting, _work, _go_on))}
