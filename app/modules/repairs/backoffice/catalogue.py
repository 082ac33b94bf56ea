"""Back office: categories with their time limits, and equipment with its stickers."""

from collections.abc import Iterable
from typing import Any

from flask import Response, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core.backoffice import Button, ModuleView, page
from app.core.db import db
from app.modules.repairs import sheets, stickers
from app.modules.repairs.models import Equipment, RepairCategory
from app.modules.repairs.operations import reporting

MOST_STICKERS = 400


class RepairCategoryView(ModuleView):
    """报修类别: trade and time limits by urgency, in minutes of working time."""

    model, area, sheet = RepairCategory, "repair_categories", sheets.CATEGORIES
    title, icon = "报修类别", "fa-list-check"
    columns = ("name", "parent", "trade", "priority", "respond_normal", "finish_normal", "position", "active")
    filters = ("parent", "trade", "priority", "active")
    search = ("name",)
    order = ("position", "id")
    sortable = ("position", "name")
    form = (
        "parent", "name", "trade", "priority", "respond_urgent", "finish_urgent", "respond_normal", "finish_normal",
        "respond_low", "finish_low", "position", "active",
    )  # fmt: skip

    def choice_filter(self, name: str) -> Any:
        return RepairCategory.parent_id.is_(None) if name == "parent" else None

    def save(self, session: Session, record: RepairCategory | None, values: dict[str, Any]) -> RepairCategory:
        return reporting.save_category(session, record, values)


class EquipmentView(ModuleView):
    """设备点位: what carries a sticker."""

    model, area, sheet = Equipment, "repair_categories", sheets.EQUIPMENT
    title, icon = "设备点位", "fa-qrcode"
    columns = ("name", "place", "community", "unit", "category", "code", "active")
    filters = ("community", "category", "active")
    search = ("name", "place", "code")
    order = ("-id",)
    sortable = ("name", "created_at")
    form = ("community", "unit", "name", "place", "category", "active", "note")

    def choice_filter(self, name: str) -> Any:
        return RepairCategory.active.is_(True) if name == "category" else None

    def save(self, session: Session, record: Equipment | None, values: dict[str, Any]) -> Equipment:
        return reporting.save_equipment(session, record, values)

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("打印二维码"), url_for("EquipmentView.stickers"), "fa-print")

    def extra_buttons(self, record: Equipment) -> Iterable[Button]:
        yield Button(_("打印二维码"), url_for("EquipmentView.sticker", record_id=record.id), "fa-print")

    @page("/stickers.pdf")
    def stickers(self) -> Any:
        """The stickers of all equipment in use that the person sees, at most 400."""
        query = self.scoped().where(Equipment.active.is_(True)).order_by(Equipment.community_id, Equipment.id)
        points = db.session.scalars(query.options(selectinload(Equipment.community)).limit(MOST_STICKERS)).all()
        return _pdf(stickers.draw(points))

    @page("/<int:record_id>/sticker.pdf")
    def sticker(self, record_id: int) -> Any:
        point = self.record_or_404(record_id)
        query = select(Equipment).where(Equipment.id == point.id).options(selectinload(Equipment.community))
        return _pdf(stickers.draw([db.session.scalars(query).one()]))


def _pdf(content: bytes) -> Response:
    answer = Response(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = "inline; filename=stickers.pdf"
    return answer
