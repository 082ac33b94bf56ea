"""Bus lines, hospitals and numbers around the park."""

from sqlalchemy.orm import Session

from app.core import publishing
from app.modules.convenience import operations
from app.modules.convenience.models import ConvenienceCategory

ENTRIES = (
    ("公交出行", "bus", (
        ("B12 路：智谷大道—香雪地铁站", "", "智谷大道公交站", "6:10–22:30",
         "<p>智谷大道 → 科丰路口 → 光谱中路 → 黄埔党校 → 香雪地铁站</p><p>高峰每 6 分钟一班，平峰每 12 分钟一班。</p>"),
        ("573 路：智谷大道—天河客运站", "", "智谷大道公交站", "6:30–21:30",
         "<p>智谷大道 → 科学城 → 岑村 → 天河客运站</p><p>全程约 55 分钟，票价 2 元。</p>"),
        ("园区接驳车", "020-80000088", "A座大堂门口", "工作日 7:30–9:30、17:30–19:30",
         "<p>往返香雪地铁站，每 15 分钟一班，凭小程序免费乘坐。</p>"),
    )),
    ("医疗健康", "plus", (
        ("医疗急救", "120", "", "24 小时", ""),
        ("智谷社区卫生服务中心", "020-80001200", "智谷大道 126 号", "周一至周日 8:00–17:30",
         "<p>设全科、儿科、预防接种门诊，可使用医保。</p>"),
        ("科学城医院（急诊）", "020-80006120、120", "光谱中路 2 号", "急诊 24 小时", ""),
    )),
    ("常用电话", "phone", (
        ("物业服务中心", "020-80000088", "A座一楼服务台", "24 小时值班", ""),
        ("报警", "110", "", "24 小时", ""),
        ("火警", "119", "", "24 小时", ""),
        ("供电抢修", "95598", "", "24 小时", ""),
        ("供水热线", "96968", "", "24 小时", ""),
        ("燃气抢修", "96833", "", "24 小时", ""),
    )),
    ("办事与生活", "file", (
        ("园区政务服务驿站", "12345", "B座一楼", "工作日 9:00–17:00",
         "<p>可办理居住证、社保查询、营业执照打印。</p>"),
        ("快递驿站", "020-80000099", "B座负一楼", "8:30–21:00", "<p>代收代寄，超过三天请凭取件码到柜台领取。</p>"),
    )),
)  # fmt: skip
"""(category, icon, ((title, numbers, place, hours, text), …))."""


def fill(session: Session) -> None:
    """Add the categories and what is in them, published."""
    for place, (title, icon, entries) in enumerate(ENTRIES, start=1):
        category = ConvenienceCategory(title=title, icon=icon, position=place * 10)
        session.add(category)
        session.flush()
        for position, (name, hotlines, where, hours, body) in enumerate(entries, start=1):
            info = operations.save(
                session,
                None,
                {"category_id": category.id, "title": name, "hotlines": hotlines, "place": where, "hours": hours,
                 "body": body, "position": position * 10},
            )  # fmt: skip
            publishing.publish(session, info)
