"""Records of repairs for tests."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.operations import charges
from app.modules.estate.models import Unit
from app.modules.members.models import Customer, CustomerMember, Member, Technician
from app.modules.repairs.models import Equipment, RepairCategory, WorkOrder
from app.modules.repairs.operations import assignment, fees, reporting, work
from app.modules.repairs.operations.steps import Who
from tests.factories import make_customer, make_member, make_occupancy, make_technician, make_unit

SOON = timedelta(hours=2)


@dataclass
class Home:
    """Somebody who lives or works in a unit."""

    customer: Customer
    unit: Unit
    member: Member


def make_home(session: Session, unit: Unit | None = None, member_id: int | None = None, **values: Any) -> Home:
    """A customer in a unit and the member who acts for it (a given one, or a new one)."""
    charges.install(session)
    customer, unit = make_customer(session, **values), unit or make_unit(session)
    make_occupancy(session, customer, unit, starts_on=clock.today() - timedelta(days=400))
    if member_id is None:
        return Home(customer, unit, make_member(session, customer))
    session.add(CustomerMember(customer_id=customer.id, member_id=member_id))
    session.flush()
    return Home(customer, unit, session.get_one(Member, member_id))


def make_category(session: Session, **values: Any) -> RepairCategory:
    number = session.query(RepairCategory).count()
    category = RepairCategory(**{"name": f"水龙头漏水{number}", "trade": "plumbing", **values})
    session.add(category)
    session.flush()
    return category


def make_equipment(session: Session, unit: Unit, category: RepairCategory, **values: Any) -> Equipment:
    known = {"community_id": unit.community_id, "category_id": category.id, "name": "1号客梯", "place": "大堂东侧"}
    return reporting.save_equipment(session, None, known | values)


def make_order(session: Session, home: Home, category: RepairCategory | None = None, **values: Any) -> WorkOrder:
    """A report of the home's member; of the leased area unless ``area`` says otherwise."""
    category = category or make_category(session)
    place: dict[str, Any] = {"unit_id": home.unit.id}
    if values.get("area") == "public":
        place = {"place": "A座大堂", "community_id": home.unit.community_id}
    said = {"area": "leased", "category_id": category.id, "description": "厨房水龙头关不紧，一直滴水"}
    return reporting.report(session, home.member, **{**said, **place, **values})


def make_plumber(session: Session, **values: Any) -> Technician:
    member = make_member(session)
    return make_technician(session, **{"trades": ["plumbing"], "member_id": member.id, **values})


def bring_to(session: Session, order: WorkOrder, technician: Technician, state: str, *, fee_fen: int = 0) -> WorkOrder:
    """Lead an order of the leased area to a state by the steps that lead there, with a fee that was agreed on."""
    me, reporter = Who.technician(technician.id), Who.reporter(order.reporter_id or 0)
    path = ["grabbed", "accepted", "in_progress", "finished", "confirmed"]
    for reached in path[: path.index(state) + 1]:
        match reached:
            case "grabbed":
                assignment.grab(session, order, technician)
                if fee_fen:
                    fees.quote(session, order, me, fee_fen, "更换阀芯")
                    fees.answer_quote(session, order, reporter, True)
            case "accepted":
                work.propose(session, order, me, clock.now() + SOON, None)
                work.agree(session, order, reporter)
            case "in_progress":
                work.start(session, order, me)
            case "finished":
                work.finish(session, order, me, solution="更换阀芯，试水正常")
            case "confirmed":
                work.confirm(session, order, reporter)
    return order
