"""Reports that come by themselves: who wants which, and the files that a job puts into their inboxes.

Rights and data scope are those of the moment of delivery, and again of the moment of opening: a file that was made
for somebody who has lost the right since stays closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock, rights
from app.core.backoffice.models import CADENCES, FORMATS, DeliveredReport, ReportSubscription
from app.core.backoffice.report_files import ReportFile, report_file
from app.core.communities import in_words
from app.core.db import conflict_insert, db, execute
from app.core.errors import Invalid, NotFound
from app.core.jobs.outbox import put
from app.core.logs import log
from app.core.module import registry
from app.core.replica import apart
from app.core.reports import Asked, Report

DELIVER = "reports.deliver_one"
MOST = 30
KEPT = timedelta(days=90)


def reports() -> dict[str, Report]:
    """All declared reports by key."""
    return {report.key: report for module in registry() for report in module.reports}


def subscribe(
    session: Session, report: Report, asked: Asked, cadence: str, form: str, community_id: int | None
) -> None:
    """The signed-in person wants the report as it stands on the screen; the same cadence is replaced.

    Raises Invalid.
    """
    if cadence not in CADENCES or form not in FORMATS:
        raise Invalid(_("请选择订阅的周期和格式"))
    mine = select(ReportSubscription).where(ReportSubscription.user_id == current_user.id)
    found = session.scalar(mine.where(ReportSubscription.report == report.key, ReportSubscription.cadence == cadence))
    if found is None:
        if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
            raise Invalid(_("最多订阅 %(most)s 份报表，请先取消不用的", most=MOST))
        found = ReportSubscription(user_id=current_user.id, report=report.key, cadence=cadence)
        session.add(found)
    found.form, found.by, found.community_id = form, asked.by, community_id


def subscriptions(session: Session) -> list[ReportSubscription]:
    """The signed-in person's own."""
    mine = select(ReportSubscription).where(ReportSubscription.user_id == current_user.id)
    return list(session.scalars(mine.order_by(ReportSubscription.id).limit(MOST)))


def unsubscribe(session: Session, subscription_id: int | None) -> None:
    """Delete one of one's own. Raises NotFound."""
    found = session.get(ReportSubscription, subscription_id) if subscription_id is not None else None
    if found is None or found.user_id != current_user.id:
        raise NotFound
    session.delete(found)


def inbox(session: Session) -> list[DeliveredReport]:
    """What came to the signed-in person, the newest first, without the files themselves."""
    mine = select(DeliveredReport).where(DeliveredReport.user_id == current_user.id)
    return list(session.scalars(mine.order_by(DeliveredReport.id.desc()).limit(200)))


def count_unread(session: Session) -> int:
    """How many files the signed-in person has not opened."""
    mine = select(func.count()).where(DeliveredReport.user_id == current_user.id, DeliveredReport.read_at.is_(None))
    return session.scalar(mine) or 0


def open_file(session: Session, delivered_id: int | None) -> DeliveredReport:
    """One of one's own files, now opened; audited like an export.

    Raises NotFound for another's, for one that is no more, and when the right to export the report was taken away.
    """
    found = session.get(DeliveredReport, delivered_id) if delivered_id is not None else None
    report = reports().get(found.report) if found else None
    if found is None or report is None or found.user_id != current_user.id or not rights.can(report.area, "export"):
        raise NotFound
    if found.read_at is None:
        found.read_at = clock.now()
    audit.record(session, "export", f"report:{found.report}", {"delivered": found.id})
    return found


# ---- jobs


def span(cadence: str, today: date) -> tuple[date, date] | None:
    """The days that a delivery of today tells about: yesterday, last week, last month; None: nothing comes today."""
    yesterday = today - timedelta(days=1)
    if cadence == "daily":
        return yesterday, yesterday
    if cadence == "weekly":
        return (today - timedelta(days=7), yesterday) if today.weekday() == 0 else None
    return (yesterday.replace(day=1), yesterday) if today.day == 1 else None


def deliver(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job, each morning: ask for each file that comes today; and drop what is older than ``KEPT``."""
    today = clock.today()
    due = [cadence for cadence in CADENCES if span(cadence, today)]
    for number in session.scalars(select(ReportSubscription.id).where(ReportSubscription.cadence.in_(due))):
        put(session, DELIVER, {"subscription": number, "today": today.isoformat()})
    execute(session, delete(DeliveredReport).where(DeliveredReport.created_at < clock.now() - KEPT))


@dataclass(frozen=True)
class Due:
    """One delivery: for whom, and what is to be read."""

    subscription_id: int
    user_id: int
    report: Report
    asked: Asked
    form: str


def prepare(session: Session, payload: Mapping[str, Any]) -> Due | None:
    """Job: what is to be made; None when nobody wants it any more or may have it."""
    wanted = session.get(ReportSubscription, payload["subscription"])
    report = reports().get(wanted.report) if wanted else None
    days = span(wanted.cadence, date.fromisoformat(payload["today"])) if wanted else None
    if wanted is None or report is None or days is None:
        return None
    if not rights.allows(session, wanted.user_id, report.area, "export"):
        log.info("report withheld", report=report.key, staff=wanted.user_id)
        return None
    scope = rights.scope_of(session, wanted.user_id)
    if wanted.community_id is not None:
        within: list[int] | None = [wanted.community_id] if scope is None or wanted.community_id in scope else []
    else:
        within = None if scope is None else sorted(scope)
    by = wanted.by if wanted.by in report.by else next(iter(report.by), "")
    return Due(wanted.id, wanted.user_id, report, Asked(*days, within, by), wanted.form)


def make(due: Due) -> ReportFile:
    """Job: read and write the file, with no transaction open that writes."""
    with apart() as session:
        rows = due.report.rows(session, due.asked)
        file = report_file(due.report, due.asked, rows, due.form, in_words(session, due.asked.communities))
    db.session.rollback()
    return file


def put_into_inbox(session: Session, payload: Mapping[str, Any], file: ReportFile) -> None:
    """Job: hand the file over, once."""
    due = prepare(session, payload)
    if due is None:  # the right or the wish went while the file was made
        return
    values = {
        "user_id": due.user_id, "subscription_id": due.subscription_id, "report": due.report.key,
        "title": due.report.title, "until": due.asked.end, "filename": file.name, "mimetype": file.mimetype,
        "content": file.content,
    }  # fmt: skip
    session.execute(conflict_insert(session, DeliveredReport).values(values).on_conflict_do_nothing())


def mark_all_read(session: Session) -> None:
    """Everything in the signed-in person's inbox counts as seen."""
    mine = update(DeliveredReport).where(DeliveredReport.user_id == current_user.id, DeliveredReport.read_at.is_(None))
    execute(session, mine.values(read_at=clock.now()))
