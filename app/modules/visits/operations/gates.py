"""Gates: registered with a secret, found by what a device sends, seen when it calls."""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api.machines import Machine
from app.core.db import execute
from app.core.errors import Invalid
from app.modules.visits.models import Gate, GateGroup
from app.modules.visits.models.gates import ZKTECO

NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
SEEN_EVERY = timedelta(seconds=30)
"""How often being heard of is written down."""


def save(session: Session, gate: Gate | None, values: Mapping[str, Any]) -> Gate:
    """Register a gate with a fresh secret, or change one. Raises Invalid."""
    number = values["number"].strip()
    if not NUMBER.fullmatch(number):
        raise Invalid.field("number", _("闸机编号由字母、数字和短横线组成，最多 16 位"))
    if session.get_one(GateGroup, values["group_id"]).community_id != values["community_id"]:
        raise Invalid.field("group", _("请选择同一园区的闸机组"))
    serial = (values.get("device_serial") or "").strip() or None
    networks(values["addresses"])
    if values["protocol"] == ZKTECO and not (serial and values["addresses"].strip()):
        raise Invalid.field("device_serial", _("中控设备不带密钥，请填写设备序列号和允许的 IP"))
    if gate is None:
        gate = Gate(secret=secrets.token_hex(24))
        session.add(gate)
    for name, value in {**values, "number": number, "device_serial": serial}.items():
        setattr(gate, name, value)
    session.flush()
    return gate


def save_group(session: Session, group: GateGroup | None, values: Mapping[str, Any]) -> GateGroup:
    """Add or change a group; a community has one without a building. Raises Invalid."""
    same = select(GateGroup.id).where(
        GateGroup.community_id == values["community_id"],
        GateGroup.building_id.is_not_distinct_from(values["building_id"]),
    )
    if group is not None:
        same = same.where(GateGroup.id != group.id)
    if session.scalar(same.limit(1)) is not None:
        raise Invalid.field("building", _("该楼栋（或园区）已有闸机组"))
    group = group or GateGroup()
    for name, value in values.items():
        setattr(group, name, value)
    session.add(group)
    session.flush()
    return group


def renew_secret(gate: Gate) -> str:
    """A new secret; the one before is dead, and with it the address of a device that does not sign."""
    gate.secret = secrets.token_hex(24)
    return gate.secret


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The addresses that a gate may call from, one a line. Raises Invalid."""
    try:
        return [ipaddress.ip_network(line.strip(), strict=False) for line in text.splitlines() if line.strip()]
    except ValueError:
        raise Invalid.field("addresses", _("请每行填写一个 IP 地址或网段，如 10.0.0.0/24")) from None


def path_key(gate: Gate) -> str:
    """What a device that does not sign has in its address."""
    return hmac.digest(gate.secret.encode(), b"device address", "sha256")[:12].hex()


def find_machine(session: Session, key_id: str) -> Machine | None:
    """The gate with this number, for signed calls; None: nobody, or switched off."""
    gate = session.scalar(select(Gate).where(Gate.number == key_id, Gate.active.is_(True)))
    return None if gate is None else Machine("gate", gate.id, gate.number, gate.secret)


def find_device(session: Session, protocol: str, number: str, key: str, address: str) -> Gate | None:
    """The gate of a device that has its key in the address it calls; None for anybody else."""
    if not NUMBER.fullmatch(number):
        return None
    gate = session.scalar(select(Gate).where(Gate.number == number, Gate.protocol == protocol, Gate.active.is_(True)))
    if gate is None or not hmac.compare_digest(path_key(gate).encode(), key.encode()):
        return None
    return gate if _may_call(gate, address) else None


def find_by_serial(session: Session, protocol: str, serial: str, address: str) -> Gate | None:
    """The gate of a device that says nothing but its serial number, from an address that was allowed for it."""
    if not serial.isprintable():
        return None
    gate = session.scalar(
        select(Gate).where(Gate.device_serial == serial, Gate.protocol == protocol, Gate.active.is_(True))
    )
    return gate if gate is not None and gate.addresses.strip() and _may_call(gate, address) else None


def _may_call(gate: Gate, address: str) -> bool:
    allowed = networks(gate.addresses)
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not allowed or any(here in network for network in allowed)


def seen(session: Session, gate: Gate) -> None:
    """Note that a gate has called, unless it was noted just now."""
    now = clock.now()
    if gate.last_seen_at is None or gate.last_seen_at < now - SEEN_EVERY:
        execute(session, update(Gate).where(Gate.id == gate.id).values(last_seen_at=now))
