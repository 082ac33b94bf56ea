"""The audit trail: who did what to which record, when and from where; append-only and hash-chained.

Changes of records are collected from each flush and written just before the commit, in the same
transaction: nothing changes without its entry and no entry speaks of what was rolled back. The chain
needs one writer at a time, so the head row is locked last and for the shortest time.
"""

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import JSON, BigInteger, String, event, inspect, select, update
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from app.core import clock
from app.core.db import Moment, Record, db, execute, label
from app.core.privacy import Privacy, mask_all

GENESIS = "0" * 64
QUIET = frozenset({"id", "created_at", "updated_at", "last_login", "login_count", "fail_login_count", "changed_on",
                   "created_on", "created_by_fk", "changed_by_fk"})  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """Who acts: ``kind`` is staff, member, gate, system …; ``name`` as shown to staff; ``ip`` where known."""

    kind: str
    id: str
    name: str
    ip: str = ""
    request_id: str = ""


SYSTEM = Actor("system", "", "系统")
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def actor() -> Actor:
    """Who acts now."""
    return _actor.get()


def act_as(who: Actor) -> None:
    """Say who acts from here on in this context: doors call it when they know."""
    _actor.set(who)


class AuditEntry(Record):
    """One entry of the trail."""

    __tablename__ = "audit_entry"
    __label__ = "审计记录"
    __append_only__ = True
    __audited__ = False

    seq: Mapped[int] = mapped_column(BigInteger, unique=True, info=label("序号"))
    at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("时间"))
    actor_kind: Mapped[str] = mapped_column(String(16), info=label("身份"))
    actor_id: Mapped[str] = mapped_column(String(64), index=True, info=label("操作人编号"))
    actor_name: Mapped[str] = mapped_column(String(128), info=label("操作人"))
    ip: Mapped[str] = mapped_column(String(64), info=label("来源地址"))
    request_id: Mapped[str] = mapped_column(String(64), info=label("请求编号"))
    action: Mapped[str] = mapped_column(String(48), index=True, info=label("操作"))
    record: Mapped[str] = mapped_column(String(64), info=label("对象"))
    record_id: Mapped[str] = mapped_column(String(64), info=label("对象编号"))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, info=label("变更内容"))
    previous: Mapped[str] = mapped_column(String(64), info=label("上一条校验值"))
    digest: Mapped[str] = mapped_column(String(64), info=label("校验值"))

    __table_args__ = (db.Index("ix_audit_entry_record", "record", "record_id", "seq"),)


class AuditHead(Record):
    """The chain's last link; exactly one row."""

    __tablename__ = "audit_head"
    __label__ = "审计链"
    __audited__ = False

    seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))


def record(session: Session, action: str, subject: Any, changes: Mapping[str, Any]) -> None:
    """Add an entry about ``subject`` (a record, or a table name for bulk work) to this transaction.

    ``changes`` maps a column to ``[before, after]``, or any key to a value; personal columns are masked.
    """
    name, record_id = _identify(subject)
    privacy = {} if isinstance(subject, str) else _privacy(type(subject))
    masked = {key: _mask(value, privacy.get(key)) for key, value in changes.items()}
    session.info.setdefault("audit", []).append((session.get_nested_transaction(), action, name, record_id, masked))


def last(session: Session, subject: Any) -> AuditEntry | None:
    """The newest entry about a record."""
    name, record_id = _identify(subject)
    return session.scalar(
        select(AuditEntry)
        .where(AuditEntry.record == name, AuditEntry.record_id == record_id)
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )


def verify(session: Session) -> tuple[int, int | None]:
    """Walk the chain: how many entries, and the first broken sequence number (None: whole)."""
    digest, seq, count = GENESIS, 0, 0
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)):
        seq += 1
        content = {name: getattr(entry, name) for name in CONTENT}
        if entry.seq != seq or entry.previous != digest or entry.digest != _link(digest, seq, content):
            return count, seq
        digest, count = entry.digest, count + 1
    head = session.scalars(select(AuditHead)).one_or_none()
    expected = (head.seq, head.digest) if head else (0, GENESIS)
    return count, None if expected == (seq, digest) else seq + 1


CONTENT = ("at", "actor_kind", "actor_id", "actor_name", "ip", "request_id", "action", "record", "record_id", "changes")


def _link(previous: str, seq: int, content: Mapping[str, Any]) -> str:
    text = json.dumps([previous, seq, dict(content)], ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _identify(subject: Any) -> tuple[str, str]:
    if isinstance(subject, str):
        return subject, ""
    identity = inspect(subject).identity or (getattr(subject, "id", None),)
    return type(subject).__tablename__, ",".join(str(part) for part in identity)


def _privacy(model: type) -> dict[str, Privacy]:
    mapper: Mapper[Any] = inspect(model)
    return {
        attribute.key: attribute.columns[0].info["privacy"]
        for attribute in mapper.column_attrs
        if "privacy" in attribute.columns[0].info
    }


def _mask(value: Any, privacy: Privacy | None) -> Any:
    if isinstance(value, (list, tuple)):
        return [_mask(item, privacy) for item in value]
    if privacy and isinstance(value, str):
        return privacy.mask(value)
    return value if value is None or isinstance(value, (bool, int, float, str, dict)) else _plain(value)


def _audited(model: type) -> bool:
    return issubclass(model, (Record, User, Role)) and getattr(model, "__audited__", True)


@event.listens_for(Mapper, "mapper_configured")
def _know_former_values(mapper: Mapper[Any], model: type) -> None:
    """A column of an expired record is loaded before it is set: the trail needs what stood there."""
    if _audited(model):
        for attribute in mapper.column_attrs:
            event.listen(getattr(model, attribute.key), "set", lambda *_: None, active_history=True)


def _collect(session: Session, _context: Any) -> None:
    for subjects, action in ((session.new, "create"), (session.dirty, "update"), (session.deleted, "delete")):
        for subject in subjects:
            if not _audited(type(subject)):
                continue
            changes = _changes(subject, action)
            if changes or action == "delete":
                record(session, action, subject, changes)


def _changes(subject: Any, action: str) -> dict[str, Any]:
    state = inspect(subject)
    changes: dict[str, Any] = {}
    mapper: Mapper[Any] = state.mapper
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if attribute.key in QUIET or "derived" in column.info or action == "delete":
            continue
        history = state.attrs[attribute.key].history
        if not history.has_changes():
            continue
        before = history.deleted[0] if history.deleted else None
        after = history.added[0] if history.added else None
        if action == "create" and after is None:
            continue
        if attribute.key == "password":
            before, after = mask_all(before or ""), mask_all(after or "")
        changes[attribute.key] = [before, after]
    return changes


def _write(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    pending = session.info.pop("audit", [])
    if not pending:
        return
    who, at = actor(), clock.now()
    head = session.execute(select(AuditHead.seq, AuditHead.digest).where(AuditHead.id == 1).with_for_update()).one()
    seq, digest = head.seq, head.digest
    rows = []
    for _nested, action, name, record_id, changes in pending:
        seq += 1
        content = {
            "at": at,
            "actor_kind": who.kind,
            "actor_id": who.id,
            "actor_name": who.name,
            "ip": who.ip,
            "request_id": who.request_id,
            "action": action,
            "record": name,
            "record_id": record_id,
            "changes": json.loads(json.dumps(changes, default=_plain)),
        }
        previous, digest = digest, _link(digest, seq, content)
        rows.append({**content, "seq": seq, "previous": previous, "digest": digest})
    session.execute(AuditEntry.__table__.insert(), rows)
    execute(session, update(AuditHead).where(AuditHead.id == 1).values(seq=seq, digest=digest))


def _forget(session: Session, ended: Any) -> None:
    pending = session.info.get("audit", [])
    session.info["audit"] = [entry for entry in pending if ended.nested and not _within(entry[0], ended)]


def _within(transaction: Any, ended: Any) -> bool:
    while transaction is not None and transaction is not ended:
        transaction = transaction.parent
    return transaction is ended


def init_audit() -> None:
    """Listen to the application's session; call once at import of the factory."""
    event.listen(db.session, "after_flush", _collect)
    event.listen(db.session, "before_commit", _write)
    event.listen(db.session, "after_soft_rollback", _forget)
