"""The interface for gates that sign their calls: a scan, and what a gate needs to decide without network (V2)."""

import base64

from sqlalchemy.orm import Session

from app.core import clock
from app.core.api import Endpoints
from app.core.api.machines import Machine
from app.core.db import db
from app.core.errors import NotFound
from app.modules.visits.models import Gate
from app.modules.visits.operations import gates, keys, offline, redeeming
from app.modules.visits.scans import Scan
from app.modules.visits.schemas import GateKeyOut, OfflineIn, OfflineOut, OfflineResultOut, ScanIn, ScanOut, SyncOut

api = Endpoints("gates", "闸机接口")


def _own(session: Session, machine: Machine, gate_no: str) -> Gate:
    """The gate that calls, at its own address. Raises NotFound."""
    if machine.name != gate_no:
        raise NotFound
    return session.get_one(Gate, machine.id)


@api.post("/gates/<gate_no>/scan", machine=gates.find_machine, body=ScanIn, returns=ScanOut)
def scan(machine: Machine, gate_no: str, body: ScanIn) -> ScanOut:
    """核验一次扫码：allow 为 true 才放行"""
    session = db.session()
    at = None if body.scanned_at is None else clock.aware(body.scanned_at)
    answer = redeeming.redeem(session, _own(session, machine, gate_no), Scan(body.code, body.serial, at))
    return ScanOut(allow=answer.allow, reason=answer.reason, text=answer.text)


@api.get("/gates/<gate_no>/sync", machine=gates.find_machine, returns=SyncOut)
def sync(machine: Machine, gate_no: str) -> SyncOut:
    """离线核验所需的公钥和已失效的通行码；建议每分钟取一次"""
    session, now = db.session(), clock.now()
    gate = _own(session, machine, gate_no)
    believed = keys.believed(session, now)
    return SyncOut(
        now=clock.local(now),
        gate=gate.number,
        direction=gate.direction,
        group=gate.group_id,
        keys=[GateKeyOut(id=number, public_key=base64.b64encode(key).decode()) for number, key in believed.items()],
        dead=offline.dead_passes(session, gate),
    )


@api.post("/gates/<gate_no>/passages", machine=gates.find_machine, body=OfflineIn, returns=OfflineOut)
def upload(machine: Machine, gate_no: str, body: OfflineIn) -> OfflineOut:
    """上传离线期间的扫码；重复上传不会重复记录，冲突逐条返回"""
    session = db.session()
    told = [offline.Told(one.serial, one.code, clock.aware(one.scanned_at), one.outcome) for one in body.passages]
    conflicts = offline.take(session, _own(session, machine, gate_no), told)
    return OfflineOut(
        results=[
            OfflineResultOut(serial=one.serial, conflict=conflict)
            for one, conflict in zip(told, conflicts, strict=True)
        ]
    )
