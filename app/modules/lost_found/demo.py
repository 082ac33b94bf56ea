"""Lost and found of the demonstration park: posts in every state, two that match, and claims."""

from datetime import timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.estate.demo import PARK
from app.modules.estate.models import Community
from app.modules.lost_found.models import LostFoundClaim, LostFoundItem
from app.modules.members.demo_people import Invention
from app.modules.members.models import CustomerMember

ITEMS = (
    (
        "found",
        "card",
        "身份证一张（姓李）",
        "在快递驿站取件台上拾到，已放物业前台。",
        "B座 快递驿站",
        1,
        "published",
        False,
    ),
    (
        "lost",
        "phone",
        "黑色华为手机，贴有卡通贴纸",
        "昨天中午吃饭后不见，锁屏是小猫照片。",
        "智谷里商业街",
        2,
        "published",
        True,
    ),
    (
        "found",
        "phone",
        "黑色华为手机一部",
        "餐饮档口座位上拾到，有卡通贴纸。",
        "智谷里商业街 中心广场",
        1,
        "published",
        True,
    ),
    ("lost", "key", "门禁卡和两把钥匙", "蓝色挂绳，挂绳上有公司标志。", "A座大堂", 4, "pending", True),
    ("found", "clothes", "折叠雨伞", "深蓝色，伞柄有木纹。", "A座 共享会议中心", 6, "published", False),
    ("found", "bag", "棕色双肩包", "内有笔记本和水杯。", "地下停车场 充电桩区", 9, "claimed", False),
    ("lost", "pet", "橘猫一只，脖子有红色铃铛", "很亲人，看见请联系，酬谢。", "青年公寓", 3, "pending", True),
    ("lost", "jewellery", "银色细框眼镜", "可能落在洗手间。", "A座 12 层", 14, "closed", True),
    ("lost", "other", "出售二手空调", "九成新，上门自提。", "青年公寓", 5, "rejected", True),
)
"""kind, category, title, description, place, days ago, state, whether a resident posted it."""


def fill(session: Session) -> None:
    """Add items and claims; the same each time, with dates up to today."""
    today, now = clock.today(), clock.now()
    invent = Invention(today)
    park = session.scalars(select(Community).where(Community.name == PARK)).one()
    staff = session.scalar(select(User.id).where(User.username == "property"))
    members = session.scalars(select(CustomerMember.member_id).order_by(CustomerMember.id).limit(20)).all()
    found: dict[str, LostFoundItem] = {}
    for number, (kind, category, title, description, place, days, state, posted) in enumerate(
        sorted(ITEMS, key=lambda row: -row[5])
    ):
        shown = state not in ("pending", "rejected")
        found[title] = item = LostFoundItem(
            community_id=park.id, kind=kind, category=category, title=title, description=description, place=place,
            happened_on=today - timedelta(days=days), state=state, created_at=now - timedelta(days=days, hours=-2),
            contact_way="direct" if posted and number % 2 else "property",
            contact_name=invent.person() if posted else "物业服务中心",
            contact_phone=invent.phone() if posted else "020-80000088",
            member_id=members[number % len(members)] if posted else None, staff_id=None if posted else staff,
            published_at=now - timedelta(days=days, hours=-3) if shown else None,
            expires_on=today + timedelta(days=60 - days) if shown else None,
            reason="与失物招领无关，请勿发布广告" if state == "rejected" else "",
        )  # fmt: skip
        session.add(item)
    session.flush()
    for title, name, proof, state in (
        ("身份证一张（姓李）", "李女士", "本人身份证，号码尾号 1234，可现场核对。", "pending"),
        ("棕色双肩包", "何先生", "包里有蓝色封面的笔记本，第一页写有姓名。", "approved"),
        ("折叠雨伞", "苏先生", "黑色长柄伞。", "rejected"),
    ):
        decided = state != "pending"
        session.add(LostFoundClaim(
            community_id=park.id, item_id=found[title].id, member_id=members[-1], name=name, phone=invent.phone(),
            proof=proof, state=state, decided_by=staff if decided else None, decided_at=now if decided else None,
            reason="描述与拾到的雨伞不符" if state == "rejected" else "",
        ))  # fmt: skip
    session.flush()
