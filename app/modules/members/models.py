"""Members (WeChat identities), customers, occupancies, technicians and certifications."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Integer, String, Text, UniqueConstraint, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label, state_column
from app.core.privacy import Sealed, blind_index, mask_id, mask_name, mask_phone, personal, tail
from app.core.workflow import Move, Workflow
from app.modules.estate.models import Community, Unit

VISITOR, MERCHANT, TENANT, TECHNICIAN = "visitor", "merchant", "tenant", "technician"
CUSTOMER_KINDS = {MERCHANT: "商家", TENANT: "租客"}
TRADES = {
    "general": "综合维修",
    "plumbing": "给排水",
    "electrical": "强电",
    "low_voltage": "弱电网络",
    "hvac": "空调暖通",
    "lift": "电梯",
    "masonry": "泥瓦门窗",
}


OFFICIAL = "official-"


class Member(Record):
    """小程序用户: one WeChat identity. The role is derived from what it is linked to, never typed in."""

    __tablename__ = "member"
    __label__ = "小程序用户"

    openid: Mapped[str] = mapped_column(
        String(64), unique=True, info=personal("微信标识", "登录识别", mask=lambda text: text[:4] + "****")
    )
    """Of the mini-program; ``OFFICIAL`` and that of the official account for who was never in the mini-program."""
    official_openid: Mapped[str | None] = mapped_column(
        String(64),
        unique=True,
        index=True,
        info=personal("公众号标识", "公众号登录识别", mask=lambda text: text[:4] + "****"),
    )
    unionid: Mapped[str | None] = mapped_column(String(64), index=True, info=personal("微信开放平台标识", "登录识别"))
    phone: Mapped[str | None] = mapped_column(Sealed, info=personal("手机号", "联系与身份匹配", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone")
    phone_tail: Mapped[str | None] = tail("phone")
    nickname: Mapped[str] = mapped_column(
        String(64), default="", info=personal("昵称", "称呼", mask=mask_name, open=True)
    )
    contact_name: Mapped[str | None] = mapped_column(
        String(64), info=personal("联系人姓名", "上门服务与来访联系", mask=mask_name, open=True)
    )
    big_type: Mapped[bool] = mapped_column(Boolean, default=False, info=label("大字模式"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, info=label("启用"))
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment, info=label("最近登录"))
    erased_at: Mapped[datetime | None] = mapped_column(Moment, info=label("注销时间"))

    def __str__(self) -> str:
        return self.nickname or f"用户{self.id}"


class MemberToken(Record):
    """A signed-in phone. Only the hash of the token is kept; a row that is gone is a dead token."""

    __tablename__ = "member_token"
    __label__ = "登录凭证"
    __audited__ = False

    member_id: Mapped[int] = mapped_column(BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    official: Mapped[bool] = mapped_column(Boolean, default=False)
    """Signed in through the official account: WeChat knows the payer by another number there."""


class Consent(Record):
    """A member's agreement to one version of a text (privacy policy, certification material …)."""

    __tablename__ = "consent"
    __label__ = "同意记录"

    member_id: Mapped[int] = mapped_column(BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32), info=label("内容"))
    version: Mapped[str] = mapped_column(String(32), info=label("版本"))


class Customer(Record):
    """客户: a merchant or tenant; whom fees are owed by and services are for."""

    __tablename__ = "customer"
    __label__ = "商家/租客"

    kind: Mapped[str] = choice_column(CUSTOMER_KINDS, "客户类型")
    name: Mapped[str] = mapped_column(
        String(128), index=True, info=personal("客户名称", "合同与账单主体", mask=mask_name, open=True)
    )
    contact_name: Mapped[str] = mapped_column(
        String(64), default="", info=personal("联系人", "联系", mask=mask_name, open=True)
    )
    phone: Mapped[str | None] = mapped_column(Sealed, info=personal("手机号", "联系与身份匹配", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone")
    phone_tail: Mapped[str | None] = tail("phone")
    id_number: Mapped[str | None] = mapped_column(
        Sealed, info=personal("身份证号", "核实身份", sensitive=True, mask=mask_id)
    )
    id_number_index: Mapped[str | None] = blind_index("id_number", unique=True)
    credit_code: Mapped[str | None] = mapped_column(
        Sealed, info=personal("统一社会信用代码", "核实主体", sensitive=True, mask=mask_id)
    )
    credit_code_index: Mapped[str | None] = blind_index("credit_code", unique=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("在册"))
    note: Mapped[str] = mapped_column(Text, default="", info=label("备注"))

    @classmethod
    def in_communities(cls, ids: Iterable[int]) -> Any:
        """Customers that hold or held a unit there, and those that hold none yet: nobody else would see them."""
        held = select(Occupancy.customer_id).where(Occupancy.community_id.in_(list(ids)))
        return or_(cls.id.in_(held), ~exists().where(Occupancy.customer_id == cls.id))

    def __str__(self) -> str:
        return self.name


class CustomerMember(Record):
    """Which members act for which customers: a firm has several people, a person may act for several."""

    __tablename__ = "customer_member"
    __label__ = "客户成员"
    __table_args__ = (UniqueConstraint("customer_id", "member_id"),)

    customer_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("customer.id", ondelete="CASCADE"), index=True, info=label("客户")
    )
    member_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("小程序用户")
    )

    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    member: Mapped[Member] = relationship(lazy="raise_on_sql")


class Occupancy(Record):
    """入住关系: a customer holds a unit from a day on, and until a day (open while it lasts)."""

    __tablename__ = "occupancy"
    __label__ = "入住关系"
    __table_args__ = (UniqueConstraint("unit_id", "customer_id", "starts_on"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), index=True, info=label("房号"))
    customer_id: Mapped[int] = mapped_column(BigId, ForeignKey("customer.id"), index=True, info=label("客户"))
    starts_on: Mapped[date] = mapped_column(Date, info=label("开始日期"))
    ends_on: Mapped[date | None] = mapped_column(Date, info=label("结束日期"))

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer] = relationship(lazy="raise_on_sql")
    community: Mapped[Community] = relationship(lazy="raise_on_sql")


class Technician(Record):
    """维修师傅: made by administrators; a member with the same phone number becomes one at login."""

    __tablename__ = "technician"
    __label__ = "维修师傅"

    name: Mapped[str] = mapped_column(
        String(64), index=True, info=personal("姓名", "派单与联系", mask=mask_name, open=True)
    )
    phone: Mapped[str] = mapped_column(Sealed, info=personal("手机号", "登录匹配与联系", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone", unique=True)
    phone_tail: Mapped[str | None] = tail("phone")
    trades: Mapped[list[str]] = mapped_column(JSON, default=list, info=label("工种", choices=TRADES, several=True))
    on_duty: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("在岗"))
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))
    community_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("community.id"), index=True, info=label("所属园区")
    )
    member_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="SET NULL"), unique=True, info=label("小程序用户")
    )

    community: Mapped[Community | None] = relationship(lazy="raise_on_sql")
    member: Mapped[Member | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


PENDING, APPROVED, REJECTED, WITHDRAWN = "pending", "approved", "rejected", "withdrawn"


class Certification(Record):
    """认证申请: a visitor's application to be recognised as merchant or tenant. A rejected one is never reopened."""

    __tablename__ = "certification"
    __label__ = "认证申请"

    flow = Workflow(
        {"draft": "草稿", PENDING: "待审核", APPROVED: "已通过", REJECTED: "已驳回", WITHDRAWN: "已撤回"},
        approve=Move(
            (PENDING,), APPROVED, "通过", right="approve", confirm="通过后申请人立即获得所申请的身份，并会收到通知。"
        ),
        reject=Move(
            (PENDING,),
            REJECTED,
            "驳回",
            right="approve",
            confirm="申请到此结束，申请人会收到通知和下面填写的原因，可以重新申请。",
        ),
        withdraw=Move((PENDING,), WITHDRAWN, "撤回"),
    )

    member_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("member.id", ondelete="CASCADE"), index=True, info=label("申请人")
    )
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    kind: Mapped[str] = choice_column(CUSTOMER_KINDS, "申请身份")
    name: Mapped[str] = mapped_column(
        String(128), info=personal("姓名/企业名称", "核实身份", mask=mask_name, open=True)
    )
    phone: Mapped[str] = mapped_column(Sealed, info=personal("手机号", "联系与身份匹配", mask=mask_phone))
    phone_index: Mapped[str | None] = blind_index("phone")
    phone_tail: Mapped[str | None] = tail("phone")
    id_number: Mapped[str | None] = mapped_column(
        Sealed, info=personal("身份证号", "核实身份", sensitive=True, mask=mask_id)
    )
    id_number_index: Mapped[str | None] = blind_index("id_number")
    credit_code: Mapped[str | None] = mapped_column(
        Sealed, info=personal("统一社会信用代码", "核实主体", sensitive=True, mask=mask_id)
    )
    credit_code_index: Mapped[str | None] = blind_index("credit_code")
    state: Mapped[str] = state_column(PENDING, "审核状态")
    reason: Mapped[str] = mapped_column(String(500), default="", info=label("驳回原因"))
    decided_by: Mapped[int | None] = mapped_column(Integer, ForeignKey("ab_user.id"), info=label("审核人"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment, info=label("审核时间"))
    customer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("customer.id"), info=label("关联客户"))

    member: Mapped[Member] = relationship(lazy="raise_on_sql")
    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    customer: Mapped[Customer | None] = relationship(lazy="raise_on_sql")
    units: Mapped[list["CertificationUnit"]] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")


class CertificationUnit(Record):
    """A unit that an application names."""

    __tablename__ = "certification_unit"
    __label__ = "认证房号"
    __table_args__ = (UniqueConstraint("certification_id", "unit_id"),)

    certification_id: Mapped[int] = mapped_column(BigId, ForeignKey("certification.id", ondelete="CASCADE"), index=True)
    unit_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit.id"), info=label("房号"))

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
