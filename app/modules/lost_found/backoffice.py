"""Back office: the review queue of lost and found, staff's own posts, claims with their proof."""

from typing import Any

from flask_login import current_user
from sqlalchemy.orm import Session

from app.core.backoffice import ModuleView
from app.core.db import db
from app.modules.lost_found import operations, sheets
from app.modules.lost_found.matching import matches
from app.modules.lost_found.models import PENDING, PUBLISHED, LostFoundClaim, LostFoundItem


class LostFoundClaimView(ModuleView):
    """认领申请: proof with photos; confirm or turn down."""

    model, area = LostFoundClaim, "lost_found"
    title, icon = "认领申请", "fa-hand-holding"
    columns = ("id", "item", "name", "phone", "community", "state", "created_at", "decided_at")
    filters = ("state", "item", "community", "created_at")
    search = ("name",)
    order = ("-id",)
    sortable = ("created_at",)
    readonly = True
    images = operations.PROOF_PHOTOS
    moves = ("approve", "reject")
    move_inputs = {"reject": ("reason",)}

    def make_move(self, session: Session, record: LostFoundClaim, name: str, values: dict[str, Any]) -> Any:
        if name == "approve":
            return operations.confirm_claim(session, record, current_user.id)
        return operations.reject_claim(session, record, current_user.id, values["reason"])


class LostFoundItemView(ModuleView):
    """失物招领: review what residents post (F1), post what the property found (F2)."""

    model, area, sheet = LostFoundItem, "lost_found", sheets.ITEMS
    title, icon = "失物招领", "fa-umbrella"
    columns = ("id", "kind", "category", "title", "place", "happened_on", "community", "state", "created_at")
    sections = (
        ("物品", ("kind", "category", "title", "description", "place", "happened_on", "community", "state", "reason")),
        ("联系", ("contact_way", "contact_name", "contact_phone", "member", "staff_id")),
        ("时间", ("created_at", "published_at", "expires_on")),
    )
    filters = ("state", "kind", "category", "community", "happened_on")
    search = ("title", "place")
    order = ("-id",)
    sortable = ("happened_on", "created_at")
    form = ("kind", "category", "title", "description", "place", "happened_on", "community", "contact_way",
            "contact_name", "contact_phone")  # fmt: skip
    images = operations.ITEM_PHOTOS
    moves = ("approve", "reject", "close")
    move_inputs = {"reject": ("reason",)}
    related = ((LostFoundClaimView, "item_id"),)
    show_template = "lost_found/item.html"

    def save(self, session: Session, record: LostFoundItem | None, values: dict[str, Any]) -> LostFoundItem:
        return operations.save_item(session, record, values, current_user.id)

    def make_move(self, session: Session, record: LostFoundItem, name: str, values: dict[str, Any]) -> Any:
        if name == "approve":
            return operations.approve(session, record)
        if name == "reject":
            return operations.reject(session, record, values["reason"])
        return operations.close(session, record)

    def show_context(self, record: LostFoundItem) -> dict[str, Any]:
        open_ = record.state in (PENDING, PUBLISHED)
        return {"matches": matches(db.session(), record) if open_ else []}
