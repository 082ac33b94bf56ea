"""Mobile endpoints: identity, one's own data, certification (G1, G2, G10)."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock, media, settings
from app.core.api import (
    ANY,
    Caller,
    Endpoints,
    Id,
    MediaKeys,
    Page,
    PageQuery,
    PhoneText,
    Schema,
    ShortText,
    as_id,
    paginate,
)
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.privacy import mask_id, mask_phone
from app.integrations.wechat import Session as Identity
from app.integrations.wechat import WeChat
from app.modules.estate.models import Unit
from app.modules.members import certification, operations, own_data, queries
from app.modules.members.models import (
    Certification,
    CertificationUnit,
    Customer,
    Member,
    Occupancy,
)

api = Endpoints("members", "身份与认证")

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
CONSENT_VERSIONS = {
    "privacy": "members.privacy_version",
    certification.MATERIAL_CONSENT: "members.material_consent_version",
}


class CodeIn(Schema):
    """微信返回的一次性 code"""

    code: Code


class CustomerOut(Schema):
    """所代表的商家或租客"""

    id: str
    kind: str
    name: str


class MemberOut(Schema):
    """小程序用户"""

    id: str
    role: Literal["visitor", "merchant", "tenant", "technician"]
    nickname: str
    contact_name: str
    phone: str | None
    big_type: bool
    certification: Literal["none", "pending", "approved", "rejected"]
    customers: list[CustomerOut]


class SignInOut(Schema):
    """登录结果"""

    token: str
    expires_at: datetime
    member: MemberOut


class ProfileIn(Schema):
    """可自行修改的资料"""

    nickname: Annotated[str, msgspec.Meta(max_length=64)] | msgspec.UnsetType = msgspec.UNSET
    contact_name: Annotated[str, msgspec.Meta(max_length=64)] | msgspec.UnsetType = msgspec.UNSET
    big_type: bool | msgspec.UnsetType = msgspec.UNSET


class UnitOut(Schema):
    """我的房号"""

    id: str
    community: str
    building: str
    number: str
    kind: str
    area_m2: str
    customer: CustomerOut
    starts_on: str
    ends_on: str | None


class ConsentIn(Schema):
    """同意某一版本的说明"""

    kind: Literal["privacy", "certification_material"]
    version: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class CertificationIn(Schema):
    """认证申请"""

    kind: Literal["merchant", "tenant"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"\S")]
    phone: PhoneText
    unit_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=20)]
    media_ids: MediaKeys
    id_number: ShortText | None = None
    credit_code: ShortText | None = None


class CertificationUnitOut(Schema):
    """申请的房号"""

    id: str
    number: str


class CertificationOut(Schema):
    """认证申请及其结果"""

    id: str
    kind: str
    name: str
    phone: str
    id_number: str | None
    credit_code: str | None
    state: str
    state_text: str
    reason: str
    units: list[CertificationUnitOut]
    media_ids: list[str]
    created_at: datetime
    decided_at: datetime | None


def wechat() -> WeChat:
    """The client of this process."""
    found: WeChat = current_app.extensions["wechat"]()
    return found


def me(session: Session, caller: Caller) -> Member:
    """The caller's own record."""
    return session.get_one(Member, caller.member_id)


def member_out(session: Session, member: Member) -> MemberOut:
    """A member as its own phone sees it: the phone number masked."""
    role: Any = queries.role_of(session, member.id)
    state: Any = queries.certification_state(session, member.id, role)
    return MemberOut(
        id=str(member.id),
        role=role,
        nickname=member.nickname,
        contact_name=member.contact_name or "",
        phone=mask_phone(member.phone) if member.phone else None,
        big_type=member.big_type,
        certification=state,
        customers=[_customer_out(customer) for customer in queries.customers_of(session, member.id)],
    )


def _customer_out(customer: Customer) -> CustomerOut:
    return CustomerOut(id=str(customer.id), kind=customer.kind, name=customer.name)


def ask_who(body: CodeIn) -> Identity:
    """Whom WeChat knows under the code."""
    return wechat().login(body.code)


@api.post("/auth/wechat", roles=None, body=CodeIn, returns=SignInOut, limit="60/minute", prepare=ask_who)
def sign_in(prepared: Identity) -> SignInOut:
    """微信登录"""
    session = db.session()
    member, token, kept = operations.sign_in(session, prepared.openid, prepared.unionid)
    return SignInOut(token=token, expires_at=clock.local(kept.expires_at), member=member_out(session, member))


def ask_phone(body: CodeIn) -> str:
    """The phone number that WeChat vouches for."""
    return wechat().phone_number(body.code)


@api.post("/auth/phone", roles=ANY, body=CodeIn, returns=MemberOut, limit="20/hour", prepare=ask_phone)
def bind_phone(caller: Caller, prepared: str) -> MemberOut:
    """绑定微信手机号（自动关联已登记的维修师傅和客户）"""
    session = db.session()
    member = me(session, caller)
    operations.bind_phone(session, member, prepared)
    return member_out(session, member)


@api.post("/auth/logout", roles=ANY)
def sign_out(caller: Caller) -> None:
    """退出登录"""
    operations.sign_out(db.session(), caller.token_digest)


@api.get("/me", roles=ANY, returns=MemberOut)
def show_me(caller: Caller) -> MemberOut:
    """我的资料"""
    return member_out(db.session(), me(db.session(), caller))


@api.patch("/me", roles=ANY, body=ProfileIn, returns=MemberOut)
def change_me(caller: Caller, body: ProfileIn) -> MemberOut:
    """修改我的资料"""
    session = db.session()
    values = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    member = me(session, caller)
    operations.change_profile(session, member, values)
    return member_out(session, member)


@api.delete("/me", roles=ANY)
def erase_me(caller: Caller) -> None:
    """注销账号：删除个人信息，历史账目匿名保留"""
    own_data.erase(db.session(), me(db.session(), caller))


@api.get("/me/units", roles=ANY, returns=list[UnitOut])
def my_units(caller: Caller) -> list[UnitOut]:
    """我的房号"""
    rows = db.session.scalars(
        queries.current_occupancies(caller.member_id)
        .options(
            selectinload(Occupancy.unit).selectinload(Unit.building),
            selectinload(Occupancy.community),
            selectinload(Occupancy.customer),
        )
        .limit(200)
    )
    return [
        UnitOut(
            id=str(row.unit_id),
            community=row.community.name,
            building=row.unit.building.name,
            number=row.unit.number,
            kind=row.unit.kind,
            area_m2=str(row.unit.area_m2),
            customer=_customer_out(row.customer),
            starts_on=row.starts_on.isoformat(),
            ends_on=row.ends_on.isoformat() if row.ends_on else None,
        )
        for row in rows
    ]


class ConsentOut(Schema):
    """已同意的说明"""

    kind: str
    version: str


@api.post("/me/consents", roles=ANY, body=ConsentIn, returns=ConsentOut, status=201)
def consent(caller: Caller, body: ConsentIn) -> ConsentOut:
    """同意隐私政策或认证材料使用说明的当前版本"""
    if body.version != settings.get(CONSENT_VERSIONS[body.kind]):
        raise Invalid.field("version", _("该说明已更新，请重新阅读后同意"))
    operations.give_consent(db.session(), caller.member_id, body.kind, body.version)
    return ConsentOut(kind=body.kind, version=body.version)


class ExportOut(Schema):
    """个人信息副本（个人信息保护法第四十五条）"""

    member: dict[str, Any]
    customers: list[dict[str, Any]]
    units: list[dict[str, Any]]
    technicians: list[dict[str, Any]]
    certifications: list[dict[str, Any]]
    media: list[str]
    consents: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    records: dict[str, list[dict[str, Any]]]
    exported_at: datetime


@api.get("/me/export", roles=ANY, returns=ExportOut, limit="10/day")
def export_me(caller: Caller) -> ExportOut:
    """导出我的个人信息"""
    session = db.session()
    return ExportOut(**own_data.copy(session, me(session, caller)), exported_at=clock.local(clock.now()))


def my_certification(session: Session, caller: Caller, certification_id: str) -> Certification:
    """The caller's own application. Raises NotFound for anybody else's."""
    found = session.scalar(
        select(Certification).where(
            Certification.id == as_id(certification_id), Certification.member_id == caller.member_id
        )
    )
    if found is None:
        raise NotFound
    return found


def certifications_out(session: Session, applications: list[Certification]) -> list[CertificationOut]:
    """Applications as their owner sees them; three queries however many."""
    ids = [application.id for application in applications]
    units: dict[int, list[CertificationUnitOut]] = {}
    for link, number in session.execute(
        select(CertificationUnit, Unit.number)
        .join(Unit, Unit.id == CertificationUnit.unit_id)
        .where(CertificationUnit.certification_id.in_(ids))
    ):
        units.setdefault(link.certification_id, []).append(CertificationUnitOut(id=str(link.unit_id), number=number))
    pictures: dict[str, list[str]] = {}
    for file in session.scalars(
        select(media.MediaFile)
        .where(media.MediaFile.record == "certification", media.MediaFile.record_id.in_([str(i) for i in ids]))
        .order_by(media.MediaFile.position)
    ):
        pictures.setdefault(str(file.record_id), []).append(file.key)
    return [
        CertificationOut(
            id=str(one.id),
            kind=one.kind,
            name=one.name,
            phone=mask_phone(one.phone),
            id_number=mask_id(one.id_number) if one.id_number else None,
            credit_code=mask_id(one.credit_code) if one.credit_code else None,
            state=one.state,
            state_text=Certification.flow.title(one.state),
            reason=one.reason,
            units=units.get(one.id, []),
            media_ids=pictures.get(str(one.id), []),
            created_at=clock.local(one.created_at),
            decided_at=clock.local(one.decided_at) if one.decided_at else None,
        )
        for one in applications
    ]


@api.post("/certifications", roles=("visitor", "merchant", "tenant"), body=CertificationIn, returns=CertificationOut,
          status=201, limit="20/day", menu="certification")  # fmt: skip
def apply(caller: Caller, body: CertificationIn) -> CertificationOut:
    """提交认证申请（需先同意认证材料使用说明）"""
    session = db.session()
    application = certification.apply(
        session,
        me(session, caller),
        kind=body.kind,
        name=body.name,
        phone=body.phone,
        id_number=body.id_number,
        credit_code=body.credit_code,
        unit_ids=[as_id(text) for text in body.unit_ids],
        media_keys=body.media_ids,
    )
    return certifications_out(session, [application])[0]


@api.get("/certifications", roles=ANY, query=PageQuery, returns=Page[CertificationOut])
def list_certifications(caller: Caller, query: PageQuery) -> Page[CertificationOut]:
    """我的认证申请"""
    session = db.session()
    rows, following = paginate(
        session, select(Certification).where(Certification.member_id == caller.member_id), query, [Certification.id]
    )
    return Page(items=certifications_out(session, rows), next=following)


@api.get("/certifications/<certification_id>", roles=ANY, returns=CertificationOut)
def show_certification(caller: Caller, certification_id: str) -> CertificationOut:
    """一份认证申请"""
    session = db.session()
    return certifications_out(session, [my_certification(session, caller, certification_id)])[0]


@api.post("/certifications/<certification_id>/withdraw", roles=ANY, returns=CertificationOut)
def withdraw(caller: Caller, certification_id: str) -> CertificationOut:
    """撤回待审核的认证申请"""
    session = db.session()
    application = my_certification(session, caller, certification_id)
    return certifications_out(session, [certification.withdraw(session, application)])[0]
