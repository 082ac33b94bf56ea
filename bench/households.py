"""Households with open bills and signed-in phones, for rehearsals and measurements of billing."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.operations import charges
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import Customer, CustomerMember, Member, MemberToken, Occupancy

FEN = 24220


@dataclass(frozen=True)
class Household:
    """A phone's token and openid, and its open bills."""

    token: str
    openid: str
    bills: tuple[int, ...]


def households(session: Session, count: int, bills: int) -> list[Household]:
    """Make this many households, each with its own unit and this many bills of ¥242.20."""
    charges.install(session)
    community = Community(code="BD", name="账单日演练园区")
    session.add(community)
    session.flush()
    building = Building(community_id=community.id, name="演练楼", floors=30)
    session.add(building)
    session.flush()
    made = []
    for n in range(count):
        unit = Unit(
            community_id=community.id, building_id=building.id, number=f"{n:05d}", floor=1, kind="flat", area_m2=86.5,
            status="occupied",
        )  # fmt: skip
        customer = Customer(kind="tenant", name=f"住户{n}", phone=f"139{n:08d}")
        member = Member(openid=f"bill-day-{n}", nickname=f"住户{n}")
        session.add_all((unit, customer, member))
        session.flush()
        token = f"bill-day-token-{n}"
        session.add_all((
            CustomerMember(customer_id=customer.id, member_id=member.id),
            Occupancy(community_id=community.id, unit_id=unit.id, customer_id=customer.id, starts_on=clock.today()),
            MemberToken(
                member_id=member.id,
                digest=hashlib.sha256(token.encode()).hexdigest(),
                expires_at=clock.now() + timedelta(days=1),
            ),
        ))  # fmt: skip
        owed = [
            charges.charge(
                session, customer_id=customer.id, community_id=community.id, unit_id=unit.id, fee_key="management",
                amount_fen=FEN, title="物业管理费", explanation="面积 86.50 m² × ¥2.80/m²·月 × 1 月 = ¥242.20",
                due_on=clock.today() + timedelta(days=14),
            ).id
            for _bill in range(bills)
        ]  # fmt: skip
        made.append(Household(token, member.openid, tuple(owed)))
    session.commit()
    return made
