"""Certification: a visitor asks to be recognised as merchant or tenant, staff decide (G2)."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core import clock, media, messages, settings
from app.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from app.modules.estate.models import Community, Unit
from app.modules.members import identity_numbers, operations, queries
from app.modules.members.models import (
    CUSTOMER_KINDS,
    MERCHANT,
    PENDING,
    TECHNICIAN,
    Certification,
    CertificationUnit,
    Customer,
    Member,
    Occupancy,
)

MATERIAL_CONSENT = "certification_material"
PURPOSE = "certification"


def apply(
    session: Session,
    member: Member,
    *,
    kind: str,
    name: str,
    phone: str,
    id_number: str | None,
    credit_code: str | None,
    unit_ids: Sequence[int],
    media_keys: Sequence[str],
) -> Certification:
    """File an application. A merchant names its credit code (or the owner's ID number), a tenant an ID number.

    Raises Forbidden without consent or for a technician, Conflict while another is pending, Invalid with fields.
    """
    version = settings.get("members.material_consent_version")
    if not operations.has_consented(session, member.id, MATERIAL_CONSENT, version):
        raise Forbidden(_("提交认证材料前，请先阅读并同意《认证材料使用说明》"), code="consent_required")
    if queries.role_of(session, member.id) == TECHNICIAN:
        raise Forbidden(_("维修师傅无需认证"))
    locked = session.scalars(select(Member.id).where(Member.id == member.id).with_for_update()).one()
    if session.scalar(
        select(Certification.id).where(Certification.member_id == locked, Certification.state == PENDING).limit(1)
    ):
        raise Conflict(_("您已有待审核的认证申请，请等待审核结果"), code="already_pending")
    values = _checked(kind, phone, id_number, credit_code)
    units = _units(session, unit_ids)
    application = Certification(
        member_id=member.id, community_id=units[0].community_id, kind=kind, name=name.strip(), **values
    )
    application.units = [CertificationUnit(unit_id=unit.id) for unit in units]
    session.add(application)
    session.flush()
    if not media_keys:
        raise Invalid.field("media_ids", _("请上传至少一张证明材料"))
    media.attach(session, media_keys, PURPOSE, "member", str(member.id), application)
    return application


def _checked(kind: str, phone: str, id_number: str | None, credit_code: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {"phone": phone, "id_number": id_number, "credit_code": credit_code}
    problems = identity_numbers.normalise(values)
    if kind == MERCHANT and not (credit_code or id_number):
        problems.append(FieldError("credit_code", _("商家认证请填写统一社会信用代码，个体经营者可填身份证号")))
    if kind != MERCHANT and not id_number:
        problems.append(FieldError("id_number", _("租客认证请填写身份证号")))
    if problems:
        raise Invalid(errors=problems)
    return values


def _units(session: Session, unit_ids: Sequence[int]) -> list[Unit]:
    wanted = set(unit_ids)
    units = list(
        session.scalars(
            select(Unit)
            .join(Community, Community.id == Unit.community_id)
            .where(Unit.id.in_(wanted), Unit.kind != "public", Community.active.is_(True))
            .order_by(Unit.id)
        )
    )
    if not wanted or len(units) != len(wanted):
        raise Invalid.field("unit_ids", _("请选择存在的房号"))
    if len({unit.community_id for unit in units}) > 1:
        raise Invalid.field("unit_ids", _("一次申请只能选择同一园区的房号"))
    return units


def withdraw(session: Session, application: Certification) -> Certification:
    """Take an application back while it is pending. Raises Conflict."""
    return Certification.flow.apply(session, application, "withdraw")


def approve(session: Session, application: Certification, staff_id: int, customer_id: int | None) -> Certification:
    """Recognise the applicant: as the customer ``customer_id`` on the books, or as a new one.

    The role changes with this transaction. Of two reviewers one wins; the other gets Conflict naming the first.
    """
    Certification.flow.apply(session, application, "approve", decided_by=staff_id, decided_at=clock.now())
    customer = _customer(session, application, customer_id)
    application.customer_id = customer.id
    unit_ids = session.scalars(
        select(CertificationUnit.unit_id).where(CertificationUnit.certification_id == application.id)
    ).all()
    today = clock.today()
    for unit_id in unit_ids:
        held = select(Occupancy.id).where(
            Occupancy.unit_id == unit_id,
            Occupancy.customer_id == customer.id,
            or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= today),
        )
        if session.scalar(held.limit(1)) is None:
            operations.save_occupancy(
                session, None, {"unit_id": unit_id, "customer_id": customer.id, "starts_on": today, "ends_on": None}
            )
    operations.link(session, customer.id, application.member_id)
    messages.send(
        session,
        application.member_id,
        "certification",
        _("认证已通过"),
        _("您的%(kind)s认证已通过，现在可以使用缴费、报修、访客邀请等服务。", kind=CUSTOMER_KINDS[application.kind]),
        f"/pkg-members/certification?id={application.id}",
    )
    return application


def _customer(session: Session, application: Certification, customer_id: int | None) -> Customer:
    matches = queries.match_customers(session, application)
    if customer_id is not None:
        customer = next((match.customer for match in matches if match.customer.id == customer_id), None)
        if customer is None:
            raise NotFound(_("所选客户与申请不符，请刷新后重试"))
        customer.active = True
        if application.kind == MERCHANT:
            customer.kind = MERCHANT  # a tenant who opens a shop: merchants may all that tenants may
        return customer
    same = next((match.customer for match in matches if match.by_number), None)
    if same is not None:
        raise Conflict(_("“%(name)s”已用该证件号码登记，请选择关联该客户", name=same.name), code="already_customer")
    return operations.save_customer(
        session,
        None,
        {
            "kind": application.kind,
            "name": application.name,
            "contact_name": application.name,
            "phone": application.phone,
            "id_number": application.id_number,
            "credit_code": application.credit_code,
        },
    )


def reject(session: Session, application: Certification, staff_id: int, reason: str) -> Certification:
    """Turn an application down with a reason that the applicant reads; they may file a new one. Raises Invalid."""
    reason = reason.strip()
    if not reason or len(reason) > 500:
        raise Invalid.field("reason", _("请填写驳回原因（不超过 500 个字）"))
    Certification.flow.apply(session, application, "reject", decided_by=staff_id, decided_at=clock.now(), reason=reason)
    messages.send(
        session,
        application.member_id,
        "certification",
        _("认证未通过"),
        _("原因：%(reason)s。您可以修改后重新提交。", reason=reason),
        f"/pkg-members/certification?id={application.id}",
    )
    return application
