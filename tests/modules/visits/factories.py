"""Records of visits for tests."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.estate.models import Unit
from app.modules.visits.models import AccessPass, Gate, GateGroup, PassBatch, Visit
from app.modules.visits.models.gates import IN, OUT
from app.modules.visits.operations import keys, passes
from tests.factories import make_customer, make_member, make_occupancy, make_unit

SECRET = "5" * 48
_numbers = count(1)


def make_group(session: Session, unit: Unit, **values: Any) -> GateGroup:
    """The group of a community's gates, made when it is not there."""
    found = session.scalar(
        select(GateGroup).where(GateGroup.community_id == unit.community_id, GateGroup.building_id.is_(None))
    )
    if found is None:
        found = GateGroup(**{"community_id": unit.community_id, "name": "大门", **values})
        session.add(found)
        session.flush()
    return found


def make_gate(session: Session, unit: Unit, direction: str = IN, **values: Any) -> Gate:
    """A gate that lets people in where the unit is."""
    n = next(_numbers)
    group_id = values.pop("group_id", None) or make_group(session, unit).id
    gate = Gate(
        **{
            "number": f"G{n}", "community_id": unit.community_id, "group_id": group_id, "place": f"{n} 号闸机",
            "direction": direction, "secret": SECRET, **values,
        }
    )  # fmt: skip
    session.add(gate)
    session.flush()
    return gate


def make_visit(session: Session, unit: Unit | None = None, **values: Any) -> Visit:
    """An approved visit of these hours, with its pass."""
    unit = unit or make_unit(session)
    now = clock.now().replace(microsecond=0)
    visit = Visit(
        **{
            "community_id": unit.community_id, "kind": "invitation", "unit_id": unit.id, "visitor_name": "钟访客",
            "visitor_phone": "13800138000", "starts_at": now - timedelta(minutes=5),
            "ends_at": now + timedelta(hours=4), "state": "approved", **values,
        }
    )  # fmt: skip
    session.add(visit)
    session.flush()
    if visit.state == "approved":
        passes.issue(session, [visit])
    return visit


def make_batch(session: Session, unit: Unit, member_id: int | None = None, **values: Any) -> PassBatch:
    """A batch of three cards that waits for approval; its company (one made for it) holds the unit."""
    customer = values.pop("customer", None)
    if customer is None:
        customer = make_customer(session)
        make_occupancy(session, customer, unit)
    now = clock.now().replace(microsecond=0)
    batch = PassBatch(
        **{
            "community_id": unit.community_id, "unit_id": unit.id, "customer_id": customer.id, "member_id": member_id,
            "count": 3, "purpose": "产品发布会", "starts_at": now, "ends_at": now + timedelta(days=2), **values,
        }
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


@dataclass(frozen=True)
class Place:
    """Numbers of a unit with somebody in it, of its gates, and of a visit that is expected there."""

    unit_id: int
    host_id: int
    entrance_id: int
    exit_id: int
    visit_id: int
    token: str


def make_place(session: Session, **values: Any) -> Place:
    """A unit, its host, a gate in and a gate out, and an invited visitor."""
    keys.install(session)
    unit, customer = make_unit(session), make_customer(session)
    make_occupancy(session, customer, unit)
    host = make_member(session, customer)
    entrance, way_out = make_gate(session, unit), make_gate(session, unit, OUT)
    visit = make_visit(session, unit, member_id=host.id, host_id=host.id, **values)
    return Place(unit.id, host.id, entrance.id, way_out.id, visit.id, token_of(session, visit.id))


def token_of(session: Session, visit_id: int) -> str:
    """What the QR code of a visit says."""
    return keys.Signer(session).token(pass_of(session, visit_id))


def pass_of(session: Session, visit_id: int) -> AccessPass:
    """The pass of a visit."""
    return session.scalars(select(AccessPass).where(AccessPass.visit_id == visit_id)).one()
