"""Investment promotion and leasing in figures (招商报表、租赁报表, L5)."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.reports import AMOUNT, DATE, DECIMAL, INTEGER, PERCENT, Asked, Chart, Column, Panel, Rate, Report
from app.modules.estate.models import UNIT_KINDS, Building, Community, Unit
from app.modules.leasing.models import LISTING_KINDS, SIGNED, Lease, LeaseApplication, Listing, ListingDay
from app.modules.members.models import Customer, Occupancy

MOST = 2000
DAY = timedelta(days=1)


def promotion(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """What offers brought in these days: published, views → inquiries → applications → signed and leased, and the
    days from publishing to leasing of what was leased; by ``asked.by``."""
    since, until = clock.start_of(asked.start), clock.start_of(asked.end + DAY)
    name: Any = {"kind": Listing.kind, "community": Community.name, "listing": Listing.title}[asked.by]
    key: Any = {"kind": Listing.kind, "community": Listing.community_id, "listing": Listing.id}[asked.by]

    def grouped(*columns: Any, joined: Callable[[Any], Any] = lambda query: query) -> Any:
        query = select(key, name, *columns).select_from(Listing).join(Community, Community.id == Listing.community_id)
        return session.execute(asked.within(joined(query).group_by(key, name), Listing))

    lines: dict[Any, dict[str, Any]] = {}

    def note(number: Any, title: str, **values: Any) -> None:
        lines.setdefault(number, {"title": title}).update(values)

    def between(moment: Any) -> Any:
        return and_(moment >= since, moment < until)

    published = func.sum(case((between(Listing.published_at), 1), else_=0))
    leased = func.sum(case((between(Listing.leased_at), 1), else_=0))
    active = or_(between(Listing.published_at), between(Listing.leased_at))
    for number, title, offers, let in grouped(published, leased, joined=lambda query: query.where(active)):
        note(number, title, offers=int(offers), let=int(let))
    seen = func.sum(ListingDay.views), func.sum(ListingDay.inquiries)
    for number, title, views, inquiries in grouped(*seen, joined=lambda query: query.join(
        ListingDay, and_(ListingDay.listing_id == Listing.id, ListingDay.day.between(asked.start, asked.end))
    )):  # fmt: skip
        note(number, title, views=int(views), inquiries=int(inquiries))
    signed = func.sum(case((LeaseApplication.state == SIGNED, 1), else_=0))
    for number, title, applications, won in grouped(func.count(LeaseApplication.id), signed, joined=lambda q: q.join(
        LeaseApplication, and_(LeaseApplication.listing_id == Listing.id, between(LeaseApplication.created_at))
    )):  # fmt: skip
        note(number, title, applications=int(applications), signed=int(won))
    for number, days in _days_to_lease(session, asked, key, between(Listing.leased_at)).items():
        lines[number]["days"] = days
    return [_promotion_line(line, asked) for line in sorted(lines.values(), key=_busiest)][:MOST]


def _days_to_lease(session: Session, asked: Asked, key: Any, leased: Any) -> dict[Any, Decimal]:
    """The mean days from publishing to leasing, by group, to one place."""
    query = select(key, Listing.published_at, Listing.leased_at).where(leased, Listing.published_at.is_not(None))
    taken: dict[Any, list[Decimal]] = {}
    for number, published_at, leased_at in session.execute(asked.within(query, Listing)):
        seconds = Decimal((leased_at - published_at).total_seconds())
        taken.setdefault(number, []).append(max(seconds, Decimal(0)) / 86400)
    return {number: round(sum(days, Decimal(0)) / len(days), 1) for number, days in taken.items()}


def _busiest(line: dict[str, Any]) -> tuple[int, int, str]:
    return -line.get("views", 0), -line.get("applications", 0), line["title"]


def _promotion_line(line: dict[str, Any], asked: Asked) -> tuple[Any, ...]:
    title = LISTING_KINDS[line["title"]] if asked.by == "kind" else line["title"]
    counts = [line.get(name, 0) for name in ("offers", "views", "inquiries", "applications", "signed", "let")]
    _offers, views, inquiries, applications, signed, _let = counts
    return (
        title, *counts,
        inquiries / views if views else None,
        applications / inquiries if inquiries else None,
        signed / applications if applications else None,
        line.get("days"),
    )  # fmt: skip


def leasing(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """What is to let and what is let on the last day asked for: units and area, rate by area, rent a month.

    To let is every unit but public places and those in own use; let is what a running occupancy holds.
    """
    day = asked.end
    held = (
        select(Occupancy.unit_id)
        .where(Occupancy.starts_on <= day, or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= day))
        .distinct()
        .subquery()
    )
    rents = (
        select(Lease.unit_id, func.sum(Lease.rent_fen).label("rent_fen"))
        .where(Lease.starts_on <= day, Lease.ends_on >= day)
        .group_by(Lease.unit_id)
        .subquery()
    )
    is_held, has_rent = held.c.unit_id.is_not(None), rents.c.unit_id.is_not(None)
    name: Any = {"kind": Unit.kind, "building": Building.name, "community": Community.name}[asked.by]
    key: Any = {"kind": Unit.kind, "building": Unit.building_id, "community": Unit.community_id}[asked.by]
    query = (
        select(
            name,
            func.count(Unit.id),
            func.sum(Unit.area_m2),
            func.sum(case((is_held, 1), else_=0)),
            func.sum(case((is_held, Unit.area_m2), else_=0)),
            func.sum(rents.c.rent_fen),
            func.sum(case((has_rent, Unit.area_m2), else_=0)),
        )
        .join(Building, Building.id == Unit.building_id)
        .join(Community, Community.id == Unit.community_id)
        .outerjoin(held, held.c.unit_id == Unit.id)
        .outerjoin(rents, rents.c.unit_id == Unit.id)
        .where(Unit.kind != "public", Unit.status != "own_use")
        .group_by(key, name)
        .order_by(name)
        .limit(MOST)
    )
    rows = []
    for title, units, total, let, let_area, rent, rent_area in session.execute(asked.within(query, Unit)):
        all_m2, let_m2, rent_m2 = (round(Decimal(one or 0), 2) for one in (total, let_area, rent_area))
        mean = round(Decimal(int(rent)) / 100 / rent_m2, 2) if rent and rent_m2 else None
        rate = float(let_m2 / all_m2) if all_m2 else None
        label = UNIT_KINDS[title] if asked.by == "kind" else title
        rows.append((label, units, int(let), units - int(let), all_m2, let_m2, all_m2 - let_m2, rate,
                     int(rent or 0), mean))  # fmt: skip
    return rows


def expiring(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """Leases, and occupancies without one, that end from today on within the days that the settings say; the nearest
    first."""
    today = clock.today()
    soon = today + timedelta(days=settings.get("leasing.expiring_days"))
    leases = (
        select(Customer.name, Lease.subject, Building.name, Unit.number, Unit.area_m2, Lease.starts_on, Lease.ends_on,
               Lease.rent_fen)
        .select_from(Lease)
        .join(Customer, Customer.id == Lease.customer_id)
        .outerjoin(Unit, Unit.id == Lease.unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
        .where(Lease.ends_on.between(today, soon))
        .order_by(Lease.ends_on, Lease.id)
        .limit(MOST)
    )  # fmt: skip
    others = (
        select(Customer.name, literal(""), Building.name, Unit.number, Unit.area_m2, Occupancy.starts_on,
               Occupancy.ends_on, literal(None))
        .select_from(Occupancy)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .join(Building, Building.id == Unit.building_id)
        .where(Occupancy.ends_on.between(today, soon), ~exists().where(Lease.occupancy_id == Occupancy.id))
        .order_by(Occupancy.ends_on, Occupancy.id)
        .limit(MOST)
    )  # fmt: skip
    rows = [
        (customer, f"{building} {number}" if number else subject, area, first, last, (last - today).days, rent)
        for query, model in ((leases, Lease), (others, Occupancy))
        for customer, subject, building, number, area, first, last, rent in session.execute(asked.within(query, model))
    ]
    return sorted(rows, key=lambda row: row[4])[:MOST]


REPORTS = (
    Report(
        "promotion",
        "招商报表",
        "listings",
        [
            Column("分组"),
            Column("新发布", INTEGER),
            Column("浏览", INTEGER),
            Column("咨询", INTEGER),
            Column("申请", INTEGER),
            Column("签约", INTEGER),
            Column("租出", INTEGER),
            Column("浏览→咨询", PERCENT),
            Column("咨询→申请", PERCENT),
            Column("申请→签约", PERCENT),
            Column("平均招租天数", DECIMAL),
        ],
        rows=promotion,
        by={"kind": "类型", "community": "园区", "listing": "场地信息"},
        chart=Chart("bar", label=0, values=(2, 3, 4)),
        span="year",
        total=True,
        help="浏览、咨询按发生日统计；申请按提交日统计，签约是其中已签约的；租出按标记已租的日期统计，"
        "平均招租天数为这些场地从发布到租出的天数。",
    ),
    Report(
        "leasing",
        "租赁报表",
        "listings",
        [
            Column("分组"),
            Column("可租单元", INTEGER),
            Column("已租单元", INTEGER),
            Column("空置单元", INTEGER),
            Column("可租面积（m²）", DECIMAL),
            Column("已租面积（m²）", DECIMAL),
            Column("空置面积（m²）", DECIMAL),
            Column("出租率", PERCENT),
            Column("月租金", AMOUNT),
            Column("平均租金（元/m²·月）", DECIMAL),
        ],
        rows=leasing,
        by={"kind": "房屋类型", "building": "楼栋", "community": "园区"},
        chart=Chart("bar", label=0, values=(5, 6)),
        span="day",
        total=True,
        help="按截止日计算：可租为公共区域和自用以外的全部房屋，已租为当日有入住关系的；出租率=已租面积÷可租面积；"
        "月租金为当日有效租约之和，平均租金=月租金÷这些租约的面积。",
    ),
    Report(
        "expiring_leases",
        "租约到期表",
        "lease_applications",
        [
            Column("客户"),
            Column("房号/标的"),
            Column("面积（m²）", DECIMAL),
            Column("开始", DATE),
            Column("到期", DATE),
            Column("剩余天数", INTEGER),
            Column("月租金", AMOUNT),
        ],
        rows=expiring,
        span="now",
        help="今天起若干天内到期的租约，以及没有登记租约的入住关系；天数在系统设置“租约到期提前提醒天数”中修改。",
    ),
)

PANELS = (
    Panel(
        "occupancy", "出租率", REPORTS[1], show=(0, 2, 3, 4, 5, 7), by="kind", chart=Chart("bar", 0, (1, 2)),
        rate=Rate("出租率（按面积）", 4, 3),
    ),
)  # fmt: skip
