"""Back office: certification review, customers, occupancies, technicians, members."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from app.core import media, rights
from app.core.backoffice import ModuleView
from app.core.backoffice.pages import page
from app.core.db import db
from app.modules.members import certification, operations, queries, sheets
from app.modules.members.models import (
    Certification,
    CertificationUnit,
    Customer,
    CustomerMember,
    Member,
    Occupancy,
    Technician,
)


class CertificationView(ModuleView):
    """认证审核: photos, matches and history on one page; pass or turn down with a reason (G2)."""

    model, area = Certification, "certification"
    title, icon = "认证审核", "fa-id-card"
    columns = ("id", "name", "kind", "community", "phone", "state", "created_at", "decided_at")
    filters = ("state", "kind", "community", "created_at")
    search = ("name", "phone_tail", "phone_index")
    order = ("-id",)
    sortable = ("created_at", "decided_at")
    readonly = True
    moves = ()
    show_template = "members/certification.html"

    def show_context(self, record: Certification) -> dict[str, Any]:
        session = db.session()
        units = session.scalars(
            select(CertificationUnit)
            .where(CertificationUnit.certification_id == record.id)
            .options(selectinload(CertificationUnit.unit))
        ).all()
        return {
            "units": [link.unit for link in units],
            "photos": media.of(session, record),
            "matches": queries.match_customers(session, record) if record.state == "pending" else [],
            "earlier": queries.earlier_certifications(session, record),
            "may_decide": record.state == "pending" and rights.can(self.area, "approve"),
        }

    @page("/<int:record_id>/approve", action="approve", methods=("POST",))
    def approve(self, record_id: int) -> Response:
        chosen = request.form.get("customer_id", type=int)
        return self.act(
            record_id,
            lambda session, record: certification.approve(session, record, current_user.id, chosen),
            _("已通过，申请人即刻获得相应身份"),
            about=Customer,
        )

    @page("/<int:record_id>/reject", action="approve", methods=("POST",))
    def reject(self, record_id: int) -> Response:
        reason = request.form.get("reason", "")
        return self.act(
            record_id,
            lambda session, record: certification.reject(session, record, current_user.id, reason),
            _("已驳回，申请人会看到原因"),
            about=Customer,
        )


class OccupancyView(ModuleView):
    """入住关系."""

    model, area, sheet = Occupancy, "customers", sheets.OCCUPANCIES
    title, icon = "入住关系", "fa-key"
    columns = ("unit", "community", "customer", "starts_on", "ends_on")
    filters = ("community", "unit", "customer", "starts_on", "ends_on")
    order = ("-id",)
    sortable = ("starts_on", "ends_on")
    form = ("unit", "customer", "starts_on", "ends_on")

    def save(self, session: Session, record: Occupancy | None, values: dict[str, Any]) -> Occupancy:
        return operations.save_occupancy(session, record, values)

    def remove(self, session: Session, record: Occupancy) -> None:
        operations.remove_occupancy(session, record)


class CustomerMemberView(ModuleView):
    """客户成员: which mini-program users act for a customer."""

    model, area = CustomerMember, "customers"
    title, icon, menu = "客户成员", "fa-user-group", False
    columns = ("customer", "member", "created_at")
    filters = ("customer", "member")
    order = ("-id",)
    form = ("customer", "member")


class CustomerView(ModuleView):
    """商家与租客: whom services are for and fees are owed by (G11)."""

    model, area, sheet = Customer, "customers", sheets.CUSTOMERS
    title, icon = "商家与租客", "fa-store"
    columns = ("id", "name", "kind", "contact_name", "phone", "active", "created_at")
    filters = ("kind", "active", "created_at")
    search = ("name", "contact_name", "phone_tail", "phone_index")
    order = ("-id",)
    sortable = ("name", "created_at")
    form = ("kind", "name", "contact_name", "phone", "credit_code", "id_number", "active", "note")
    related = ((OccupancyView, "customer_id"), (CustomerMemberView, "customer_id"))

    def save(self, session: Session, record: Customer | None, values: dict[str, Any]) -> Customer:
        return operations.save_customer(session, record, values)


class TechnicianView(ModuleView):
    """维修师傅: who takes and carries out orders (G3)."""

    model, area, sheet = Technician, "technicians", sheets.TECHNICIANS
    title, icon = "维修师傅", "fa-screwdriver-wrench"
    columns = ("id", "name", "phone", "trades", "community", "on_duty", "active")
    filters = ("community", "on_duty", "active")
    search = ("name", "phone_tail", "phone_index")
    order = ("-id",)
    sortable = ("name", "created_at")
    form = ("name", "phone", "trades", "community", "on_duty", "active")

    def save(self, session: Session, record: Technician | None, values: dict[str, Any]) -> Technician:
        return operations.save_technician(session, record, values)


class MemberView(ModuleView):
    """小程序用户: who has signed in by phone; disabling one ends the sign-in at once."""

    model, area = Member, "members"
    title, icon = "小程序用户", "fa-mobile-screen"
    columns = ("id", "nickname", "phone", "active", "last_seen_at", "created_at")
    filters = ("active", "created_at", "last_seen_at")
    search = ("nickname", "phone_tail", "phone_index")
    order = ("-id",)
    sortable = ("created_at", "last_seen_at")
    form = ("active",)
    can_add = can_delete = False
    related = ((CustomerMemberView, "member_id"),)

    def save(self, session: Session, record: Member, values: dict[str, Any]) -> Member:
        operations.set_active(session, record, values["active"])
        return record
