"""Ad slots, the ads in them, and how often each was shown and tapped."""

from datetime import date

from sqlalchemy import Boolean, Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Record, choice_column, label
from app.core.publishing import DRAFT, PUBLISHED, UNPUBLISHED, Publishable
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community
from app.modules.notices.models import Notice

HOME = "home"
LAYOUTS = {"carousel": "通栏轮播", "card": "卡片轮播", "grid": "一行两个", "list": "上下排列"}
RATIOS = {"2:1": "2 : 1", "16:9": "16 : 9", "3:1": "3 : 1", "1:1": "1 : 1"}
LINKS = {"none": "不跳转", "notice": "公告", "listing": "招租信息", "url": "网页"}
PENDING, REJECTED = "pending", "rejected"


class AdSlot(Record):
    """广告位: a place in the mini-program with its form."""

    __tablename__ = "ad_slot"
    __label__ = "广告位"

    key: Mapped[str] = mapped_column(String(24), unique=True, info=label("标识"))
    title: Mapped[str] = mapped_column(String(32), info=label("广告位"))
    layout: Mapped[str] = choice_column(LAYOUTS, "布局", "carousel")
    slides: Mapped[int] = mapped_column(Integer, default=5, info=label("最多展示数量", minimum=1, maximum=20))
    interval_seconds: Mapped[int] = mapped_column(
        Integer, default=4, info=label("轮播间隔（秒）", minimum=1, maximum=60)
    )
    ratio: Mapped[str] = choice_column(
        RATIOS, "图片宽高比", "2:1", help="改变后，已有的海报从中间按新比例裁切；用模板制作的请重新制作"
    )
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("排序", help="小的在前"))
    enabled: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))

    def __str__(self) -> str:
        return self.title


class Ad(Publishable, Record):
    """广告: a poster with a link, shown for a time after somebody approved it."""

    __tablename__ = "ad"
    __label__ = "广告"

    flow = Workflow(
        {DRAFT: "草稿", PENDING: "待审批", PUBLISHED: "已发布", REJECTED: "已驳回", UNPUBLISHED: "已下架"},
        submit=Move(
            (DRAFT, REJECTED, UNPUBLISHED),
            PENDING,
            "提交审批",
            confirm="提交后由有审批权限的人批准，批准之前不会展示。",
        ),
        approve=Move((PENDING,), PUBLISHED, "批准发布", right="approve", confirm="批准后小程序用户在展示时间内可见。"),
        reject=Move((PENDING,), REJECTED, "驳回", right="approve", confirm="驳回后不会展示，修改后可以再次提交。"),
        unpublish=Move((PUBLISHED,), UNPUBLISHED, "下架", confirm="下架后小程序中立即不再显示。"),
    )

    slot_id: Mapped[int] = mapped_column(BigId, ForeignKey("ad_slot.id"), index=True, info=label("广告位"))
    community_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("community.id"), index=True, info=label("园区", help="留空表示所有园区")
    )
    title: Mapped[str] = mapped_column(String(40), index=True, info=label("标题"))
    link_kind: Mapped[str] = choice_column(LINKS, "点击后打开", "none")
    notice_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("notice.id", ondelete="SET NULL"), index=True, info=label("公告", help="打开公告时选择")
    )
    link_text: Mapped[str] = mapped_column(
        String(300), default="", info=label("链接", help="打开招租信息时填写其编号；打开网页时填写 https:// 地址")
    )
    position: Mapped[int] = mapped_column(Integer, default=0, index=True, info=label("排序", help="小的在前"))
    poster_key: Mapped[str | None] = mapped_column(String(32), info=label("海报文件"))
    poster_source: Mapped[str] = mapped_column(String(64), default="")
    """From which picture, and to which size, the poster was cut."""
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("驳回原因"))

    slot: Mapped[AdSlot] = relationship(lazy="raise_on_sql")
    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")
    notice: Mapped[Notice | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.title


class AdDay(Record):
    """How often an ad was shown and tapped on one day (Asia/Shanghai)."""

    __tablename__ = "ad_day"
    __label__ = "广告统计"
    __audited__ = False
    __table_args__ = (UniqueConstraint("ad_id", "day"),)

    ad_id: Mapped[int] = mapped_column(BigId, ForeignKey("ad.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date, index=True)
    impressions: Mapped[int] = mapped_column(Integer, default=0)
    clicks: Mapped[int] = mapped_column(Integer, default=0)
