"""What can happen to offers, to applications for them, and to leases."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.core import clock, messages
from app.core.db import conflict_insert, execute
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.modules.estate.models import Building, Unit
from app.modules.leasing.models import (
    DRAFT,
    LEASED,
    PENDING,
    PUBLISHED,
    Lease,
    LeaseApplication,
    LeaseFollowUp,
    Listing,
    ListingDay,
)
from app.modules.members import identity_numbers
from app.modules.members import operations as members
from app.modules.members.models import Customer, Occupancy

PAGE = "/pkg-leasing/applications"


def save_listing(session: Session, listing: Listing | None, values: Mapping[str, Any]) -> Listing:
    """Make (as a draft) or change an offer. A named unit must lie in its community, and fills in area and location.

    Raises Invalid with the fields that are wrong.
    """
    wanted = dict(values)
    unit_id = wanted.get("unit_id", listing.unit_id if listing else None)
    if unit_id is not None:
        row = session.execute(
            select(Unit, Building.name).join(Building, Building.id == Unit.building_id).where(Unit.id == unit_id)
        ).one_or_none()
        if row is None or row.Unit.community_id != wanted.get("community_id", listing and listing.community_id):
            raise Invalid.field("unit", _("所选房号不在这个园区"))
        wanted["area_m2"] = wanted.get("area_m2") or row.Unit.area_m2
        wanted["location"] = wanted.get("location") or f"{row.name} {row.Unit.number}"
    if wanted.get("price_unit", "") != "talk" and wanted.get("price_fen") == 0:
        raise Invalid.field("price_fen", _("请填写价格；暂不定价的请把计价方式选为“面议”"))
    if listing is None:
        listing = Listing()
        session.add(listing)
    for name, value in wanted.items():
        setattr(listing, name, value)
    session.flush()
    return listing


def move_listing(session: Session, listing: Listing, name: str) -> Listing:
    """Publish, take down or mark as leased. The time to lease counts from the first publishing of this round."""
    values: dict[str, Any] = {}
    if name == "publish" and listing.state in (DRAFT, LEASED):
        values = {"published_at": clock.now(), "leased_at": None}
    if name == "lease":
        values = {"leased_at": clock.now()}
    return Listing.flow.apply(session, listing, name, **values)


def remove_listing(session: Session, listing: Listing) -> None:
    """Delete an offer that nobody applied for. Raises Conflict."""
    if session.scalar(select(exists().where(LeaseApplication.listing_id == listing.id))):
        raise Conflict(_("已有租赁申请的场地信息不能删除，可以下架"))
    session.delete(listing)
    session.flush()


def count_view(session: Session, listing_id: int) -> None:
    """An offer was opened."""
    _count(session, listing_id, "views")


def count_inquiry(session: Session, listing_id: int) -> None:
    """Somebody asked for the contact of an offer."""
    _count(session, listing_id, "inquiries")


def _count(session: Session, listing_id: int, name: str) -> None:
    """One more today, in one statement, so that no count is lost; nothing for what is not on offer."""
    if not session.scalar(select(exists().where(Listing.id == listing_id, Listing.state == PUBLISHED))):
        return
    first = {"views": 0, "inquiries": 0, name: 1}
    insert = conflict_insert(session, ListingDay).values(listing_id=listing_id, day=clock.today(), **first)
    more = {name: getattr(ListingDay, name) + 1}
    execute(session, insert.on_conflict_do_update(index_elements=["listing_id", "day"], set_=more))


def apply(
    session: Session, member_id: int, listing_id: int, *, name: str, phone: str, message: str
) -> LeaseApplication:
    """File an application for a published offer (L3).

    Raises NotFound for what is not on offer, Conflict while an earlier one of the member waits, Invalid.
    """
    listing = session.scalar(select(Listing).where(Listing.id == listing_id, Listing.state == PUBLISHED))
    if listing is None:
        raise NotFound(_("该场地信息已下架"))
    number = identity_numbers.mobile_number(phone)
    waiting = exists().where(
        LeaseApplication.listing_id == listing_id,
        LeaseApplication.member_id == member_id,
        LeaseApplication.state == PENDING,
    )
    if session.scalar(select(waiting)):
        raise Conflict(_("您已提交过申请，请等待物业审批"), code="already_pending")
    application = LeaseApplication(
        community_id=listing.community_id, listing_id=listing_id, member_id=member_id, name=name.strip(),
        phone=number, message=message.strip(),
    )  # fmt: skip
    session.add(application)
    session.flush()
    return application


def withdraw(session: Session, application: LeaseApplication) -> LeaseApplication:
    """Take an application back while it waits. Raises Conflict."""
    return LeaseApplication.flow.apply(session, application, "withdraw")


def approve(session: Session, application: LeaseApplication, staff_id: int) -> LeaseApplication:
    """Agree to talk: the applicant is told; ``sign`` makes the contract. Raises Conflict when the offer is gone."""
    listing = session.get_one(Listing, application.listing_id)
    on_offer = exists().where(Listing.id == application.listing_id, Listing.state == PUBLISHED)
    if listing.state != PUBLISHED:
        raise Conflict(_("“%(title)s”当前不在发布中，不能通过申请", title=listing.title))
    LeaseApplication.flow.apply(
        session, application, "approve", on_offer, decided_by=staff_id, decided_at=clock.now(), reason=""
    )
    body = _("您对“%(title)s”的租赁申请已通过，招商人员将与您联系签约。", title=listing.title)
    _tell(session, application, _("租赁申请已通过"), body)
    return application


def reject(
    session: Session, application: LeaseApplication, staff_id: int, reason: str, move: str = "reject"
) -> LeaseApplication:
    """Turn an application down with a reason that the applicant reads; with the move ``fall_through`` one that had
    been approved and came to nothing. Raises Invalid, Conflict."""
    reason = reason.strip()
    if not reason:
        raise Invalid.field("reason", _("请填写未通过的原因"))
    LeaseApplication.flow.apply(session, application, move, decided_by=staff_id, decided_at=clock.now(), reason=reason)
    _tell(session, application, _("租赁申请未通过"), _("原因：%(reason)s", reason=reason))
    return application


def follow_up(session: Session, application: LeaseApplication, staff_id: int, note: str) -> LeaseFollowUp:
    """Note what was said or done about an application. Raises Invalid."""
    note = note.strip()
    if not note or len(note) > 500:
        raise Invalid.field("note", _("请填写跟进内容（不超过 500 个字）"))
    made = LeaseFollowUp(application_id=application.id, staff_id=staff_id, note=note)
    session.add(made)
    session.flush()
    return made


def sign(
    session: Session,
    application: LeaseApplication,
    staff_id: int,
    *,
    customer_id: int | None,
    kind: str,
    starts_on: date | None,
    ends_on: date | None,
    rent_fen: int | None,
) -> Lease:
    """Turn an approved application into a customer (``customer_id``, or a new one of ``kind``), a lease, and the
    occupancy of the offer's unit; the member acts for the customer from now on, and the offer is leased.

    Raises Invalid with fields, Conflict when somebody else was faster.
    """
    problems = _missing(starts_on=starts_on, ends_on=ends_on, rent_fen=rent_fen)
    if problems:
        raise Invalid(errors=problems)
    LeaseApplication.flow.apply(session, application, "sign", decided_by=staff_id, decided_at=clock.now())
    listing = session.get_one(Listing, application.listing_id)
    if customer_id is None:
        given = {"kind": kind, "name": application.name, "contact_name": application.name, "phone": application.phone}
        customer_id = members.save_customer(session, None, given).id
    lease = save_lease(session, None, {
        "community_id": listing.community_id, "customer_id": customer_id, "unit_id": listing.unit_id,
        "application_id": application.id, "subject": listing.title,
        "starts_on": starts_on, "ends_on": ends_on, "rent_fen": rent_fen,
    })  # fmt: skip
    application.customer_id = customer_id
    members.link(session, customer_id, application.member_id)
    if listing.state != LEASED:
        move_listing(session, listing, "lease")
    _tell(session, application, _("签约成功"), _("“%(title)s”已签约，欢迎入驻。", title=listing.title))
    return lease


def save_lease(session: Session, lease: Lease | None, values: Mapping[str, Any]) -> Lease:
    """Make or change a lease; the occupancy of its unit is made, or follows its days.

    Raises Invalid when it ends before it starts, NotFound for an absent customer or unit.
    """
    names = ("community_id", "customer_id", "unit_id", "subject", "starts_on", "ends_on", "rent_fen")
    wanted: dict[str, Any] = {name: getattr(lease, name, None) for name in names}
    wanted |= values
    if wanted["ends_on"] < wanted["starts_on"]:
        raise Invalid.field("ends_on", _("到期日不能早于起租日"))
    if session.get(Customer, wanted["customer_id"]) is None:
        raise NotFound(_("所选客户不存在"))
    unit = session.get(Unit, wanted["unit_id"]) if wanted["unit_id"] else None
    if unit is not None:
        wanted["community_id"] = unit.community_id
    if wanted["community_id"] is None:
        raise Invalid.field("unit", _("请选择房号"))
    wanted["subject"] = wanted["subject"] or (unit.number if unit else _("场地"))
    if lease is None:
        lease = Lease()
    occupancy = session.get(Occupancy, lease.occupancy_id) if lease.occupancy_id else None
    for name, value in wanted.items():
        setattr(lease, name, value)
    if unit is not None:
        days = {name: wanted[name] for name in ("unit_id", "customer_id", "starts_on", "ends_on")}
        lease.occupancy_id = members.save_occupancy(session, occupancy or _held(session, days), days).id
    session.add(lease)
    session.flush()
    return lease


def remove_lease(session: Session, lease: Lease) -> None:
    """Delete a lease that was a mistake; what it brought about in ``members`` stays for staff to look at."""
    session.delete(lease)
    session.flush()


def _held(session: Session, days: Mapping[str, Any]) -> Occupancy | None:
    """The occupancy on the books that the lease is about: the same customer, unit and first day."""
    return session.scalar(
        select(Occupancy).where(
            Occupancy.unit_id == days["unit_id"],
            Occupancy.customer_id == days["customer_id"],
            Occupancy.starts_on == days["starts_on"],
            ~exists().where(Lease.occupancy_id == Occupancy.id),
        )
    )


def _missing(**values: Any) -> list[FieldError]:
    return [FieldError(name, _("请填写此项")) for name, value in values.items() if value is None]


def _tell(session: Session, application: LeaseApplication, title: str, body: str) -> None:
    messages.send(session, application.member_id, "leasing", title, body, f"{PAGE}?id={application.id}")


def forget(session: Session, *, member_id: int) -> None:
    """An erased member's applications stay for the figures, without name, number and words."""
    mine = LeaseApplication.member_id == member_id
    for pending in session.scalars(select(LeaseApplication).where(mine, LeaseApplication.state == PENDING)).all():
        LeaseApplication.flow.apply(session, pending, "withdraw")
    execute(
        session,
        update(LeaseApplication)
        .where(mine)
        .values(name="已注销", phone="", phone_index=None, phone_tail=None, message=""),
    )
