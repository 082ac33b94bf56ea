"""The numbers by which a copy shows that it is whole, and the checks that must hold over any database."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import AuditHead
from app.core.module import Registry, registry

REVISION = text("SELECT version_num FROM alembic_version")


def counts(session: Session) -> dict[str, int]:
    """Rows by table."""
    names = sorted(inspect(session.connection()).get_table_names())
    return {name: int(session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in names}  # noqa: S608


def sums(session: Session, modules: Registry) -> dict[str, int]:
    """The sums that the modules declare, by check and title."""
    return {
        f"{check.key}.{title}": value
        for module in modules
        for check in module.checks
        for title, value in check.sums(session).items()
    }


def audit_head(session: Session) -> dict[str, Any]:
    """The last link of the audit chain."""
    head = session.get_one(AuditHead, 1)
    return {"seq": head.seq, "digest": head.digest}


def of(session: Session) -> dict[str, Any]:
    """Everything that a restored copy must show again."""
    return {
        "revision": session.scalar(REVISION),
        "tables": counts(session),
        "audit": audit_head(session),
        "sums": sums(session, registry()),
    }


def problems(session: Session) -> list[str]:
    """What is wrong with the records: the audit chain and each declared check. Empty: nothing."""
    count, broken = audit.verify(session)
    found = [] if broken is None else [f"审计日志共 {count} 条完好，自第 {broken} 条起校验链断裂"]
    for module in registry():
        for check in module.checks:
            found += [f"{check.title}：{problem}" for problem in check.problems(session)]
    return found


def differences(expected: Mapping[str, int], found: Mapping[str, int], what: str) -> list[str]:
    """Where two sets of numbers part, as sentences."""
    return [
        f"{what}“{name}”应为 {expected.get(name, '无')}，实为 {found.get(name, '无')}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]
