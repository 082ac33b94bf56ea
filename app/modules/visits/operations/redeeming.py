"""One scan, one decision, one passage: what every gate asks, whatever protocol it speaks (V2).

A pass opens by a guarded UPDATE and its passage is written in the same transaction, so that of any number of scans at
once exactly one is let through and each leaves its record.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, jobs, messages
from app.core.db import conflict_insert, execute
from app.modules.visits import digits, token
from app.modules.visits.models import AccessPass, Gate, Passage, Visit
from app.modules.visits.models.gates import IN
from app.modules.visits.models.passages import (
    ALLOWED,
    CLOCK,
    EARLY,
    FORGED,
    LATE,
    NOT_ENTERED,
    PAUSED,
    REVOKED,
    UNKNOWN,
    USED,
    WRONG_GATE,
)
from app.modules.visits.models.visits import EXPIRED
from app.modules.visits.models.visits import REVOKED as PASS_REVOKED
from app.modules.visits.operations import gates, keys, passes
from app.modules.visits.scans import Answer, Scan

CLOCK_PATIENCE = timedelta(minutes=5)
"""How far a device's clock may be off while it is online."""
GUESSES = 10
GUESS_TIME = timedelta(minutes=10)


class Again(Exception):
    """Another call has recorded the same event meanwhile."""


def redeem(session: Session, gate: Gate, scan: Scan) -> Answer:
    """Decide about a scan at this moment, open or not, and record it."""
    gates.seen(session, gate)
    serial = scan.serial[:64]
    if not serial:
        return _redeem(session, gate, scan, None)
    known = _answered(session, gate, serial)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            return _redeem(session, gate, scan, serial)
    except Again:
        known = _answered(session, gate, serial)
        assert known is not None
        return known


def _redeem(session: Session, gate: Gate, scan: Scan, serial: str | None) -> Answer:
    """Raises Again, with nothing done that counts, when the event is recorded meanwhile."""
    now, access = clock.now(), None
    if scan.scanned_at is not None and abs(scan.scanned_at - now) > CLOCK_PATIENCE:
        outcome = CLOCK
    else:
        outcome, access = decide(session, gate, scan.code, now)
    if not record(session, gate, serial, now, outcome, access):
        raise Again
    if outcome == ALLOWED and access is not None:
        follow(session, gate, access, now)
    return answer(outcome, gate, access)


def decide(session: Session, gate: Gate, code: str, at: datetime) -> tuple[str, AccessPass | None]:
    """The one decision: what a text read at a gate is good for at a moment. Opening uses the pass up."""
    code = code.strip()
    if token.looks_like_one(code):
        try:
            claims = token.read(code, keys.believed(session, at))
        except token.Forged:
            return FORGED, None
        access = session.scalar(select(AccessPass).where(AccessPass.code == claims.code))
    elif len(code) == digits.DIGITS and code.isascii() and code.isdigit():
        if not gate.takes_codes or _guessed_much(session, gate, at):
            return PAUSED, None
        access = _by_digits(session, gate, code, at)
    else:
        return UNKNOWN, None
    if access is None:
        return UNKNOWN, None
    use = passes.enter if gate.direction == IN else passes.leave
    if use(session, at, AccessPass.id == access.id, AccessPass.group_id == gate.group_id):
        return ALLOWED, access
    session.refresh(access)
    return why_not(gate, access, at), access


def why_not(gate: Gate, access: AccessPass, at: datetime) -> str:
    """Why a pass does not open a gate at a moment."""
    if access.group_id != gate.group_id:
        return WRONG_GATE
    if gate.direction != IN:
        return NOT_ENTERED if access.entries == 0 else USED
    if access.state == PASS_REVOKED:
        return REVOKED
    if access.entries >= access.uses:
        return USED
    if access.state == EXPIRED or access.ends_at <= at:
        return LATE
    return EARLY


def _guessed_much(session: Session, gate: Gate, at: datetime) -> bool:
    """Whether so many unknown codes were tried here lately that digits have to wait."""
    wrong = select(func.count()).where(
        Passage.gate_id == gate.id, Passage.scanned_at > at - GUESS_TIME, Passage.outcome == UNKNOWN
    )
    return (session.scalar(wrong) or 0) >= GUESSES


def _by_digits(session: Session, gate: Gate, code: str, at: datetime) -> AccessPass | None:
    """The pass that ten digits mean at this gate: of those with a fitting number the one that is good now."""
    newest = session.scalar(select(func.max(AccessPass.id))) or 0
    laps = newest // digits.SPACE + 1
    wanted = [number + lap * digits.SPACE for number in digits.read(code, at) for lap in range(laps)]
    found = select(AccessPass).where(AccessPass.id.in_(wanted), AccessPass.group_id == gate.group_id)
    return session.scalar(found.order_by(AccessPass.ends_at.desc()).limit(1)) if wanted else None


def record(session: Session, gate: Gate, serial: str | None, at: datetime, outcome: str, access: AccessPass | None,
           *, conflict: str | None = None, offline: bool = False) -> bool:  # fmt: skip
    """Write the passage; False when the gate's event is recorded already."""
    row = conflict_insert(session, Passage).values(
        community_id=gate.community_id, gate_id=gate.id, visit_id=None if access is None else access.visit_id,
        direction=gate.direction, outcome=outcome, conflict=conflict, offline=offline, serial=serial, scanned_at=at,
    )  # fmt: skip
    return execute(session, row.on_conflict_do_nothing(index_elements=["gate_id", "serial"])) == 1


def _answered(session: Session, gate: Gate, serial: str) -> Answer | None:
    """What an event was answered before."""
    row = session.execute(
        select(Passage.outcome, AccessPass)
        .outerjoin(AccessPass, AccessPass.visit_id == Passage.visit_id)
        .where(Passage.gate_id == gate.id, Passage.serial == serial)
    ).one_or_none()
    return None if row is None else answer(row[0], gate, row[1])


def follow(session: Session, gate: Gate, access: AccessPass, at: datetime) -> None:
    """What a passage means for the visit: arrived, or left. The passage itself is the lasting record of it."""
    if gate.direction == IN:
        if Visit.flow.advance(session, Visit, access.visit_id, "arrive", arrived_at=at, left_at=None):
            jobs.put(session, "visits.tell_arrival", {"visit_id": access.visit_id, "gate": gate.place})
    else:
        Visit.flow.advance(session, Visit, access.visit_id, "leave", left_at=at)


def answer(outcome: str, gate: Gate, access: AccessPass | None) -> Answer:
    """The decision in words for a small display. Unknown and forged codes are not told apart to who holds them."""
    start = "" if access is None else f"{clock.local(access.starts_at):%m-%d %H:%M}"
    texts: Mapping[str, Any] = {
        ALLOWED: _("欢迎光临") if gate.direction == IN else _("请慢走"),
        UNKNOWN: _("无效的通行码"),
        FORGED: _("无效的通行码"),
        EARLY: _("%(when)s 起可用", when=start),
        LATE: _("通行码已过期"),
        USED: _("通行码已使用"),
        REVOKED: _("通行码已作废"),
        WRONG_GATE: _("请走其他入口"),
        NOT_ENTERED: _("无入场记录，请联系前台"),
        CLOCK: _("闸机时间不准，请联系物业"),
        PAUSED: _("请出示二维码"),
    }
    return Answer(outcome == ALLOWED, outcome, texts[outcome])


def tell_arrival(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: tell the host that the visitor is there."""
    visit = session.get(Visit, payload["visit_id"])
    if visit is None or visit.host_id is None or visit.batch_id is not None or visit.arrived_at is None:
        return
    text = _("%(name)s 已于 %(at)s 从 %(gate)s 进入", name=visit.visitor_name,
             at=f"{clock.local(visit.arrived_at):%H:%M}", gate=payload["gate"])  # fmt: skip
    messages.send(session, visit.host_id, "visit", _("访客已到"), text, f"/pkg-visits/visit?id={visit.id}")
