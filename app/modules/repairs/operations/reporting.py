"""Reporting a fault: by a resident on the phone, or by the service desk for somebody who called (代客报修)."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, selectinload

from app.core import clock, media
from app.core.db import execute
from app.core.errors import Invalid, NotFound
from app.core.privacy import keyring
from app.modules.estate.models import Unit
from app.modules.members import identity_numbers
from app.modules.members.models import Member, Occupancy
from app.modules.members.queries import current_occupancies
from app.modules.repairs import deadlines
from app.modules.repairs.models import (
    APP,
    LEASED,
    PHONE_DESK,
    PUBLIC,
    STICKER,
    Equipment,
    RepairCategory,
    WorkOrder,
)
from app.modules.repairs.operations import steps
from app.modules.repairs.operations.steps import Who

PURPOSE = "repair"
FURTHEST = timedelta(days=60)


def report(
    session: Session,
    member: Member,
    *,
    area: str,
    category_id: int,
    description: str,
    unit_id: int | None = None,
    place: str = "",
    community_id: int | None = None,
    preferred_at: datetime | None = None,
    media_keys: Sequence[str] = (),
    point_code: str = "",
) -> WorkOrder:
    """A resident reports a fault in their own unit or in a public place of a park in which they hold one (R1).

    Raises Invalid with the field that does not hold.
    """
    held = session.scalars(current_occupancies(member.id).options(selectinload(Occupancy.customer))).all()
    if not held:
        raise Invalid.field("unit_id", _("您名下没有在租的房号，不能报修"))
    point = point_of(session, point_code) if point_code else None
    if area == LEASED:
        home = next((row for row in held if row.unit_id == unit_id), None)
        if home is None:
            raise Invalid.field("unit_id", _("请选择您名下的房号"))
        park = home.community_id
    else:
        park = _public_place(session, held, unit_id, place, point, community_id)
        home = next(row for row in held if row.community_id == park)
    if point is not None and point.community_id != park:
        raise Invalid.field("point_code", _("该设备不在所选园区"))
    order = WorkOrder(
        community_id=park, area=area, unit_id=unit_id, place=place.strip(), channel=STICKER if point else APP,
        equipment_id=point.id if point else None, reporter_id=member.id, customer_id=home.customer_id,
        contact_name=member.contact_name or home.customer.contact_name or member.nickname,
        contact_phone=member.phone or home.customer.phone, preferred_at=_coming(preferred_at),
    )  # fmt: skip
    return _add(session, order, category_id, description, Who.reporter(member.id), ("member", str(member.id)),
                media_keys)  # fmt: skip


def _public_place(session: Session, held: Sequence[Occupancy], unit_id: int | None, place: str,
                  point: Equipment | None, community_id: int | None) -> int:  # fmt: skip
    """The park of a public place. Raises Invalid unless the place is named and the reporter belongs to the park."""
    parks = {row.community_id for row in held}
    if unit_id is not None:
        unit = session.get(Unit, unit_id)
        if unit is None or unit.kind != "public" or unit.community_id not in parks:
            raise Invalid.field("unit_id", _("请选择本园区的公共区域"))
        return unit.community_id
    if not place.strip():
        raise Invalid.field("place", _("请填写公共区域的具体位置"))
    if community_id is None and (point is not None or len(parks) == 1):
        community_id = point.community_id if point else next(iter(parks))
    if community_id not in parks:
        raise Invalid.field("community_id", _("请选择您所在的园区"))
    return community_id


def _coming(moment: datetime | None) -> datetime | None:
    if moment is not None and not clock.now() - timedelta(hours=1) <= moment <= clock.now() + FURTHEST:
        raise Invalid.field("preferred_time", _("希望上门时间应在今后 60 天之内"))
    return moment


def take_call(session: Session, values: Mapping[str, Any], staff_id: int) -> WorkOrder:
    """The service desk files an order for a caller (代客报修).

    A caller whose number is that of a member follows the order on their phone like any reporter; for everybody else
    staff agree and confirm. Raises Invalid.
    """
    clean = dict(values)
    description, category_id = clean.pop("description") or "", clean.pop("category_id")
    phone = clean.get("contact_phone")
    unit = session.get(Unit, clean["unit_id"]) if clean.get("unit_id") else None
    if unit is not None and unit.community_id != clean["community_id"]:
        raise Invalid.field("unit_id", _("该房号不在所选园区"))
    if clean["area"] == LEASED and (unit is None or unit.kind == "public"):
        raise Invalid.field("unit_id", _("租赁区域报修请选择房号"))
    if clean["area"] == PUBLIC and unit is None and not (clean.get("place") or "").strip():
        raise Invalid.field("place", _("请填写公共区域的具体位置"))
    if phone:
        clean["contact_phone"] = phone = _phone(phone)
    holder = _holder(session, unit) if unit is not None and clean["area"] == LEASED else None
    clean["customer_id"] = holder.customer_id if holder else None
    clean["preferred_at"] = _coming(clean.get("preferred_at"))
    order = WorkOrder(
        **clean, channel=PHONE_DESK, registered_by=staff_id,
        reporter_id=_member_with(session, phone) if phone else None,
    )  # fmt: skip
    return _add(session, order, category_id, description, Who.staff(staff_id))


def _phone(text: str) -> str:
    try:
        return identity_numbers.mobile_number(text)
    except Invalid as error:
        raise Invalid.field("contact_phone", error.message) from None


def _holder(session: Session, unit: Unit) -> Occupancy | None:
    today = clock.today()
    rows = session.scalars(
        select(Occupancy)
        .where(Occupancy.unit_id == unit.id, Occupancy.starts_on <= today)
        .order_by(Occupancy.starts_on.desc())
    )
    return next((row for row in rows if row.ends_on is None or row.ends_on >= today), None)


def _member_with(session: Session, phone: str) -> int | None:
    """The one member with this number; nobody when it is shared or unknown."""
    found = session.scalars(
        select(Member.id).where(Member.phone_index == keyring().digest(phone), Member.active.is_(True)).limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _add(session: Session, order: WorkOrder, category_id: int, description: str, who: Who,
         owner: tuple[str, str] = ("", ""), media_keys: Sequence[str] = ()) -> WorkOrder:  # fmt: skip
    if not description.strip():
        raise Invalid.field("description", _("请描述故障情况"))
    category = leaf(session, category_id)
    order.category_id, order.trade, order.description = category.id, category.trade, description.strip()
    order.priority = order.priority or category.priority
    order.created_at = clock.now()
    order.number, order.paused_working_seconds = secrets.token_hex(8), 0
    deadlines.assess(order, category)
    session.add(order)
    session.flush()
    order.number = f"BX{clock.local(order.created_at):%y%m%d}{order.id:06d}"
    session.flush()
    if media_keys:
        media.attach(session, media_keys, PURPOSE, *owner, order)
    steps.note_down(session, order, "report", who)
    return order


def leaf(session: Session, category_id: int) -> RepairCategory:
    """A category in which one can report. Raises Invalid for a group, or one that is switched off."""
    category = session.get(RepairCategory, category_id)
    if category is None or not category.active:
        raise Invalid.field("category_id", _("请选择报修类别"))
    below = select(RepairCategory.id).where(RepairCategory.parent_id == category.id, RepairCategory.active.is_(True))
    if session.scalar(below.limit(1)) is not None:
        raise Invalid.field("category_id", _("请选择具体的报修类别"))
    return category


def fixed(order: WorkOrder) -> str:
    """Why an order is not to be changed, in words; "" when it may be."""
    return "" if order.closed_at is None else _("工单已关闭，不能修改")


def change(session: Session, order: WorkOrder, values: Mapping[str, Any], staff_id: int) -> WorkOrder:
    """Staff correct an order that is not closed: category, priority, place, description; deadlines follow."""
    if why := fixed(order):
        raise Invalid(why)
    category = leaf(session, values.get("category_id", order.category_id))
    for name, value in values.items():
        setattr(order, name, value)
    order.trade = category.trade
    deadlines.assess(order, category)
    session.flush()
    steps.note_down(session, order, "change", Who.staff(staff_id))
    return order


def save_equipment(session: Session, record: Equipment | None, values: Mapping[str, Any]) -> Equipment:
    """Make or change a place with a sticker; its code is random and stays. Raises Invalid."""
    leaf(session, values.get("category_id", record.category_id if record else 0))
    if record is None:
        record = Equipment(code=new_code())
        session.add(record)
    for name, value in values.items():
        setattr(record, name, value)
    unit = session.get(Unit, record.unit_id) if record.unit_id else None
    if unit is not None and unit.community_id != record.community_id:
        raise Invalid.field("unit_id", _("该区域不在所选园区"))
    session.flush()
    return record


def save_category(session: Session, record: RepairCategory | None, values: Mapping[str, Any]) -> RepairCategory:
    """Make or change a category. Raises Invalid for a tree of more than two levels, or limits that are none."""
    parent = session.get(RepairCategory, values["parent_id"]) if values.get("parent_id") else None
    if parent is not None and (parent.parent_id is not None or (record is not None and parent.id == record.id)):
        raise Invalid.field("parent_id", _("上级类别应为一级类别"))
    if parent is not None and record is not None:
        below = select(RepairCategory.id).where(RepairCategory.parent_id == record.id)
        if session.scalar(below.limit(1)) is not None:
            raise Invalid.field("parent_id", _("该类别已有下级，不能再归入其他类别"))
    for name, value in values.items():
        if name.startswith(("respond_", "finish_")) and not 0 < (value or 0) <= 60 * 24 * 60:
            raise Invalid.field(name, _("时限应为 1 至 86400 分钟"))
    if record is None:
        record = RepairCategory()
        session.add(record)
    for name, value in values.items():
        setattr(record, name, value)
    session.flush()
    return record


def forget_erased(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: the orders of members who have left that have been closed since."""
    _forget(session, WorkOrder.reporter_id.in_(select(Member.id).where(Member.erased_at.is_not(None))))


def forget(session: Session, *, member_id: int) -> None:
    """A member erases their account: their closed orders at once; somebody still has to call about the open ones."""
    _forget(session, WorkOrder.reporter_id == member_id)


def _forget(session: Session, reported: ColumnElement[bool]) -> None:
    """Take name and number out of closed orders (PIPL art. 47)."""
    execute(
        session,
        update(WorkOrder)
        .where(reported, WorkOrder.closed_at.is_not(None), WorkOrder.contact_name != "")
        .values(contact_name="", contact_phone=None, contact_phone_index=None, contact_phone_tail=None),
    )


ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """Twelve characters that nobody guesses or misreads."""
    return "".join(secrets.choice(ALPHABET) for _character in range(12))


def point_of(session: Session, code: str) -> Equipment:
    """The equipment with this code on its sticker. Raises NotFound."""
    point = session.scalar(
        select(Equipment)
        .where(Equipment.code == code.strip().upper(), Equipment.active.is_(True))
        .options(selectinload(Equipment.category), selectinload(Equipment.community), selectinload(Equipment.unit))
    )
    if point is None:
        raise NotFound(_("未找到该设备，二维码可能已停用"))
    return point
