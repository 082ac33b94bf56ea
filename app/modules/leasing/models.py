"""Offers (listings), how often they were seen, applications for them, and the leases that follow."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Fen, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, blind_index, mask_name, mask_phone, personal, tail
from app.core.richtext import RichText
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community, Unit
from app.modules.members.models import Customer, Member

LISTING_KINDS = {"shop": "商铺", "office": "写字间", "room": "公寓/房间", "parking": "车位", "ad_space": "广告位"}
PRICE_UNITS = {
    "month": "元/月",
    "m2_month": "元/m²·月",
    "m2_day": "元/m²·天",
    "day": "元/天",
    "year": "元/年",
    "talk": "面议",
}
DRAFT, PUBLISHED, LEASED, UNPUBLISHED = "draft", "published", "leased", "unpublished"
PENDING, APPROVED, REJECTED, WITHDRAWN, SIGNED = "pending", "approved", "rejected", "withdrawn", "signed"


class Listing(Record):
    """场地信息: an offer of a place to let (L1)."""

    __tablename__ = "listing"
    __label__ = "场地信息"

    flow = Workflow(
        {DRAFT: "草稿", PUBLISHED: "已发布", LEASED: "已租出", UNPUBLISHED: "已下架"},
        publish=Move(
            (DRAFT, UNPUBLISHED, LEASED), PUBLISHED, "发布", confirm="发布后小程序用户立即可见，并可提交租赁申请。"
        ),
        unpublish=Move(
            (PUBLISHED,),
            UNPUBLISHED,
            "下架",
            undo="publish",
            confirm="下架后小程序不再显示，分享出去的链接也会失效。",
        ),
        lease=Move((PUBLISHED, UNPUBLISHED), LEASED, "标记已租", confirm="不再出现在招租列表中，也不再接受租赁申请。"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    kind: Mapped[str] = choice_column(LISTING_KINDS, "类型", "shop")
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("对应房号"))
    title: Mapped[str] = mapped_column(String(80), info=label("标题"))
    content: Mapped[str] = mapped_column(RichText, default="", info=label("详细介绍", rich=True))
    price_fen: Mapped[Fen] = mapped_column(default=0, info=label("价格", minimum=0))
    price_unit: Mapped[str] = choice_column(PRICE_UNITS, "计价方式", "month")
    area_m2: Mapped[Decimal | None] = mapped_column(Numeric(12, 2), info=label("面积（m²）", minimum=0))
    period: Mapped[str] = mapped_column(String(64), default="", info=label("租期"))
    available_on: Mapped[date | None] = mapped_column(Date, info=label("可入场日期"))
    location: Mapped[str] = mapped_column(String(120), default="", info=label("位置"))
    contact_name: Mapped[str] = mapped_column(String(32), default="", info=label("招商联系人"))
    contact_phone: Mapped[str] = mapped_column(String(32), default="", info=label("招商电话"))
    state: Mapped[str] = state_column(DRAFT)
    published_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("发布时间"))
    leased_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("租出时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.title


class ListingDay(Record):
    """How often an offer was opened and asked about on one day; counted apart, so that no edit meets a count."""

    __tablename__ = "listing_day"
    __label__ = "场地信息浏览统计"
    __audited__ = False
    __table_args__ = (UniqueConstraint("listing_id", "day"),)

    listing_id: Mapped[int] = mapped_column(BigId, ForeignKey("listing.id", ondelete="CASCADE"), info=label("场地信息"))
    day: Mapped[date] = mapped_column(Date, index=True, info=label("日期"))
    views: Mapped[int] = mapped_column(Integer, default=0, info=label("浏览次数"))
    inquiries: Mapped[int] = mapped_column(Integer, default=0, info=label("咨询次数"))


class LeaseApplication(Record):
    """租赁申请: somebody wants what an offer offers (L3)."""

    __tablename__ = "lease_application"
    __label__ = "租赁申请"
    __table_args__ = (
        Index(
            "uq_lease_application_pending", "listing_id", "member_id", unique=True,
            sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'"),
        ),
    )  # fmt: skip

    flow = Workflow(
        {PENDING: "待审批", APPROVED: "已通过", REJECTED: "未通过", WITHDRAWN: "已撤回", SIGNED: "已签约"},
        approve=Move(
            (PENDING,),
            APPROVED,
            "通过",
            right="approve",
            confirm="通过后申请人会收到通知，招商人员可与其签约；场地仍在展示。",
        ),
        reject=Move(
            (PENDING,), REJECTED, "不通过", right="approve", confirm="申请人会收到未通过的通知和下面填写的原因。"
        ),
        fall_through=Move(
            (APPROVED,), REJECTED, "未成交", right="approve", confirm="申请到此结束，申请人会收到通知和下面填写的原因。"
        ),
        sign=Move((APPROVED,), SIGNED, "签约入驻", right="approve"),
        withdraw=Move((PENDING,), WITHDRAWN, "撤回"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    listing_id: Mapped[int] = mapped_column(BigId, ForeignKey("listing.id"), index=True, info=label("场地信息"))
    member_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("小程序用户")
    )
    name: Mapped[str] = mapped_column(
        String(64), index=True, info=personal("申请人", "招商联系", mask=mask_name, open=True)
    )
    phone: Mapped[str] = mapped_column(Sealed, info=personal("手机号", "招商联系", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone")
    phone_tail: Mapped[str | None] = tail("phone")
    message: Mapped[str] = mapped_column(String(500), default="", info=personal("留言", "招商联系", open=True))
    state: Mapped[str] = state_column(PENDING)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("未通过原因"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("审批人"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("审批时间"))
    customer_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("customer.id"), index=True, info=label("签约客户")
    )

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    listing: Mapped[Listing] = relationship(lazy="raise_on_sql")
    member: Mapped[Member] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.name}的租赁申请"


class LeaseFollowUp(Record):
    """跟进记录: what staff noted about an application; never changed."""

    __tablename__ = "lease_follow_up"
    __label__ = "跟进记录"
    __append_only__ = True

    application_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("lease_application.id"), index=True, info=label("租赁申请")
    )
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("跟进人"))
    note: Mapped[str] = mapped_column(String(500), info=label("跟进内容"))


class Lease(Record):
    """租约: who lets what from when to when for how much a month; the occupancy in ``members`` follows from it."""

    __tablename__ = "lease"
    __label__ = "租约"

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("客户"))
    unit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    occupancy_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("occupancy.id", ondelete="SET NULL"), unique=True, info=label("入住关系")
    )
    application_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("lease_application.id"), unique=True, info=label("租赁申请")
    )
    subject: Mapped[str] = mapped_column(String(80), default="", info=label("租赁标的"))
    starts_on: Mapped[date] = mapped_column(Date, info=label("起租日"))
    ends_on: Mapped[date] = mapped_column(Date, index=True, info=label("到期日"))
    rent_fen: Mapped[Fen] = mapped_column(info=label("月租金", minimum=0))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    unit: Mapped[Unit | None] = relationship(lazy="raise_on_sql")
    application: Mapped[LeaseApplication | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.subject}的租约"
