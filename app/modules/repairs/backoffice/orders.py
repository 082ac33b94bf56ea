"""Back office: work orders with their timeline, dispatch with suggestions, and what staff do (R2, R6, R7)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import clock, media, rights
from app.core.backoffice import Button, ModuleView, computed, page
from app.core.backoffice.attributes import attribute
from app.core.backoffice.cells import Cell, staff_names
from app.core.db import db
from app.core.errors import Invalid
from app.modules.billing.models import Bill
from app.modules.members.models import Technician
from app.modules.repairs import deadlines, queries, sheets
from app.modules.repairs.models import (
    ACTORS,
    AGREED,
    CANCELLED,
    DUE,
    OPEN,
    OUTCOMES,
    FollowUp,
    RepairCategory,
    WorkOrder,
)
from app.modules.repairs.operations import assignment, care, fees, reporting, work
from app.modules.repairs.operations.steps import Who

SUGGESTED = 12
ON_BEHALF = {"confirm", "not_done", "accept_quote", "decline_quote"}
"""What staff do in place of a reporter who is not on a phone of ours."""


def clock_cells(records: Sequence[WorkOrder]) -> Mapping[int, Cell]:
    """How the clock of each order stands, in red where it is late."""
    cells = {}
    for order in records:
        late = order.state != CANCELLED and (deadlines.respond_late(order) or deadlines.finish_late(order))
        words = queries.remaining(order)
        cells[order.id] = Cell(words, "badge", "red" if late else "grey") if words else Cell("")
    return cells


class WorkOrderView(ModuleView):
    """报修工单: every order and its progress."""

    model, area, sheet = WorkOrder, "work_orders", sheets.WORK_ORDERS
    title, icon = "报修工单", "fa-screwdriver-wrench"
    columns: Sequence[str] = (
        "number", "category", "area", "community", "unit", "priority", "state", "technician", "remaining",
        "finish_due_at", "created_at",
    )  # fmt: skip
    filters: Sequence[str] = (
        "community", "state", "area", "category", "trade", "priority", "technician", "unit", "channel", "fee_state",
        "created_at", "finish_due_at",
    )  # fmt: skip
    search: Sequence[str] = ("number", "contact_name", "contact_phone_tail", "contact_phone_index")
    order: Sequence[str] = ("-created_at",)
    sortable: Sequence[str] = ("created_at", "finish_due_at", "respond_due_at", "appointment_at")
    tones = {"urgent": "red", "low": "grey", "finished": "amber", "dispatched": "amber", "accepted": "blue",
             "due": "red", "quoted": "amber"}  # fmt: skip
    form = (
        "community", "area", "unit", "place", "category", "priority", "description", "contact_name", "contact_phone",
        "preferred_at",
    )  # fmt: skip
    form_edit = ("category", "priority", "place", "description")
    images, images_most = reporting.PURPOSE, 9
    can_delete = False
    sections = (
        ("报修内容", ("number", "state", "area", "category", "trade", "priority", "community", "unit", "place",
                  "equipment", "description", "channel", "created_at", "preferred_at")),
        ("联系人", ("customer", "contact_name", "contact_phone", "registered_by")),
        ("进度与时限", ("technician", "taken_at", "appointment_at", "appointment_until", "started_at", "finished_at",
                   "closed_at", "respond_due_at", "finish_due_at", "remaining", "reopened", "solution")),
        ("费用与评价", ("fee_state", "quote_fen", "quote_note", "speed", "attitude", "quality", "rating_note")),
    )  # fmt: skip
    show_template = "repairs/order.html"

    def describe(self, record: WorkOrder) -> str:
        return record.number

    @computed("时限")
    def remaining(self, _session: Session, records: list[WorkOrder]) -> Mapping[int, Cell]:
        return clock_cells(records)

    def choice_filter(self, name: str) -> Any:
        return {"category": RepairCategory.active.is_(True), "technician": Technician.active.is_(True)}.get(name)

    def save(self, session: Session, record: WorkOrder | None, values: dict[str, Any]) -> WorkOrder:
        if record is None:
            return reporting.take_call(session, values, current_user.id)
        return reporting.change(session, record, values, current_user.id)

    def fixed(self, record: WorkOrder) -> str:
        return reporting.fixed(record)

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("工单看板"), url_for("WorkOrderBoardView.show"), "fa-table-columns")
        yield Button(_("预约日历"), url_for("AppointmentCalendarView.show"), "fa-calendar-week")

    def show_context(self, record: WorkOrder) -> dict[str, Any]:
        session = db.session()
        may_assign = self.may("edit") and record.state in (*assignment.ASSIGNED, "submitted")
        steps = set(queries.moves_for(record, Who.staff(current_user.id)))
        calls = session.scalars(
            select(FollowUp).where(FollowUp.work_order_id == record.id).order_by(FollowUp.id).limit(20)
        ).all()
        return {
            "photos": media.of(session, record),
            "pictures": (),
            "timeline": queries.timeline(session, record, staff=True),
            "actors": ACTORS,
            "local": clock.local,
            "suggestions": queries.suggestions(session, record)[:SUGGESTED] if may_assign else [],
            "reassigning": record.technician_id is not None,
            "steps": steps,
            "on_behalf": steps & ON_BEHALF,
            "may_edit_order": self.may("edit"),
            "may_cancel": self.may("delete") and record.state in WorkOrder.flow.moves["cancel"].source,
            "may_close": self.may("approve") and record.closed_at is None,
            "may_waive": self.may("approve") and record.fee_state in (AGREED, DUE),
            "bill": session.get(Bill, record.bill_id) if record.bill_id and rights.can("billing", "view") else None,
            "calls": calls,
            "callers": staff_names(session, [attribute(FollowUp, "called_by")], calls),
            "outcomes": OUTCOMES,
        }

    # ---- steps

    def _step(self, record_id: int, make: Callable[[Session, WorkOrder], Any], done: str) -> Response:
        """One step, and back to the page with what came of it: the board, where it was taken there."""
        board = url_for("WorkOrderBoardView.show") if request.form.get("back") == "board" else ""
        return self.act(record_id, make, done, back=board)

    @page("/<int:record_id>/assign", action="edit", methods=("POST",))
    def assign(self, record_id: int) -> Response:
        """Dispatch, or give to somebody else with a reason."""
        technician_id = request.form.get("technician_id", 0, type=int)
        reason = request.form.get("reason", "")

        def make(session: Session, order: WorkOrder) -> None:
            if order.technician_id is None:
                assignment.dispatch(session, order, technician_id, current_user.id)
            else:
                assignment.reassign(session, order, technician_id, current_user.id, reason)

        return self._step(record_id, make, _("已派单，维修师傅会收到消息"))

    @page("/<int:record_id>/answer/<name>", action="edit", methods=("POST",))
    def answer(self, record_id: int, name: str) -> Response:
        """What staff do for a reporter who has no phone of ours: confirm, say that it is not done, answer a price."""
        reason, who = request.form.get("reason", ""), Who.staff(current_user.id)
        known: dict[str, Callable[[Session, WorkOrder], Any]] = {
            "confirm": lambda session, order: work.confirm(session, order, who),
            "not_done": lambda session, order: work.not_done(session, order, who, reason),
            "accept_quote": lambda session, order: fees.answer_quote(session, order, who, True),
            "decline_quote": lambda session, order: fees.answer_quote(session, order, who, False, reason=reason),
        }
        if name not in known:
            return redirect(self.url("show", pk=record_id))
        return self._step(record_id, known[name], _("已处理"))

    @page("/<int:record_id>/comment", action="edit", methods=("POST",))
    def comment(self, record_id: int) -> Response:
        text, shared = request.form.get("text", ""), "internal" not in request.form
        who = Who.staff(current_user.id)
        return self._step(
            record_id, lambda session, order: care.comment(session, order, who, text, shared=shared), _("已添加")
        )

    @page("/<int:record_id>/follow-up", action="edit", methods=("POST",))
    def follow_up(self, record_id: int) -> Response:
        outcome, note = request.form.get("outcome", ""), request.form.get("note", "")

        def make(session: Session, order: WorkOrder) -> None:
            if outcome not in OUTCOMES:
                raise Invalid.field("outcome", _("请选择回访结果"))
            care.follow_up(session, order, current_user.id, outcome, note)

        return self._step(record_id, make, _("已登记回访"))

    @page("/<int:record_id>/cancel", action="delete", methods=("POST",))
    def cancel(self, record_id: int) -> Response:
        reason, who = request.form.get("reason", ""), Who.staff(current_user.id)
        return self._step(record_id, lambda session, order: work.cancel(session, order, who, reason), _("工单已取消"))

    @page("/<int:record_id>/close", action="approve", methods=("POST",))
    def close(self, record_id: int) -> Response:
        reason, who = request.form.get("reason", ""), Who.staff(current_user.id)
        return self._step(
            record_id, lambda session, order: work.force_close(session, order, who, reason), _("工单已强制关闭")
        )

    @page("/<int:record_id>/waive", action="approve", methods=("POST",))
    def waive(self, record_id: int) -> Response:
        reason, who = request.form.get("reason", ""), Who.staff(current_user.id)
        return self._step(record_id, lambda session, order: fees.waive(session, order, who, reason), _("已免收维修费"))


class OverdueOrderView(WorkOrderView):
    """超时工单: open orders past the time to take or to finish them, the longest overdue first (R5)."""

    model, area, sheet = WorkOrder, "work_orders", sheets.WORK_ORDERS
    title, icon = "超时工单", "fa-hourglass-end"
    route_base = "/repairs/overdue"
    columns = (
        "number", "category", "community", "unit", "priority", "state", "technician", "remaining", "respond_due_at",
        "finish_due_at",
    )  # fmt: skip
    filters = ("community", "state", "category", "trade", "priority", "technician")
    order = ("finish_due_at",)
    sortable = ("finish_due_at", "respond_due_at", "created_at")
    readonly = True

    def base_filter(self) -> Any:
        return WorkOrder.state.in_(OPEN) & deadlines.overdue()


class FollowUpView(ModuleView):
    """回访记录."""

    model, area = FollowUp, "work_orders"
    title, icon = "回访记录", "fa-phone-volume"
    columns = ("work_order", "community", "outcome", "note", "called_by", "created_at")
    filters = ("community", "outcome", "created_at")
    order = ("-id",)
    sortable = ("created_at",)
    tones = {"satisfied": "green", "unsatisfied": "red"}
    readonly = True
