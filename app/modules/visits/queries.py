"""Reads of visits, passes and passages that more than one face needs."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, rights, settings
from app.core.errors import NotFound
from app.core.own_data import Own
from app.core.privacy import keyring
from app.modules.estate.models import Unit
from app.modules.members import queries as members
from app.modules.members.models import Customer, CustomerMember, Member, Occupancy, Technician
from app.modules.visits.models import AccessPass, BatchGrant, Gate, Passage, PassBatch, Visit
from app.modules.visits.models.visits import APPLICATION, APPROVED, ARRIVED, PENDING

SHOWN = (selectinload(Visit.unit).selectinload(Unit.building), selectinload(Visit.community))


def times(record: Visit | PassBatch) -> tuple[str, str]:
    """When it begins and ends, on an Asia/Shanghai clock; the day of the end only where it is another."""
    start, end = clock.local(record.starts_at), clock.local(record.ends_at)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}", until


def when(record: Visit | PassBatch) -> str:
    """A visit's time in words."""
    return " 至 ".join(times(record))


def place(record: Visit | PassBatch) -> str:
    """Where to: building and number (both loaded), or nothing for the park."""
    return f"{record.unit.building.name} {record.unit.number}" if record.unit is not None else ""


def hosts_of(session: Session, unit_id: int) -> list[int]:
    """The members who live or work in a unit today, and so decide who visits it."""
    today = clock.today()
    return list(
        session.scalars(
            select(CustomerMember.member_id)
            .join(Customer, Customer.id == CustomerMember.customer_id)
            .join(Occupancy, Occupancy.customer_id == Customer.id)
            .join(Member, Member.id == CustomerMember.member_id)
            .where(
                Occupancy.unit_id == unit_id,
                Customer.active.is_(True),
                Member.active.is_(True),
                Occupancy.starts_on <= today,
                or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
            )
            .distinct()
            .order_by(CustomerMember.member_id)
            .limit(50)
        )
    )


def technician_of(session: Session, member_id: int) -> Technician:
    """The technician that a member is."""
    return session.scalars(select(Technician).where(Technician.member_id == member_id, Technician.active)).one()


def _hosted_units(member_id: int) -> Select[int]:
    return members.current_occupancies(member_id).with_only_columns(Occupancy.unit_id).order_by(None)


def visits_of(member_id: int) -> Select[Visit]:
    """What a member has registered."""
    return select(Visit).where(Visit.member_id == member_id).options(*SHOWN)


def to_approve(member_id: int) -> Select[Visit]:
    """Applications that wait for this member, as one of the people of the unit."""
    return (
        select(Visit)
        .where(Visit.kind == APPLICATION, Visit.state == PENDING, Visit.unit_id.in_(_hosted_units(member_id)),
               Visit.ends_at > clock.now())
        .options(*SHOWN)
    )  # fmt: skip


def my_visit(session: Session, member_id: int, visit_id: int) -> Visit:
    """A visit that a member registered, decided, or may decide as one of the people of the unit. Raises NotFound."""
    hosted = and_(Visit.kind == APPLICATION, Visit.unit_id.in_(_hosted_units(member_id)))
    query = select(Visit).where(
        Visit.id == visit_id, or_(Visit.member_id == member_id, Visit.host_id == member_id, hosted)
    )
    visit = session.scalar(query.options(*SHOWN))
    if visit is None:
        raise NotFound
    return visit


def is_host(session: Session, member_id: int, visit: Visit) -> bool:
    """Whether a member may decide an application."""
    held = _hosted_units(member_id).where(Occupancy.unit_id == visit.unit_id)
    return visit.kind == APPLICATION and session.scalar(held.limit(1)) is not None


def batch_shown(query: Any) -> Any:
    """The query of batches, with what a page or a card names."""
    loaded = selectinload(PassBatch.unit).selectinload(Unit.building)
    return query.options(loaded, selectinload(PassBatch.community))


def batches_of(member_id: int) -> Select[PassBatch]:
    """The batches that a member asked for, and those of the companies granted the right that they act for."""
    granted = (
        select(BatchGrant.customer_id)
        .join(CustomerMember, CustomerMember.customer_id == BatchGrant.customer_id)
        .where(CustomerMember.member_id == member_id, BatchGrant.active.is_(True))
    )
    return batch_shown(
        select(PassBatch).where(or_(PassBatch.member_id == member_id, PassBatch.customer_id.in_(granted)))
    )


def my_batch(session: Session, member_id: int, batch_id: int) -> PassBatch:
    """One of ``batches_of``. Raises NotFound."""
    batch = session.scalar(batches_of(member_id).where(PassBatch.id == batch_id))
    if batch is None:
        raise NotFound
    return batch


def pass_of(session: Session, visit_id: int) -> AccessPass:
    """The pass of a visit. Raises NotFound while it has none."""
    found = session.scalar(select(AccessPass).where(AccessPass.visit_id == visit_id))
    if found is None:
        raise NotFound
    return found


def cards_of(session: Session, batch: PassBatch) -> list[tuple[Visit, AccessPass]]:
    """The cards of a batch, in their order."""
    query = select(Visit, AccessPass).join(AccessPass).where(Visit.batch_id == batch.id).order_by(Visit.id)
    return list(session.execute(query).tuples().all())


# ---- for staff


def overstayed() -> Any:
    """The condition on visits: still inside so long after their time that somebody should ask."""
    grace = timedelta(minutes=settings.get("visits.overstay_minutes"))
    return and_(Visit.state == ARRIVED, Visit.ends_at < clock.now() - grace)


def expected_today() -> Any:
    """The condition on visits: approved, and their time touches today."""
    start = clock.start_of(clock.today())
    return and_(Visit.state == APPROVED, Visit.starts_at < start + timedelta(days=1), Visit.ends_at > clock.now())


def is_online(gate: Gate) -> bool:
    """Whether a gate has been heard of lately."""
    patience = timedelta(minutes=settings.get("visits.gate_silence_minutes"))
    return gate.last_seen_at is not None and gate.last_seen_at > clock.now() - patience


def _count(session: Session, model: Any, *conditions: Any) -> int:
    query = select(func.count()).select_from(model).where(*conditions)
    return session.scalar(rights.within(query, model)) or 0


def count_batches(session: Session) -> int:
    """Batches that wait for a decision."""
    return _count(session, PassBatch, PassBatch.state == PENDING)


def count_overstayed(session: Session) -> int:
    """Visitors who should have left."""
    return _count(session, Visit, overstayed())


def count_expected(session: Session) -> int:
    """Visitors who are to come today."""
    return _count(session, Visit, expected_today())


def count_conflicts(session: Session) -> int:
    """What offline gates let through wrongly in the last week."""
    return _count(session, Passage, Passage.conflict.is_not(None), Passage.created_at > clock.now() - timedelta(days=7))


def count_silent_gates(session: Session) -> int:
    """Gates in use that have not been heard of lately."""
    patience = timedelta(minutes=settings.get("visits.gate_silence_minutes"))
    silent = or_(Gate.last_seen_at.is_(None), Gate.last_seen_at < clock.now() - patience)
    return _count(session, Gate, Gate.active.is_(True), silent)


def count_inside(session: Session) -> int:
    """Visitors who came in and have not been seen to leave."""
    return _count(session, Visit, Visit.state == ARRIVED)


def find_visitors(session: Session, text: str) -> list[Visit]:
    """Visits by the last four digits of the phone, the whole number, the name's beginning or the plate: newest first,
    thirty at most."""
    named = [Visit.visitor_name.startswith(text, autoescape=True), Visit.plate == text.upper()]
    if text.isdigit():
        whole = len(text) > 4
        named = [Visit.visitor_phone_index == keyring().digest(text) if whole else Visit.visitor_phone_tail == text]
    query = select(Visit).where(or_(*named)).options(*SHOWN)
    return list(session.scalars(rights.within(query, Visit).order_by(Visit.id.desc()).limit(30)))


OWN_DATA = (
    Own(
        "visits", Visit, lambda member_id: Visit.member_id == member_id,
        ("kind", "visitor_name", "visitor_phone", "plate", "purpose", "starts_at", "ends_at", "state", "reason",
         "arrived_at", "left_at", "created_at"),
    ),
    Own(
        "pass_batches", PassBatch, lambda member_id: PassBatch.member_id == member_id,
        ("purpose", "count", "names", "starts_at", "ends_at", "state", "reason", "created_at"),
    ),
)  # fmt: skip
"""What is kept of who registers visits and asks for cards."""
