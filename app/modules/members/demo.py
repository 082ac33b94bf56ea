"""Firms, shops, tenants and technicians of the demonstration park, the phones they use, and what they applied for."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media
from app.core.messages.models import Message
from app.core.module import registry
from app.modules.estate.demo import FLATS, PARK, PARKING, SHOPS, TOWER_A, TOWER_B
from app.modules.estate.models import Building, Community, Unit
from app.modules.members import demo_pictures
from app.modules.members.demo_people import SHOPS as SHOP_NAMES
from app.modules.members.demo_people import Invention
from app.modules.members.models import (
    MERCHANT,
    TENANT,
    Certification,
    CertificationUnit,
    Customer,
    CustomerMember,
    Member,
    Occupancy,
    Technician,
)

DEMO_MEMBERS = (
    ("demo-merchant", "陈店主", "商家"),
    ("demo-tenant", "林租客", "租客"),
    ("demo-visitor", "周访客", "访客"),
    ("demo-technician", "王师傅", "维修师傅"),
)
"""(WeChat code, nickname, role) of the people who sign in on a phone."""

TECHNICIANS = (
    ("王建国", ["general", "plumbing"], True),
    ("李国强", ["electrical"], True),
    ("张海明", ["hvac", "electrical"], True),
    ("刘伟", ["low_voltage"], True),
    ("吴家豪", ["lift"], True),
    ("黄永辉", ["masonry", "general"], True),
    ("何志斌", ["plumbing"], False),
    ("梁文锋", ["general"], True),
)
VACANT = 0.14
VACANT_BETWEEN_FIRMS = 0.3
MANAGEMENT = ("301", "302")
"""The property firm's own offices, in tower A."""


class Park:
    """The records while they are being made: what is invented, and who already holds what."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.today = clock.today()
        self.invent = Invention(self.today)
        self.rng = self.invent.rng
        self.community = session.scalars(select(Community).where(Community.name == PARK)).one()
        rows = session.execute(
            select(Unit, Building.name)
            .join(Unit.building)
            .where(Unit.community_id == self.community.id)
            .order_by(Unit.id)
        )
        self.units: dict[str, list[Unit]] = {}
        self.places: dict[int, str] = {}
        for unit, building in rows:
            self.units.setdefault(building if unit.kind != "public" else "public", []).append(unit)
            self.places[unit.id] = f"{building} {unit.number}"
        self.customers: list[Customer] = []
        self.members: list[Member] = []
        self.homes: dict[int, list[Unit]] = {}
        """The units that a customer holds now, by customer id."""

    def add(self, record: Any) -> Any:
        self.session.add(record)
        self.session.flush()
        return record

    def days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def moment(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A past moment, by the local clock."""
        return datetime.combine(self.days_ago(days), time(hour, minute), clock.SHANGHAI)

    def customer(self, kind: str, name: str, *, company: bool = True, **values: Any) -> Customer:
        number = {"credit_code": self.invent.credit_code(company)} if kind == MERCHANT else {
            "id_number": self.invent.id_number()
        }  # fmt: skip
        contact = name if kind == TENANT else self.invent.person()
        record = Customer(
            **{"kind": kind, "name": name, "contact_name": contact, "phone": self.invent.phone(), **number, **values}
        )
        return self.add(record)

    def move_in(self, customer: Customer, units: Iterable[Unit], since: date, until: date | None = None) -> None:
        for unit in units:
            self.session.add(
                Occupancy(
                    community_id=unit.community_id,
                    unit_id=unit.id,
                    customer_id=customer.id,
                    starts_on=since,
                    ends_on=until,
                )
            )
            if until is None:
                unit.status = "occupied"
                self.homes.setdefault(customer.id, []).append(unit)

    def member(self, customer: Customer | None, **values: Any) -> Member:
        days = self.rng.randrange(60)
        member = self.add(
            Member(
                **{
                    "openid": f"demo-openid-{len(self.members):04d}",
                    "phone": self.invent.phone(),
                    "nickname": self.invent.person(),
                    "last_seen_at": self.moment(days, self.rng.randrange(8, 22), self.rng.randrange(60)),
                    "created_at": self.moment(days + self.rng.randrange(1, 200)),
                    **values,
                }
            )
        )
        self.members.append(member)
        if customer is not None:
            self.session.add(CustomerMember(customer_id=customer.id, member_id=member.id))
        return member


def fill(session: Session) -> None:
    """Add everything to the park that ``estate.demo`` made; the same each time, with dates up to today."""
    park = Park(session)
    _management(park)
    _firms(park)
    _shops(park)
    _tenants(park)
    _parking(park)
    _former(park)
    _technicians(park)
    _members(park)
    _certifications(park)
    session.flush()


def _management(park: Park) -> None:
    for unit in park.units[TOWER_A]:
        if unit.number in MANAGEMENT:
            unit.status = "own_use"


def _firms(park: Park) -> None:
    for building in (TOWER_A, TOWER_B):
        free = [unit for unit in park.units[building] if unit.status == "vacant"]
        while free:
            if park.rng.random() < VACANT_BETWEEN_FIRMS:
                free.pop(0)
                continue
            size = park.rng.choices((1, 2, 3, 4, 6), (30, 30, 20, 12, 8))[0]
            firm = park.customer(MERCHANT, park.invent.firm())
            park.customers.append(firm)
            park.move_in(firm, free[:size], park.days_ago(park.rng.randrange(40, 1400)))
            free = free[size:]
    for unit in [unit for unit in park.units[TOWER_B] if unit.status == "vacant"][:3]:
        unit.status = "fitting_out"


def _shops(park: Park) -> None:
    demo = park.customer(MERCHANT, "陈记潮汕牛肉店", company=False, contact_name="陈启明")
    park.move_in(demo, park.units[SHOPS][:2], park.days_ago(612))
    park.customers.insert(0, demo)
    free = iter(park.units[SHOPS][2:])
    for name, unit in zip(SHOP_NAMES, free, strict=False):
        shop = park.customer(MERCHANT, name, company=False)
        park.move_in(shop, [unit], park.days_ago(park.rng.randrange(30, 1100)))
        park.customers.append(shop)


def _tenants(park: Park) -> None:
    flats = [unit for unit in park.units[FLATS] if park.rng.random() >= VACANT]
    for number, unit in enumerate(flats):
        name = "林晓怡" if number == 0 else park.invent.person()
        tenant = park.customer(TENANT, name)
        park.move_in(tenant, [unit], park.days_ago(park.rng.randrange(10, 720)))
        park.customers.insert(1 if number == 0 else len(park.customers), tenant)


def _parking(park: Park) -> None:
    bays = [unit for unit in park.units[PARKING] if park.rng.random() < 0.6]
    for bay in bays:
        park.move_in(park.rng.choice(park.customers), [bay], park.days_ago(park.rng.randrange(5, 500)))


def _former(park: Park) -> None:
    """Those who left: most of what is vacant was held before."""
    vacant = [unit for name in (TOWER_A, TOWER_B, FLATS) for unit in park.units[name] if unit.status == "vacant"]
    for unit in vacant[::3]:
        kind = TENANT if unit.kind == "flat" else MERCHANT
        left = park.rng.randrange(15, 300)
        gone = park.customer(
            kind, park.invent.person() if kind == TENANT else park.invent.firm(), active=False, note="已退租，费用结清"
        )
        park.move_in(gone, [unit], park.days_ago(left + park.rng.randrange(200, 900)), park.days_ago(left))


def _technicians(park: Park) -> None:
    for name, trades, on_duty in TECHNICIANS:
        park.add(
            Technician(
                name=name, phone=park.invent.phone(), trades=trades, on_duty=on_duty, community_id=park.community.id
            )
        )


def _members(park: Park) -> None:
    session = park.session
    shop, tenant = park.customers[0], park.customers[1]
    technicians = list(session.scalars(select(Technician).order_by(Technician.id)))
    linked: dict[str, tuple[Customer | None, str | None]] = {
        "demo-merchant": (shop, shop.phone),
        "demo-tenant": (tenant, tenant.phone),
        "demo-visitor": (None, None),
        "demo-technician": (None, technicians[0].phone),
    }
    for code, nickname, _role in DEMO_MEMBERS:
        customer, phone = linked[code]
        member = park.member(
            customer, openid=code.replace("demo-", "demo-openid-"), nickname=nickname, phone=phone,
            contact_name=customer.contact_name if customer else None,
        )  # fmt: skip
        if code == "demo-technician":
            technicians[0].member_id = member.id
    for technician in technicians[1:4]:
        technician.member_id = park.member(None, nickname=technician.name, phone=technician.phone).id
    for customer in park.rng.sample(park.customers[2:], 56):
        park.member(customer, phone=customer.phone, nickname=customer.contact_name, contact_name=customer.contact_name)
    for customer in [customer for customer in park.customers if len(park.homes[customer.id]) > 3][:6]:
        park.member(customer)
    for _visitor in range(14):
        park.member(None)


def _certifications(park: Park) -> None:
    """Oldest first, as they would have come in."""
    session = park.session
    by_member = {row.member_id: row.customer_id for row in session.scalars(select(CustomerMember))}
    workers = set(session.scalars(select(Technician.member_id)))
    visitors = iter(m for m in park.members if m.phone and m.id not in workers and m.id not in by_member)
    reviewer = session.scalar(select(User.id).where(User.username == "certifier"))
    for days, member_id in zip(range(33, 11, -4), by_member, strict=False):
        member, customer = session.get_one(Member, member_id), session.get_one(Customer, by_member[member_id])
        done = _apply(
            park, member, customer.kind, days, name=customer.name, phone=customer.phone,
            id_number=customer.id_number, credit_code=customer.credit_code, units=park.homes[customer.id][:1],
        )  # fmt: skip
        _decide(park, done, "approve", reviewer, "", customer_id=customer.id)
    strange = _apply(park, next(visitors), MERCHANT, 11, name=park.invent.firm(), units=[park.units[TOWER_A][8]])
    _decide(park, strange, "reject", reviewer, "所填房号与租赁合同不一致，请核对后重新申请")
    withdrawn = _apply(park, next(visitors), TENANT, 9, name=park.invent.person(), units=[_flat(park)])
    Certification.flow.apply(session, withdrawn, "withdraw")
    again, values = next(visitors), {"name": park.invent.person(), "id_number": park.invent.id_number()}
    flat = [_flat(park)]
    blurred = _apply(park, again, TENANT, 6, units=flat, **values)
    _decide(park, blurred, "reject", reviewer, "上传的身份证照片不清晰，请在光线充足处重新拍摄")

    # waiting: somebody new; two that an imported customer's number or phone matches; one who was refused before
    _apply(park, next(visitors), MERCHANT, 2, name=park.invent.firm(), units=park.units[TOWER_B][-1:])
    unclaimed = [customer for customer in park.customers if customer.id not in by_member.values()]
    tenant = next(customer for customer in unclaimed if customer.kind == TENANT)
    firm = next(customer for customer in unclaimed if customer.name.endswith("公司"))
    _apply(
        park, next(visitors), TENANT, 1, name=tenant.name, phone=tenant.phone, id_number=tenant.id_number,
        units=park.homes[tenant.id],
    )  # fmt: skip
    _apply(park, next(visitors), MERCHANT, 0, name=firm.name, credit_code=firm.credit_code, units=park.homes[firm.id])
    _apply(park, again, TENANT, 0, units=flat, **values)


def _flat(park: Park) -> Unit:
    return park.rng.choice([unit for unit in park.units[FLATS] if unit.status == "vacant"])


def _apply(park: Park, member: Member, kind: str, days: int, *, units: list[Unit], **values: Any) -> Certification:
    number = "credit_code" if kind == MERCHANT else "id_number"
    values[number] = values.get(number) or (park.invent.credit_code() if kind == MERCHANT else park.invent.id_number())
    values["phone"] = values.get("phone") or member.phone
    filed = min(park.moment(days, 9, park.rng.randrange(60)), clock.now() - timedelta(minutes=20))
    certification = park.add(
        Certification(
            member_id=member.id, community_id=park.community.id, kind=kind, created_at=filed, updated_at=filed, **values
        )
    )
    park.session.add_all(CertificationUnit(certification_id=certification.id, unit_id=unit.id) for unit in units[:3])
    if "certification" in registry().media:
        _add_pictures(park, certification, member, park.places[units[0].id])
    return certification


def _add_pictures(park: Park, certification: Certification, member: Member, place: str) -> None:
    if certification.kind == MERCHANT:
        first = demo_pictures.licence(certification.name, certification.credit_code or "", member.nickname)
    else:
        first = demo_pictures.identity_card(certification.name, certification.id_number or "")
    owner = ("member", str(member.id))
    keys = [
        media.store(park.session, picture, "certification", *owner).key
        for picture in (first, demo_pictures.lease(certification.name, place))
    ]
    media.attach(park.session, keys, "certification", *owner, certification)


def _decide(
    park: Park, certification: Certification, move: str, reviewer: int | None, reason: str, **values: Any
) -> None:
    decided = certification.created_at + timedelta(hours=5, minutes=park.rng.randrange(60))
    Certification.flow.apply(
        park.session, certification, move, decided_by=reviewer, decided_at=decided, reason=reason, **values
    )
    title, body = (
        ("认证已通过", f"您的{'商家' if certification.kind == MERCHANT else '租客'}认证已通过，可以使用全部功能。")
        if move == "approve"
        else ("认证未通过", f"原因：{reason}。您可以修改后重新申请。")
    )
    park.session.add(
        Message(
            member_id=certification.member_id, kind="certification", title=title, body=body, created_at=decided,
            read_at=decided + timedelta(hours=2) if move == "approve" else None,
        )
    )  # fmt: skip
