"""Back office: every visit, batches that wait for approval, companies that approve their own, who may not come."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core.backoffice import Button, ModuleView, page
from app.core.backoffice.screens import in_scope
from app.core.db import db
from app.modules.estate.models import Unit
from app.modules.members.models import MERCHANT, Customer
from app.modules.visits import cards, queries, share, sheets
from app.modules.visits.models import BatchGrant, BlockedVisitor, PassBatch, Visit
from app.modules.visits.models.visits import EXPECTED
from app.modules.visits.operations import batches, blocking, visiting


class VisitView(ModuleView):
    """来访登记: all visits, however they came about (V6)."""

    model, area, sheet = Visit, "visits", sheets.VISITS
    title, icon = "来访登记", "fa-person-walking-arrow-right"
    columns = ("id", "visitor_name", "visitor_phone", "kind", "unit", "community", "purpose", "starts_at", "ends_at",
               "state", "arrived_at")  # fmt: skip
    sections = (
        ("来访", ("visitor_name", "visitor_phone", "plate", "purpose", "kind", "community", "unit", "starts_at",
                "ends_at", "uses", "state", "reason")),
        ("登记与进出", ("member", "host", "batch", "staff_id", "created_at", "arrived_at", "left_at")),
    )  # fmt: skip
    filters = ("community", "state", "kind", "unit", "starts_at", "arrived_at", "batch")
    search = ("visitor_name", "visitor_phone_tail", "visitor_phone_index")
    order = ("-id",)
    sortable = ("starts_at", "arrived_at")
    form: Sequence[str] = ("unit", "visitor_name", "visitor_phone", "purpose", "plate", "starts_at", "ends_at", "uses")
    can_edit = can_delete = False
    moves: Sequence[str] = ("approve", "reject", "arrive", "leave", "revoke")
    move_inputs = {"reject": ("reason",), "revoke": ("reason",)}
    tones = {"pending": "amber", "approved": "green", "arrived": "blue", "revoked": "red", "rejected": "red"}
    show_template = "visits/visit.html"

    def choice_filter(self, name: str) -> Any:
        return Unit.kind != "public" if name == "unit" else None

    def save(self, session: Session, record: Visit | None, values: dict[str, Any]) -> Visit:
        plan = visiting.Plan(**{name: value for name, value in values.items() if name != "unit_id"})
        return visiting.register_at_desk(session, values["unit_id"], plan, current_user.id)

    def make_move(self, session: Session, record: Visit, name: str, values: dict[str, Any]) -> Any:
        if name == "approve":
            return visiting.approve(session, record, staff_id=current_user.id)
        if name == "reject":
            return visiting.reject(session, record, values["reason"], staff_id=current_user.id)
        if name == "revoke":
            return visiting.revoke(session, record, values["reason"], current_user.id)
        return visiting.pass_by_hand(session, record, name, current_user.id)

    def show_context(self, record: Visit) -> dict[str, Any]:
        usable = record.state in EXPECTED
        return {"address": share.url_of(queries.pass_of(db.session(), record.id)) if usable else None}

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("前台接待"), url_for("ReceptionView.show"), "fa-bell-concierge", "edit")
        yield Button(_("导入常访人员"), url_for("RegularVisitImport.index"), "fa-file-import", "import")


class OverstayedVisitView(VisitView):
    """超时未离开: inside although their time is over."""

    title, icon = "超时未离开", "fa-hourglass-end"
    route_base = "/visits/overstayed"
    form = ()
    moves = ("leave", "revoke")
    order = ("ends_at",)

    def base_filter(self) -> Any:
        return queries.overstayed()


class PassBatchView(ModuleView):
    """批量来访卡: the queue of those that wait, and all before (V4)."""

    model, area = PassBatch, "pass_batches"
    title, icon = "批量来访卡", "fa-id-card-clip"
    columns = ("id", "purpose", "customer", "unit", "community", "count", "starts_at", "ends_at", "state", "created_at")
    sections = (
        (
            "申请",
            ("purpose", "customer", "unit", "community", "count", "uses", "starts_at", "ends_at", "names", "state"),
        ),
        ("审批", ("member", "created_at", "decided_by", "decided_by_member", "decided_at", "reason")),
    )
    filters = ("community", "state", "customer", "starts_at")
    search = ("purpose",)
    order = ("-id",)
    sortable = ("starts_at", "created_at")
    readonly = True
    moves = ("approve", "reject", "revoke")
    move_inputs = {"reject": ("reason",), "revoke": ("reason",)}
    tones = {"pending": "amber", "approved": "green", "revoked": "red", "rejected": "red"}
    related = ((VisitView, "batch_id"),)

    def make_move(self, session: Session, record: PassBatch, name: str, values: dict[str, Any]) -> Any:
        if name == "approve":
            return batches.approve(session, record, staff_id=current_user.id)
        if name == "reject":
            return batches.reject(session, record, values["reason"], staff_id=current_user.id)
        return batches.revoke(session, record, values["reason"])

    def extra_buttons(self, record: PassBatch) -> Iterable[Button]:
        if record.state == "approved":
            yield Button(_("打印来访卡"), url_for("PassBatchView.cards", record_id=record.id), "fa-print")

    @page("/<int:record_id>/cards.pdf")
    def cards(self, record_id: int) -> Response:
        """All cards of a batch on paper."""
        self.find(db.session(), record_id)
        query = queries.batch_shown(in_scope(PassBatch).where(PassBatch.id == record_id))
        return cards.respond(db.session(), db.session.scalars(query).one())


class BatchGrantView(ModuleView):
    """批量卡授权企业: companies whose own people approve their batches."""

    model, area = BatchGrant, "pass_batches"
    title, icon = "批量卡授权企业", "fa-building-shield"
    columns = ("customer", "community", "most_cards", "active", "created_at")
    filters = ("community", "active")
    order = ("-id",)
    form = ("community", "customer", "most_cards", "active")

    def choice_filter(self, name: str) -> Any:
        return Customer.kind == MERCHANT if name == "customer" else None


class BlockedVisitorView(ModuleView):
    """访客黑名单: who may not come in, and why."""

    model, area, sheet = BlockedVisitor, "blocked_visitors", sheets.BLOCKED
    title, icon = "访客黑名单", "fa-user-slash"
    columns = ("name", "phone", "community", "reason", "ends_at", "active", "created_at")
    filters = ("community", "active", "created_at")
    search = ("name", "phone_tail", "phone_index")
    order = ("-id",)
    form = ("community", "name", "phone", "reason", "ends_at", "active")

    def save(self, session: Session, record: BlockedVisitor | None, values: dict[str, Any]) -> BlockedVisitor:
        return blocking.save(session, record, values)
