"""A carousel of posters made from the templates, and how it was received."""

import io
from datetime import timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media, publishing
from app.modules.ads import operations, posters
from app.modules.ads.models import HOME, Ad, AdDay, AdSlot
from app.modules.notices.models import Notice

ADS = (
    ("festive", "社区跳蚤市集", "12月13日 10:00 中心广场 摊位免费", "社区跳蚤市集报名开始啦"),
    ("business", "智谷大厦整层招租", "甲级写字楼 精装交付 拎包办公", ""),
    ("fresh", "垃圾分类 从我做起", "厨余垃圾定时投放 7:00–9:00", ""),
    ("sunrise", "商业街冬日暖饮节", "凭小程序会员码 第二杯半价", ""),
)
"""(template, title, text, the notice it opens)."""


def fill(session: Session) -> None:
    """Add approved ads with posters, and one that waits for approval."""
    operations.install(session)
    slot = session.scalars(select(AdSlot).where(AdSlot.key == HOME)).one()
    luck = Random(12)  # noqa: S311 (the same demonstration each time, no secret)
    for position, (template, title, text, notice) in enumerate(ADS, start=1):
        opens = session.scalar(select(Notice.id).where(Notice.title == notice)) if notice else None
        ad = _add(session, slot, template, title, text, position=position * 10, notice_id=opens,
                  link_kind="notice" if opens else "none")  # fmt: skip
        operations.submit(session, ad)
        publishing.publish(session, ad, "approve")
        for days in range(1, 15):
            seen = luck.randrange(120, 480)
            session.add(AdDay(ad_id=ad.id, day=clock.today() - timedelta(days=days), impressions=seen,
                              clicks=seen * luck.randrange(2, 11) // 100))  # fmt: skip
    waiting = _add(session, slot, "skyline", "人才公寓新房源上架", "青年公寓 3880 元/月起", position=90)
    operations.submit(session, waiting)
    session.flush()


def _add(session: Session, slot: AdSlot, template: str, title: str, text: str, **values: object) -> Ad:
    ad = operations.save(session, None, {"slot_id": slot.id, "title": title, "link_kind": "none", **values})
    drawn = posters.draw(template, title, text, operations.size_of(slot))
    operations.give_poster(session, ad, media.receive(io.BytesIO(drawn), operations.PURPOSE), "demo")
    return ad
