"""Gates of the demonstration park, who came in the last weeks, who is expected today, and who asks to come."""

import secrets
from datetime import datetime, timedelta
from operator import attrgetter
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.estate.demo import PARK
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.demo_people import Invention
from app.modules.members.models import Customer, CustomerMember, Member, Occupancy
from app.modules.visits.models import AccessPass, BatchGrant, BlockedVisitor, Gate, GateGroup, Passage, PassBatch, Visit
from app.modules.visits.models.gates import IN, OUT
from app.modules.visits.models.visits import (
    APPLICATION,
    APPROVED,
    ARRIVED,
    EXPIRED,
    INVITATION,
    LEFT,
    PENDING,
    REDEEMED,
)
from app.modules.visits.operations import batches, keys, passes

DAYS, A_DAY = 21, 9
PURPOSES = ("商务洽谈", "面试", "送货", "设备调试", "探访朋友", "看房", "参观", "快递上门")
GATES = (
    ("G-IN-1", "A座大堂 1 号闸机", IN),
    ("G-IN-2", "A座大堂 2 号闸机", IN),
    ("G-OUT-1", "A座大堂 3 号闸机", OUT),
    ("G-P-IN", "地下停车场入口", IN),
)


def fill(session: Session) -> None:
    """Add all of it; the same each time, with dates up to today."""
    rng, invent = Random(17), Invention(clock.today())  # noqa: S311 (the same each time, no secret)
    keys.install(session)
    park = session.scalars(select(Community).where(Community.name == PARK)).one()
    gates = _gates(session, park)
    held = _held(session, park)
    _past(session, rng, invent, park, gates, held)
    _today(session, rng, invent, held)
    _batches(session, held)
    session.add(
        BlockedVisitor(community_id=park.id, name="邵某", phone="13800009999", reason="多次在大堂散发小广告，劝阻不听")
    )


def _gates(session: Session, park: Community) -> list[Gate]:
    group = GateGroup(community_id=park.id, name=passes.GROUP_NAME)
    session.add(group)
    session.flush()
    gates = [
        Gate(number=number, community_id=park.id, group_id=group.id, place=place, direction=direction,
             secret=secrets.token_hex(24), last_seen_at=clock.now() - timedelta(minutes=2 if place[:1] == "A" else 300))
        for number, place, direction in GATES
    ]  # fmt: skip
    session.add_all(gates)
    session.flush()
    return gates


def _held(session: Session, park: Community) -> list[tuple[Unit, int | None]]:
    """Occupied units, those of the demonstration's own people first, and who of them has the mini-program."""
    rows = session.execute(
        select(Unit, CustomerMember.member_id)
        .join(Occupancy, Occupancy.unit_id == Unit.id)
        .join(Building, Building.id == Unit.building_id)
        .outerjoin(CustomerMember, CustomerMember.customer_id == Occupancy.customer_id)
        .where(Unit.community_id == park.id, Unit.kind != "parking", Occupancy.ends_on.is_(None))
        .order_by(CustomerMember.member_id.is_(None), CustomerMember.member_id, Unit.id)
        .limit(80)
    )
    return [(unit, member_id) for unit, member_id in rows]


def _past(session: Session, rng: Random, invent: Invention, park: Community, gates: list[Gate],
          held: list[tuple[Unit, int | None]]) -> None:  # fmt: skip
    """Visits that are over, with their scans."""
    entrance, way_out = gates[0], gates[2]
    visits: list[Visit] = []
    scans: list[Passage] = []
    for back in range(DAYS, 0, -1):
        for _turn in range(A_DAY if (clock.today() - timedelta(days=back)).weekday() < 5 else 3):
            unit, member_id = rng.choice(held)
            start = clock.start_of(clock.today() - timedelta(days=back)) + timedelta(minutes=rng.randrange(520, 1020))
            came = rng.random() < 0.86
            visit = Visit(
                community_id=park.id, kind=INVITATION if member_id else "desk", unit_id=unit.id,
                visitor_name=invent.person(), visitor_phone=invent.phone(), purpose=rng.choice(PURPOSES),
                starts_at=start, ends_at=start + timedelta(hours=4), state=LEFT if came else EXPIRED,
                member_id=member_id, host_id=member_id, created_at=start - timedelta(hours=rng.randrange(1, 30)),
            )  # fmt: skip
            visits.append(visit)
            if came:
                visit.arrived_at = start + timedelta(minutes=rng.randrange(0, 40))
                visit.left_at = visit.arrived_at + timedelta(minutes=rng.randrange(15, 160))
    session.add_all(visits)
    session.flush()
    for visit in visits:
        if visit.arrived_at and visit.left_at:
            scans += [_scan(entrance, visit, visit.arrived_at), _scan(way_out, visit, visit.left_at)]
        if rng.random() < 0.06:
            scans.append(Passage(**_at(entrance, visit.ends_at), outcome="expired", visit_id=visit.id))
    session.add_all(sorted(scans, key=attrgetter("scanned_at")))
    _spent(session, visits)


def _at(gate: Gate, moment: datetime) -> dict[str, object]:
    return {"community_id": gate.community_id, "gate_id": gate.id, "direction": gate.direction, "scanned_at": moment}


def _scan(gate: Gate, visit: Visit, moment: datetime) -> Passage:
    return Passage(**_at(gate, moment), outcome="allowed", visit_id=visit.id)


def _spent(session: Session, visits: list[Visit]) -> None:
    """Their passes, used or expired."""
    group_id = session.scalars(select(GateGroup.id).order_by(GateGroup.id).limit(1)).one()
    session.add_all(
        AccessPass(
            code=secrets.token_hex(8), visit_id=visit.id, community_id=visit.community_id, group_id=group_id,
            starts_at=visit.starts_at, ends_at=visit.ends_at, entries=int(visit.arrived_at is not None),
            exits=int(visit.left_at is not None), state=REDEEMED if visit.arrived_at else EXPIRED,
        )
        for visit in visits
    )  # fmt: skip
    session.flush()


def _today(session: Session, rng: Random, invent: Invention, held: list[tuple[Unit, int | None]]) -> None:
    """Some are here, some are to come, one asks."""
    now, today = clock.now(), clock.start_of(clock.today())
    coming = []
    own = [one for one in held if one[1] is not None][:6] or held[:6]
    for number, (unit, member_id) in enumerate(own * 2):
        start = max(today + timedelta(hours=9), now - timedelta(minutes=50)) if number < 4 else now
        coming.append(
            Visit(
                community_id=unit.community_id, kind=INVITATION if member_id else "desk", unit_id=unit.id,
                visitor_name=invent.person(), visitor_phone=invent.phone(), purpose=rng.choice(PURPOSES),
                starts_at=start, ends_at=max(today + timedelta(hours=22), now + timedelta(hours=3)),
                state=ARRIVED if number < 4 else APPROVED,
                arrived_at=now - timedelta(minutes=20) if number < 4 else None,
                member_id=member_id, host_id=member_id,
            )
        )  # fmt: skip
    session.add_all(coming)
    session.flush()
    for visit in coming:
        passes.issue(session, [visit])
        if visit.arrived_at:
            access = session.scalars(select(AccessPass).where(AccessPass.visit_id == visit.id)).one()
            access.entries, access.state = 1, REDEEMED
            gate = session.scalars(select(Gate).order_by(Gate.id).limit(1)).one()
            session.add(_scan(gate, visit, visit.arrived_at))
    unit, host = own[0]
    visitor = session.scalar(select(Member).where(Member.nickname == "周访客"))
    session.add(
        Visit(
            community_id=unit.community_id, kind=APPLICATION, unit_id=unit.id, visitor_name="周海宁",
            visitor_phone="13900001234", purpose="商务洽谈", starts_at=now + timedelta(hours=20),
            ends_at=now + timedelta(hours=24), state=PENDING, member_id=visitor.id if visitor else host,
        )
    )  # fmt: skip


def _batches(session: Session, held: list[tuple[Unit, int | None]]) -> None:
    """One batch waits, one is approved; a company approves its own."""
    morning = clock.start_of(clock.today()) + timedelta(days=1, hours=9)
    firms = session.execute(
        select(Customer, Occupancy.unit_id, CustomerMember.member_id)
        .join(Occupancy, Occupancy.customer_id == Customer.id)
        .join(CustomerMember, CustomerMember.customer_id == Customer.id)
        .where(Customer.kind == "merchant", Occupancy.unit_id.in_([unit.id for unit, _member in held]))
        .order_by(Customer.id)
        .limit(1)
    ).all()
    for customer, unit_id, member_id in firms:
        community_id = session.get_one(Unit, unit_id).community_id
        waiting, good = (
            PassBatch(
                community_id=community_id, unit_id=unit_id, customer_id=customer.id, member_id=member_id, count=count,
                purpose=purpose, names=names, starts_at=morning, ends_at=morning + timedelta(days=2, hours=9),
            )
            for count, purpose, names in ((30, "新品发布会", ""), (12, "供应商大会", "钟志强\n冯雨晴\n邓家豪"))
        )  # fmt: skip
        session.add_all([waiting, good])
        session.flush()
        batches.approve(session, good)
        session.add(BatchGrant(community_id=community_id, customer_id=customer.id, most_cards=20))
