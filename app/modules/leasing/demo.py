"""Offers of the demonstration park in every state, how often they were seen, who applied, and leases."""

import io
from datetime import timedelta
from random import Random

from flask_appbuilder.security.sqla.models import User
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media, richtext
from app.core.lettering import face, write
from app.modules.estate.demo import PARK
from app.modules.estate.models import Community, Unit
from app.modules.leasing.models import Lease, LeaseApplication, LeaseFollowUp, Listing, ListingDay
from app.modules.members.demo_people import Invention
from app.modules.members.models import Member, Occupancy

TERMS = "押二付一，免租装修期一个月；提供独立电表、排烟管道与 24 小时安保，可注册公司、可开票。"
OFFERS = (
    ("shop", "智谷里商业街一层临街转角铺", "m2_month", 16800, "三年起租", "published", 41),
    ("office", "A座 智谷大厦 12 层带装修写字间", "m2_month", 6200, "一年起租", "published", 26),
    ("office", "B座 云帆大厦高区整层可分割", "m2_month", 5800, "两年起租", "published", 9),
    ("room", "青年公寓朝南一居室，拎包入住", "month", 185000, "半年起租", "published", 14),
    ("parking", "地下停车场 B1 固定车位（可充电）", "month", 38000, "按季起租", "published", 33),
    ("ad_space", "A座大堂电梯厅电子屏广告位征租", "month", 320000, "按月投放", "published", 20),
    ("shop", "中心广场小型餐饮档口", "month", 460000, "一年起租", "leased", 88),
    ("ad_space", "停车场出入口灯箱广告位", "year", 3600000, "一年起租", "unpublished", 120),
    ("office", "共享会议中心整间日租", "day", 120000, "按天", "draft", 0),
)
"""kind, title, price unit, price in fen, period, state, days since it was published."""

APPLICANTS = (
    (0, "周师傅烘焙工作室", "想开一家面包店，能否隔出后厨？", "pending", 1),
    (0, "黎小姐", "做咖啡轻食，希望下周看铺。", "approved", 6),
    (1, "粤成电子商务有限公司", "约 20 人，需要独立会议室。", "pending", 2),
    (3, "刘同学", "十二月初可以入住。", "rejected", 8),
    (4, "何先生", "需要充电桩车位一个。", "pending", 0),
    (6, "阿强烧腊饭店", "已实地看过，可以马上签约。", "signed", 70),
)


def fill(session: Session) -> None:
    """Add offers, counts, applications and leases; the same each time, with dates up to today."""
    rng, today = Random(51), clock.today()  # noqa: S311 (the same each time, no secret)
    invent = Invention(today)
    park = session.scalars(select(Community).where(Community.name == PARK)).one()
    staff = session.scalar(select(User.id).where(User.username == "property"))
    visitor = session.scalars(select(Member).order_by(Member.id)).all()
    vacant: dict[str, list[Unit]] = {}
    for unit in session.scalars(select(Unit).where(Unit.community_id == park.id, Unit.status == "vacant")):
        vacant.setdefault("room" if unit.kind == "flat" else unit.kind, []).append(unit)
    listings = []
    for number, (kind, title, price_unit, fen, period, state, days) in enumerate(OFFERS):
        units = vacant.get(kind, [])
        place = units.pop(0) if units and state != "draft" else None
        at = clock.now() - timedelta(days=days)
        listing = Listing(
            community_id=park.id, kind=kind, title=title, price_fen=fen, price_unit=price_unit,
            content=richtext.from_plain(f"{title}。\n{TERMS}"), period=period,
            unit_id=place.id if place and state == "published" else None,
            area_m2=place.area_m2 if place else None, location=f"{PARK} {place.number}" if place else PARK,
            contact_name="招商部 邓先生", contact_phone="020-80000066", state=state,
            published_at=None if state == "draft" else at,
            leased_at=at + timedelta(days=23) if state == "leased" else None,
        )  # fmt: skip
        session.add(listing)
        session.flush()
        listings.append(listing)
        if state != "draft":
            picture = media.store(session, _picture(title, number), "listing", "staff", str(staff))
            media.attach(session, [picture.key], "listing", "staff", str(staff), listing)
        for day in range(min(days, 60)):
            views = rng.randrange(2, 40)
            session.add(ListingDay(listing_id=listing.id, day=today - timedelta(days=day), views=views,
                                   inquiries=views * rng.randrange(0, 12) // 100))  # fmt: skip
    for index, name, message, state, days in APPLICANTS:
        filed = clock.now() - timedelta(days=days, hours=3)
        decided = state != "pending"
        application = LeaseApplication(
            community_id=park.id, listing_id=listings[index].id, member_id=visitor[(index * 7 + 2) % len(visitor)].id,
            name=name, phone=invent.phone(), message=message, state=state, created_at=filed,
            reason="该房间已被预订，可为您留意同户型" if state == "rejected" else "",
            decided_by=staff if decided else None, decided_at=filed + timedelta(hours=5) if decided else None,
        )  # fmt: skip
        session.add(application)
        session.flush()
        if decided:
            session.add(LeaseFollowUp(application_id=application.id, staff_id=staff, note="已电话联系，约好到现场看铺",
                                      created_at=filed + timedelta(hours=2)))  # fmt: skip
    _leases(session, rng)
    session.flush()


def _leases(session: Session, rng: Random) -> None:
    """Rents of a part of those who are in; some of them end soon."""
    today = clock.today()
    running = (
        select(Occupancy, Unit)
        .join(Unit, Unit.id == Occupancy.unit_id)
        .where(Occupancy.ends_on.is_(None), Unit.kind.in_(("office", "shop", "flat")))
        .order_by(Occupancy.id)
    )
    price = {"office": 5600, "shop": 15500, "flat": 4800}
    for number, (occupancy, unit) in enumerate(session.execute(running).tuples().all()[::3]):
        until = today + timedelta(days=12 + number * 9 if number < 8 else rng.randrange(120, 900))
        session.add(Lease(
            community_id=unit.community_id, customer_id=occupancy.customer_id, unit_id=unit.id,
            occupancy_id=occupancy.id, subject=unit.number, starts_on=occupancy.starts_on, ends_on=until,
            rent_fen=int(unit.area_m2 * price[unit.kind] // 100 * 100),
        ))  # fmt: skip


def _picture(title: str, number: int) -> io.BytesIO:
    """A drawn room as JPEG: walls, floor, window, and what it is."""
    walls = ((206, 221, 232), (229, 220, 204), (212, 226, 211), (228, 212, 216))[number % 4]
    picture = Image.new("RGB", (1200, 900), walls)
    pen = ImageDraw.Draw(picture)
    pen.polygon(((0, 900), (220, 620), (980, 620), (1200, 900)), (176, 148, 118))
    pen.line(((220, 0), (220, 620), (980, 620), (980, 0)), (150, 160, 168), 4)
    for left in (330, 620):
        pen.rectangle((left, 150, left + 250, 440), (120, 170, 205), (255, 255, 255), 10)
        pen.line((left + 125, 150, left + 125, 440), (255, 255, 255), 8)
    lettering = face(46)
    write(pen, 600 - lettering.getlength(title[:16]) / 2, 730, title[:16], lettering, (70, 54, 40))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=86)
    out.seek(0)
    return out
