"""The outbox, the timed slots that were taken, and nothing else: the database is the queue's truth."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Moment, Record, label, state_column
from app.core.workflow import Move, Workflow

WAITING, RUNNING, DONE, DEAD = "waiting", "running", "done", "dead"


class OutboxEntry(Record):
    """One piece of work that a business transaction asked for. ``payload`` holds ids, never personal data."""

    __tablename__ = "outbox"
    __label__ = "后台任务"
    __audited__ = False
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)

    flow = Workflow(
        {WAITING: "等待", RUNNING: "执行中", DONE: "已完成", DEAD: "失败"},
        retry=Move((DEAD,), WAITING, "重试", confirm="将立即重新执行该任务；它要发出的通知或请求会随之发出。"),
    )

    kind: Mapped[str] = mapped_column(String(64), index=True, info=label("任务"))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, info=label("参数"))
    state: Mapped[str] = state_column(WAITING)
    due_at: Mapped[datetime] = mapped_column(Moment, info=label("应执行时间"))
    attempts: Mapped[int] = mapped_column(Integer, default=0, info=label("已尝试次数"))
    leased_until: Mapped[datetime | None] = mapped_column(Moment, info=label("租约至"))
    finished_at: Mapped[datetime | None] = mapped_column(Moment, info=label("完成时间"))
    error: Mapped[str] = mapped_column(Text, default="", info=label("错误"))


class JobRun(Record):
    """A slot of a timed job that some node took; the unique key lets exactly one win."""

    __tablename__ = "job_run"
    __label__ = "定时任务记录"
    __audited__ = False
    __table_args__ = (UniqueConstraint("job", "slot"),)

    job: Mapped[str] = mapped_column(String(64), info=label("任务"))
    slot: Mapped[datetime] = mapped_column(Moment, info=label("时段"))
