"""Lost and found items, and the claims for them."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, mask_name, mask_phone, personal
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community
from app.modules.members.models import Member

LOST, FOUND = "lost", "found"
KINDS = {LOST: "寻物", FOUND: "招领"}
CATEGORIES = {
    "card": "证件卡类",
    "key": "钥匙门禁",
    "phone": "手机数码",
    "bag": "箱包钱包",
    "clothes": "衣物雨伞",
    "jewellery": "首饰眼镜",
    "pet": "宠物",
    "parcel": "快递物品",
    "other": "其他",
}
PROPERTY, DIRECT = "property", "direct"
CONTACT_WAYS = {PROPERTY: "由物业转达", DIRECT: "公开联系电话"}
PENDING, PUBLISHED, REJECTED, CLAIMED, CLOSED = "pending", "published", "rejected", "claimed", "closed"


class LostFoundItem(Record):
    """失物招领: a thing that somebody misses, or found. Shown once an administrator has approved it (F1)."""

    __tablename__ = "lost_found_item"
    __label__ = "失物招领"

    flow = Workflow(
        {PENDING: "待审核", PUBLISHED: "已发布", REJECTED: "未通过", CLAIMED: "已认领", CLOSED: "已关闭"},
        approve=Move(
            (PENDING,), PUBLISHED, "通过", right="approve", confirm="通过后小程序用户立即可见，发布人会收到通知。"
        ),
        reject=Move(
            (PENDING,), REJECTED, "不通过", right="approve", confirm="发布人会收到未通过的通知和下面填写的原因。"
        ),
        claim=Move((PUBLISHED,), CLAIMED, "确认认领", right="approve"),
        close=Move((PENDING, PUBLISHED), CLOSED, "关闭", confirm="关闭后小程序不再显示，待核实的认领全部转为未通过。"),
        expire=Move((PUBLISHED,), CLOSED, "到期关闭"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    kind: Mapped[str] = choice_column(KINDS, "类型", FOUND)
    category: Mapped[str] = choice_column(CATEGORIES, "物品类别", "other")
    title: Mapped[str] = mapped_column(String(60), info=label("物品名称"))
    description: Mapped[str] = mapped_column(Text, default="", info=label("物品描述"))
    place: Mapped[str] = mapped_column(String(100), default="", info=label("地点"))
    happened_on: Mapped[date] = mapped_column(Date, index=True, info=label("丢失/拾到日期"))
    contact_way: Mapped[str] = choice_column(CONTACT_WAYS, "联系方式", PROPERTY)
    contact_name: Mapped[str] = mapped_column(
        String(32), default="", info=personal("联系人", "失物认领联系", mask=mask_name, open=True)
    )
    contact_phone: Mapped[str | None] = mapped_column(
        Sealed, info=personal("联系电话", "失物认领联系", mask=mask_phone)
    )
    member_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), index=True, info=label("发布用户")
    )
    staff_id: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("登记人"))
    state: Mapped[str] = state_column(PENDING)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("未通过原因"))
    published_at: Mapped[datetime | None] = mapped_column(Moment, info=label("发布时间"))
    expires_on: Mapped[date | None] = mapped_column(Date, index=True, info=label("到期日期"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.title


class LostFoundClaim(Record):
    """认领申请: somebody says that a found thing is theirs, or that they have a lost one."""

    __tablename__ = "lost_found_claim"
    __label__ = "认领申请"
    __table_args__ = (
        Index(
            "uq_lost_found_claim_pending", "item_id", "member_id", unique=True,
            sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'"),
        ),
    )  # fmt: skip

    flow = Workflow(
        {PENDING: "待核实", "approved": "已确认", REJECTED: "未通过"},
        approve=Move((PENDING,), "approved", "确认认领", right="approve",
                     confirm="请先核对证明并当面交接。确认后物品标记为已认领，其他认领申请自动不通过。"),
        reject=Move((PENDING,), REJECTED, "不通过", right="approve",
                    confirm="认领人会收到未通过的通知和下面填写的原因。"),
    )  # fmt: skip

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    item_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("lost_found_item.id", ondelete="CASCADE"), index=True, info=label("物品")
    )
    member_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("小程序用户")
    )
    name: Mapped[str] = mapped_column(String(32), info=personal("认领人", "核实认领", mask=mask_name, open=True))
    phone: Mapped[str] = mapped_column(Sealed, info=personal("手机号", "核实认领", mask=mask_phone))
    proof: Mapped[str] = mapped_column(String(500), info=personal("证明说明", "核实认领", open=True))
    state: Mapped[str] = state_column(PENDING)
    reason: Mapped[str] = mapped_column(String(200), default="", info=label("未通过原因"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("核实人"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("核实时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    item: Mapped[LostFoundItem] = relationship(lazy="raise_on_sql")
    member: Mapped[Member] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.name}的认领申请"
