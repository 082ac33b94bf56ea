"""Notices of the park, as its property would write them."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.estate.demo import TOWER_A
from app.modules.estate.models import Building
from app.modules.notices import operations
from app.modules.notices.models import Notice, NoticeCategory

NOTICES = (
    ("关于12月1日计划停电检修的通知", "停水停电", -2, True,
     "<p>尊敬的各位商户、租户：</p><p>因高压配电设备年度检修，园区将于以下时段计划停电，请提前做好准备：</p>"
     "<table><tbody><tr><th>区域</th><th>时间</th></tr><tr><td>A座 智谷大厦</td><td>12月1日 00:00–05:00</td></tr>"
     "<tr><td>B座 云帆大厦</td><td>12月2日 00:00–05:00</td></tr></tbody></table>"
     "<p>检修期间电梯停用、应急照明保持供电。如有服务器等重要设备，请自备不间断电源。</p>"
     '<p>值班电话：<a href="tel:02080000088">020-80000088</a></p>'),
    ("冬季消防安全提示", "安全提示", -6, False,
     "<p>天气干燥，请各单位下班前完成以下检查：</p><ol><li>关闭空调、打印机、饮水机等用电设备；</li>"
     "<li>不在办公区和公寓内给电动自行车电池充电；</li><li>保持疏散通道和消防门畅通。</li></ol>"),
    ("社区跳蚤市集报名开始啦", "社区活动", -9, False,
     "<p>12月13日（周日）10:00–16:00，中心广场举办社区跳蚤市集，设摊位 40 个，免收摊位费。</p>"
     "<p><strong>报名方式：</strong>到A座一楼服务台登记，报满为止。</p>"),
    ("关于收取12月物业管理费的说明", "物业通知", -12, False,
     "<p>12月物业管理费账单将于12月1日生成，可在小程序“在线缴费”中查看明细并支付。</p>"
     "<p>对账单有疑问的，请在15日前联系服务台核对。</p>"),
    ("电梯年度检验完成公示", "政策法规", -20, False,
     "<p>园区 16 台电梯已通过年度检验，检验合格标志张贴于轿厢内，报告可到工程部查阅。</p>"),
)  # fmt: skip
"""(title, category, days from now, pinned, text)."""


def fill(session: Session) -> None:
    """Add notices that are read now, one for a single building, one that appears tomorrow, and a draft."""
    now = clock.now()
    for title, category, days, pinned, body in NOTICES:
        _add(session, title, category, body, starts_at=now + timedelta(days=days), pinned=pinned, publish=True)
    tower = session.scalars(select(Building).where(Building.name == TOWER_A)).one()
    _add(
        session, "A座外墙清洗，请关好窗户", "物业通知",
        "<p>11月28日至30日 9:00–17:00 清洗A座外墙，请关好门窗，收好窗台物品。</p>",
        starts_at=now - timedelta(days=1), buildings=[tower.id], publish=True,
    )  # fmt: skip
    _add(
        session, "元旦假期值班安排", "物业通知", "<p>元旦期间服务台照常值班，报修与访客登记不受影响。</p>",
        starts_at=now + timedelta(days=1), publish=True,
    )  # fmt: skip
    _add(session, "园区班车时刻调整（征求意见稿）", "物业通知", "<p>拟将早班车提前至 7:20 发车。</p>")


def _add(session: Session, title: str, category: str, body: str, *, publish: bool = False, **values: object) -> Notice:
    category_id = session.scalar(select(NoticeCategory.id).where(NoticeCategory.name == category))
    notice = operations.save(session, None, {"title": title, "category_id": category_id, "body": body, **values})
    return operations.publish(session, notice) if publish else notice
