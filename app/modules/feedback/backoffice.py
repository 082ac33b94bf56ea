"""Back office: complaints and suggestions with their thread, and their types."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import clock, rights
from app.core.backoffice import ModuleView, computed, page
from app.core.backoffice.attributes import Kind, attribute
from app.core.backoffice.cells import Cell, plain, staff_names
from app.core.db import db
from app.modules.feedback import operations, queries, sheets
from app.modules.feedback.models import CLOSED, OPEN, Feedback, FeedbackReply, FeedbackType


class FeedbackView(ModuleView):
    """投诉建议 (C2): by type and state; answer, assign, close, reopen."""

    model, area, sheet = Feedback, "feedback", sheets.FEEDBACK
    title, icon = "投诉建议", "fa-comment-dots"
    columns = ("id", "kind", "type", "brief", "writer", "state", "timing", "assigned_to", "rating", "created_at")
    sections = (
        ("内容", ("kind", "type", "community", "writer", "content", "created_at")),
        ("处理", ("state", "assigned_to", "deadline_at", "timing", "escalated_at", "answered_at", "closed_at",
                "reopened", "rating", "rating_note")),
    )  # fmt: skip
    filters = ("type", "kind", "state", "community", "deadline_at", "created_at")
    search = ("content",)
    order = ("-id",)
    sortable = ("created_at",)
    can_add = can_edit = False
    images = operations.PHOTOS
    moves = ("accept", "close")
    show_template = "feedback/feedback.html"

    @computed("摘要")
    def brief(self, session: Session, records: list[Feedback]) -> dict[int, str]:
        return {one.id: one.content if len(one.content) <= 24 else one.content[:24] + "…" for one in records}

    @computed("提交人")
    def writer(self, session: Session, records: list[Feedback]) -> dict[int, str]:
        names = queries.writers(session, records)
        return {one.id: _("匿名") if one.anonymous else names.get(one.member_id or 0, _("已注销")) for one in records}

    @computed("时限")
    def timing(self, session: Session, records: list[Feedback]) -> dict[int, Cell]:
        return {one.id: _timing(one) for one in records}

    def make_move(self, session: Session, record: Feedback, name: str, values: dict[str, Any]) -> Feedback:
        if name == "accept":
            return operations.accept(session, record, current_user.id)
        return operations.close(session, record)

    def remove(self, session: Session, record: Feedback) -> None:
        operations.remove(session, record)

    def show_context(self, record: Feedback) -> dict[str, Any]:
        session = db.session()
        said = queries.thread(session, record.id)
        names = staff_names(session, [attribute(FeedbackReply, "staff_id")], said)
        author = _("提交人（匿名）") if record.anonymous else _("提交人")
        return {
            "thread": [
                (
                    plain(Kind.MOMENT, one.created_at),
                    names.get(one.staff_id, "") if one.staff_id else author,
                    one.content,
                )
                for one in said
            ],
            "may_reply": record.state != CLOSED and rights.can(self.area, "edit"),
            "may_answer": record.state in OPEN,
            "may_assign": record.state != CLOSED and rights.can(self.area, "approve"),
            "may_reopen": record.state not in OPEN and rights.can(self.area, "approve"),
            "handlers": queries.handlers(session),
        }

    @page("/<int:record_id>/reply", action="edit", methods=("POST",))
    def reply(self, record_id: int) -> Response:
        """Write to the author; as the answer, or in between."""
        content, final = request.form.get("content", ""), request.form.get("final") == "1"
        return self.act(
            record_id,
            lambda session, one: operations.reply(session, one, current_user.id, content, final=final),
            _("已发送"),
        )

    @page("/<int:record_id>/assign", action="approve", methods=("POST",))
    def assign(self, record_id: int) -> Response:
        """Say who works on it."""
        chosen = request.form.get("staff_id", 0, type=int)
        return self.act(
            record_id,
            lambda session, one: operations.assign(session, one, chosen, list(queries.handlers(session))),
            _("已指派"),
        )

    @page("/<int:record_id>/reopen", action="approve", methods=("POST",))
    def reopen(self, record_id: int) -> Response:
        """Work on it again."""
        reason = request.form.get("content", "")
        return self.act(
            record_id, lambda session, one: operations.reopen(session, one, reason, by_author=False), _("已重新处理")
        )


def _timing(one: Feedback) -> Cell:
    until = one.answered_at or clock.now()
    if until > one.deadline_at:
        return Cell(_("已超时"), "badge", "red")
    return Cell(_("按时答复") if one.answered_at else _("时限内"), "badge", "green" if one.answered_at else "grey")


class FeedbackTypeView(ModuleView):
    """投诉建议类型: what residents choose from, with the time to answer."""

    model, area, sheet = FeedbackType, "feedback_types", sheets.TYPES
    title, icon = "投诉建议类型", "fa-tags"
    columns = ("position", "name", "kind", "hours", "active")
    filters = ("kind", "active")
    search = ("name",)
    order = ("position", "id")
    sortable = ("position", "name")
    form = ("name", "kind", "hours", "position", "active")
