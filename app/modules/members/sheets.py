"""Import and export of customers, occupancies and technicians (G3, G11)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.errors import Invalid
from app.core.privacy import keyring
from app.core.sheets import Choice, Choices, Code, Date, Draft, Flag, Lookup, Row, Sheet, Text
from app.modules.estate.models import Building, Community, Unit
from app.modules.estate.sheets import building_column, building_of, community_column, unit_column
from app.modules.members import identity_numbers, operations
from app.modules.members.models import Customer, Member, Occupancy, Technician

CHUNK = 5000
Records = Mapping[Any, Sequence[Mapping[str, Any]]]
Held = dict[tuple[int, int], list[tuple[int, date, date | None]]]
"""By unit and customer: id, first and last day of the occupancies there are."""


def _current(column: Any) -> Any:
    """Of a customer's newest running occupancy: a column of it, its unit, building or community."""
    newest = aliased(Occupancy)
    chosen = (
        select(newest.id)
        .where(newest.customer_id == Customer.id, or_(newest.ends_on.is_(None), newest.ends_on >= clock.today()))
        .order_by(newest.starts_on.desc(), newest.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        select(column)
        .select_from(Occupancy)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .join(Community, Community.id == Unit.community_id)
        .where(Occupancy.id == chosen)
        .correlate(Customer)
        .scalar_subquery()
    )


def bring_occupancies(session: Session, rows: list[Row]) -> None:
    """A customer's row that names a unit brings the occupancy along, unless the customer holds the unit already."""
    sheet, settled = CUSTOMERS, []
    for row in rows:
        given = [name for name in ("community_id", "building_id", "unit_id", "starts_on") if name in row.values]
        if given and "unit_id" not in row.values:
            row.refuse(sheet.by_name["unit_id"], _("填写了园区、楼栋或入住日期时，须同时填写房号"))
        elif given:
            settled.append(row)
    pairs = [(row.values["unit_id"], row.record_id) for row in settled if row.record_id is not None]
    held = _held(session, pairs)
    for row in settled:
        unit_id, starts_on = row.values["unit_id"], row.values.get("starts_on")
        there = held.get((unit_id, row.record_id), []) if row.record_id is not None else []
        today = starts_on or clock.today()
        if any(
            first == starts_on or (starts_on is None and (last is None or last >= today)) for _id, first, last in there
        ):
            continue
        if any(last is None or last >= today for _id, _first, last in there):
            row.refuse(sheet.by_name["starts_on"], _("该客户在此期间已有这个房号的入住记录"))
            continue
        values = {"community_id": row.values["community_id"], "unit_id": unit_id, "starts_on": today, "ends_on": None}
        row.bring(Draft(Occupancy, values, "customer_id"))


def check_occupancies(session: Session, rows: list[Row]) -> None:
    """An occupancy does not end before it starts, nor overlap another of the same customer in the same unit."""
    sheet = OCCUPANCIES
    held = _held(session, [(row.values["unit_id"], row.values["customer_id"]) for row in rows])
    known = {record_id: last for there in held.values() for record_id, _first, last in there}
    for row in rows:
        first = row.values["starts_on"]
        last = row.values.get("ends_on", known.get(row.record_id) if row.record_id is not None else None)
        if last is not None and last < first:
            row.refuse(sheet.by_name["ends_on"], _("结束日期不能早于开始日期"))
            continue
        there = held.setdefault((row.values["unit_id"], row.values["customer_id"]), [])
        if any(other != row.record_id and _overlap(first, last, begin, end) for other, begin, end in there):
            row.refuse(sheet.by_name["starts_on"], _("该客户在此期间已有这个房号的入住记录"))
            continue
        there[:] = [item for item in there if item[0] != row.record_id]
        there.append((row.record_id or -row.number, first, last))


def _overlap(first: date, last: date | None, begin: date, end: date | None) -> bool:
    return (end is None or end >= first) and (last is None or begin <= last)


def _held(session: Session, pairs: Iterable[tuple[int, int]]) -> Held:
    """The occupancies of these (unit, customer) pairs: one query."""
    held: Held = {}
    wanted = list(set(pairs))
    if wanted:
        query = select(
            Occupancy.unit_id, Occupancy.customer_id, Occupancy.id, Occupancy.starts_on, Occupancy.ends_on
        ).where(tuple_(Occupancy.unit_id, Occupancy.customer_id).in_(wanted))
        for unit_id, customer_id, *rest in session.execute(query):
            held.setdefault((unit_id, customer_id), []).append(tuple(rest))  # type: ignore[arg-type]
    return held


def settle_occupancies(session: Session, records: Records) -> None:
    """After the writing: no two occupancies overlap, and units are vacant or occupied as they now are."""
    units = iter({record["unit_id"] for record in records.get(Occupancy, ())})
    while part := list(islice(units, CHUNK)):
        _refuse_overlaps(session, part)
        operations.follow_occupancies(session, part)


def _refuse_overlaps(session: Session, unit_ids: list[int]) -> None:
    """Two rows far apart in a file, or somebody else meanwhile, may have brought in what overlaps."""
    one, other = aliased(Occupancy), aliased(Occupancy)
    overlap = and_(
        other.unit_id == one.unit_id,
        other.customer_id == one.customer_id,
        other.id > one.id,
        or_(one.ends_on.is_(None), one.ends_on >= other.starts_on),
        or_(other.ends_on.is_(None), other.ends_on >= one.starts_on),
    )
    count = session.scalar(select(func.count()).select_from(one).join(other, overlap).where(one.unit_id.in_(unit_ids)))
    if count:
        raise Invalid(_("有 %(count)s 条入住记录与同一客户、同一房号的其他记录时间重叠，未导入任何内容", count=count))


def link_members(session: Session, rows: list[Row]) -> None:
    """A new technician whose number belongs to a mini-program user who has already signed in becomes that user (G3)."""
    new = {keyring().digest(row.values["phone"]): row for row in rows if row.record_id is None}
    if not new:
        return
    query = select(Member.phone_index, func.min(Member.id)).where(
        Member.phone_index.in_(list(new)), Member.active.is_(True), ~exists().where(Technician.member_id == Member.id)
    )
    for digest, member_id in session.execute(query.group_by(Member.phone_index)):
        new[digest or ""].values["member_id"] = member_id


CUSTOMERS = Sheet(
    Customer,
    key=(("credit_code",), ("id_number",), ("name", "phone")),
    area="customers",
    columns=[
        Choice("kind"),
        Text("name", example="示例餐饮店", note="企业名称、店名或个人姓名"),
        Text("contact_name", example="张三"),
        Code("phone", check=identity_numbers.mobile_number, example="13800000000", note="11 位手机号"),
        Code("credit_code", check=identity_numbers.credit_code, note="企业与个体户填写，18 位"),
        Code("id_number", check=identity_numbers.id_number, note="个人填写，18 位身份证号"),
        Flag("active"),
        Text("note"),
        community_column(extra=True, source=lambda: _current(Community.name)),
        building_column(extra=True, source=lambda: _current(Building.name)),
        unit_column(extra=True, source=lambda: _current(Unit.number)),
        Date("starts_on", "入住日期", extra=True, example="2026-01-01", note="填写房号时有效；留空为导入当天",
             source=lambda: _current(Occupancy.starts_on)),
    ],
    prepare=bring_occupancies,
    finish=settle_occupancies,
)  # fmt: skip


def _customer_of_occupancy() -> Any:
    return select(Customer.name).where(Customer.id == Occupancy.customer_id).correlate(Occupancy).scalar_subquery()


OCCUPANCIES = Sheet(
    Occupancy,
    key=("unit_id", "customer_id", "starts_on"),
    area="customers",
    columns=[
        community_column(),
        building_column(extra=True, required=True, source=building_of(Occupancy)),
        unit_column(),
        Text("customer_name", "客户名称", extra=True, required=True, example="示例餐饮店",
             source=_customer_of_occupancy),
        Lookup("customer_id", "客户手机号", Customer, by=("phone",), within={"name": "customer_name"},
               example="13800000000", note="与客户名称一起确定是哪一位客户"),
        Date("starts_on", example="2026-01-01"),
        Date("ends_on", note="仍在使用的留空"),
    ],
    prepare=check_occupancies,
    finish=settle_occupancies,
)  # fmt: skip

TECHNICIANS = Sheet(
    Technician,
    key=("phone",),
    area="technicians",
    columns=[
        Text("name", example="李师傅"),
        Code(
            "phone",
            check=identity_numbers.mobile_number,
            example="13800000000",
            note="11 位手机号，登录小程序时据此识别",
        ),
        Choices("trades", example="综合维修、给排水"),
        Flag("on_duty"),
        Flag("active"),
        community_column(),
    ],
    prepare=link_members,
)
