"""Work orders of the demonstration park: categories, equipment with stickers, and orders in every state.

Orders are led through their lives by the operations themselves, with the clock turned back to each step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, media
from app.modules.billing.models import Bill
from app.modules.billing.operations import payments
from app.modules.estate.demo import PARK
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, CustomerMember, Member, Occupancy, Technician
from app.modules.repairs.demo_pictures import photo
from app.modules.repairs.demo_stories import CATEGORIES, EQUIPMENT, STORIES, Story
from app.modules.repairs.models import RepairCategory, WorkOrder
from app.modules.repairs.operations import assignment, care, fees, reporting, watch, work
from app.modules.repairs.operations.steps import Who

HOUR = timedelta(hours=1)
A_DAY = 20


@dataclass
class Resident:
    """Somebody who can report, and where."""

    member: Member
    unit: Unit


class Stage:
    """What the stories are played with."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.community = session.scalars(select(Community).where(Community.name == PARK)).one()
        self.desk = session.scalar(select(User.id).where(User.username == "property")) or session.scalars(
            select(User.id).order_by(User.id).limit(1)
        ).one()  # fmt: skip
        self.technicians = {person.name: person for person in session.scalars(select(Technician))}
        self.categories: dict[str, RepairCategory] = {}
        self.residents = list(self._residents())

    def _residents(self) -> Iterator[Resident]:
        """Those with a phone and a unit of their own, the demonstration's merchant and tenant first."""
        rows = self.session.execute(
            select(Member, Occupancy)
            .join(CustomerMember, CustomerMember.member_id == Member.id)
            .join(Customer, Customer.id == CustomerMember.customer_id)
            .join(Occupancy, Occupancy.customer_id == Customer.id)
            .where(Customer.active.is_(True), Occupancy.ends_on.is_(None))
            .options(selectinload(Occupancy.unit))
            .order_by(Member.id, Occupancy.id)
        )
        seen: set[int] = set()
        for member, occupancy in rows:
            if member.id not in seen and occupancy.unit.kind != "parking":
                seen.add(member.id)
                yield Resident(member, occupancy.unit)


def fill(session: Session) -> None:
    """Add everything to the park that the lower modules made; the same each time, with dates up to now."""
    stage = Stage(session)
    _catalogue(stage)
    for number, story in enumerate(STORIES):
        _play(stage, number, story)
    watch.watch(session, {})
    session.flush()


def _catalogue(stage: Stage) -> None:
    position = 0
    for group, trade, leaves in CATEGORIES:
        parent = reporting.save_category(stage.session, None, {"name": group, "trade": trade, "position": position})
        for name, priority in leaves:
            position += 1
            values = {"name": name, "trade": trade, "priority": priority, "parent_id": parent.id, "position": position}
            stage.categories[name] = reporting.save_category(stage.session, None, values)
        position += 10
    for name, place, category in EQUIPMENT:
        values = {"community_id": stage.community.id, "name": name, "place": place}
        reporting.save_equipment(stage.session, None, {**values, "category_id": stage.categories[category].id})


@contextmanager
def _then(moment: datetime) -> Iterator[None]:
    """The clock at a past moment; what would lie ahead of now happens now."""
    with clock.travel(min(moment, clock.now() - timedelta(minutes=2))):
        yield


def _play(stage: Stage, number: int, story: Story) -> None:
    """Lead one order as far as its story goes."""
    session, resident = stage.session, stage.residents[number % len(stage.residents)]
    began = clock.now() - timedelta(hours=story.hours_ago)
    if story.hours_ago > A_DAY:  # at an hour at which people are up
        began = clock.start_of(clock.local(began).date()) + timedelta(hours=8 + number % 5, minutes=number * 7 % 60)
    category = stage.categories[story.category]
    with _then(began):
        if story.caller:
            values = {"community_id": stage.community.id, "area": "public", "place": story.place,
                      "category_id": category.id, "description": story.text, "priority": category.priority,
                      "contact_name": story.caller, "contact_phone": f"1392400{number:04d}"}  # fmt: skip
            order = reporting.take_call(session, values, stage.desk)
        else:
            order = _report(stage, resident, category, story, number)
    at = began + story.pace
    worker = stage.technicians.get(story.technician)
    for name in story.steps:
        with _then(at):
            _step(stage, order, name, story, worker, number)
        at += story.pace


def _report(stage: Stage, resident: Resident, category: RepairCategory, story: Story, number: int) -> WorkOrder:
    owner = ("member", str(resident.member.id))
    file = media.store(stage.session, photo(story.text, number), reporting.PURPOSE, *owner)
    leased = not story.place
    return reporting.report(
        stage.session,
        resident.member,
        area="leased" if leased else "public",
        category_id=category.id,
        description=story.text,
        unit_id=resident.unit.id if leased else None,
        place=story.place,
        community_id=stage.community.id,
        media_keys=[file.key],
    )


def _step(stage: Stage, order: WorkOrder, name: str, story: Story, worker: Technician | None, number: int) -> None:
    session = stage.session
    assert worker is not None, story
    me, desk = Who.technician(worker.id), Who.staff(stage.desk)
    reporter = Who.reporter(order.reporter_id) if order.reporter_id else desk
    match name:
        case "grab":
            session.refresh(order)
            assignment.grab(session, order, worker)
        case "dispatch":
            assignment.dispatch(session, order, worker.id, stage.desk)
        case "take":
            assignment.take(session, order, worker)
        case "quote":
            fees.quote(session, order, me, story.fen, story.fee_note)
        case "accept":
            fees.answer_quote(session, order, reporter, True)
        case "propose":
            starts = (clock.now() + timedelta(hours=story.visit_in)).replace(minute=0, second=0, microsecond=0)
            if story.visit_in >= A_DAY:  # an hour at which people are in
                starts = clock.start_of(clock.local(starts).date()) + timedelta(hours=9 + number % 8)
            work.propose(session, order, me, starts, starts + 2 * HOUR)
        case "agree":
            work.agree(session, order, reporter)
        case "start":
            work.start(session, order, me)
        case "wait":
            work.pause(session, order, me, "waiting_parts", story.note)
        case "finish":
            owner = ("member", str(worker.member_id))
            keys = []
            if worker.member_id:
                keys = [media.store(session, photo("维修完成", number), reporting.PURPOSE, *owner).key]
            work.finish(session, order, me, solution=story.solution, materials=story.materials, media_keys=keys,
                        owner=owner)  # fmt: skip
        case "confirm":
            work.confirm(session, order, reporter)
        case "not_done":
            work.not_done(session, order, reporter, story.note)
        case "cancel":
            work.cancel(session, order, reporter, story.note)
        case "rate":
            speed, attitude, quality = story.stars
            care.rate(session, order, reporter, speed, attitude, quality, story.note)
        case "pay":
            bill = session.get_one(Bill, order.bill_id)
            payments.receive(session, community_id=bill.community_id, customer_id=bill.customer_id, bill_ids=[bill.id],
                             amount_fen=bill.outstanding_fen, channel="cash", paid_on=clock.today())  # fmt: skip
        case "comment":
            care.comment(session, order, reporter, story.note)
        case "call":
            care.follow_up(session, order, stage.desk, "satisfied", story.note)
