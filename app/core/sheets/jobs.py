"""The work of an import outside the request: the check, and the import itself.

Reading and checking happen with no transaction open (reads in short ones, progress in its own); only the
writing is one transaction, together with the end of the job.
"""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, rights
from app.core.db import db, reading
from app.core.errors import DomainError
from app.core.jobs import Job, Outside, extend_lease
from app.core.module import registry
from app.core.sheets import files
from app.core.sheets.check import Plan, check
from app.core.sheets.models import ImportJob
from app.core.sheets.sheet import Sheet
from app.core.sheets.template import failed_rows
from app.core.sheets.write import write

CHECK, IMPORT = "sheets.check", "sheets.import"
PROGRESS_SECONDS = 0.4

log = structlog.get_logger("sheets")

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """What a check or import needs to know of its job."""

    job_id: int
    outbox_id: int
    sheet: Sheet
    file_key: str
    suffix: str
    scope: frozenset[int] | None
    keep: bool


@dataclass(frozen=True)
class Outcome:
    """What came of reading and checking: a plan, or an error in words."""

    task: Task
    plan: Plan | None
    error: str = ""
    failed_key: str = ""


def sheet_named(name: str) -> Sheet:
    """A module's sheet. Raises LookupError."""
    for module in registry():
        for sheet in module.sheets:
            if sheet.name == name:
                return sheet
    raise LookupError(f"no sheet {name!r}")


def _prepare(state: str, keep: bool) -> Callable[[Session, Payload], Task | None]:
    def prepare(session: Session, payload: Payload) -> Task | None:
        job = session.get(ImportJob, payload["id"], populate_existing=True)
        if job is None or job.state != state:
            return None
        scope = rights.scope_of(session, job.user_id)
        suffix = job.filename.rpartition(".")[2].lower()
        return Task(job.id, payload["_job"], sheet_named(job.sheet), job.file_key, suffix, scope, keep)

    return prepare


def _examine(task: Task) -> Outcome:
    """Read and check the file, telling how far it is. Whatever goes wrong is put into words for who waits."""
    session = db.session()
    try:
        source = files.Source(files.load(task.file_key), task.suffix)
        with reading():
            plan = check(
                session,
                task.sheet,
                source.batches(),
                scope=task.scope,
                keep=task.keep,
                progress=_progress(session, task, source),
            )
        if source.sheets > 1:
            plan.notices.insert(0, _("文件有多个工作表，只读取了“%(name)s”", name=source.sheet))
        failed = files.keep(failed_rows(task.sheet, plan)) if plan.failed else ""
        return Outcome(task, plan, failed_key=failed)
    except DomainError as error:
        return Outcome(task, None, error.message)
    except Exception as error:
        log.error("sheet failed", job=task.job_id, error=type(error).__name__, at=_place(error))
        return Outcome(task, None, _("处理文件时出现内部错误，未导入任何内容；请联系系统管理员"))
    finally:
        session.rollback()


def _place(error: Exception) -> str:
    """Where an error arose; its message is not logged, since it may quote what people wrote."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


def _progress(session: Session, task: Task, source: files.Source) -> Callable[[int], None]:
    """Write down how far the work is, a few times a second at most, and keep the lease."""
    told = time.monotonic()

    def progress(done: int) -> None:
        nonlocal told
        if time.monotonic() - told < PROGRESS_SECONDS:
            return
        told = time.monotonic()
        session.rollback()
        _set(session, task.job_id, done=done, total=max(source.rows, done))
        extend_lease(session, task.outbox_id)

    return progress


def _set(session: Session, job_id: int, **values: Any) -> None:
    """Set columns of a job that are no part of its history: bulk data and progress."""
    session.execute(update(ImportJob.__table__).where(ImportJob.id == job_id).values(updated_at=clock.now(), **values))


def _describe(session: Session, job: ImportJob, outcome: Outcome) -> None:
    """Write the result of a check to its job."""
    files.drop(job.failed_key)
    plan = outcome.plan or Plan()
    _set(
        session,
        job.id,
        total=plan.total,
        done=plan.total,
        created_rows=plan.created_rows,
        updated_rows=plan.updated_rows,
        unchanged_rows=plan.unchanged_rows,
        failed_rows=len(plan.failed),
        problems=plan.problems,
        notices=plan.notices,
        failed_key=outcome.failed_key,
        **({} if outcome.task.keep else {"previews": plan.previews}),
    )


def _record_check(session: Session, payload: Payload, outcome: Outcome) -> None:
    job = session.get_one(ImportJob, payload["id"], populate_existing=True)
    _act_for(session, job)
    _describe(session, job, outcome)
    if outcome.plan is None:
        _fail(session, job, outcome.error)
    else:
        ImportJob.flow.apply(session, job, "finish_check")


def _record_import(session: Session, payload: Payload, outcome: Outcome) -> None:
    job = session.get_one(ImportJob, payload["id"], populate_existing=True)
    _act_for(session, job)
    plan = outcome.plan
    if plan is None:
        _fail(session, job, outcome.error)
        return
    _describe(session, job, outcome)
    if plan.failed:
        _fail(session, job, _("检查之后数据有变化，部分行已不能导入；未导入任何内容"))
        return
    try:
        with session.begin_nested():
            write(session, outcome.task.sheet, job, plan, outcome.task.scope)
    except IntegrityError:
        _fail(session, job, _("与他人刚刚写入的数据冲突，未导入任何内容；请重新上传检查"))
        return
    except DomainError as error:
        _fail(session, job, error.message)
        return
    ImportJob.flow.apply(session, job, "finish", finished_at=clock.now())
    files.drop(job.file_key)


def _fail(session: Session, job: ImportJob, error: str) -> None:
    ImportJob.flow.apply(session, job, "fail", error=error, finished_at=clock.now())


def _act_for(session: Session, job: ImportJob) -> None:
    """Who asked for the import acts until the commit, not the dispatcher (which sets itself again for each job)."""
    person = session.get(User, job.user_id)
    audit.act_as(audit.Actor("staff", str(job.user_id), person.first_name if person else ""))


JOBS = {
    CHECK: Job("检查导入文件", Outside(_prepare("checking", keep=False), _examine, _record_check)),
    IMPORT: Job("导入", Outside(_prepare("importing", keep=True), _examine, _record_import)),
}
