"""Back office: convenience information and its categories."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.core import publishing
from app.core.backoffice import ModuleView, computed
from app.core.backoffice.publication import phase_cell
from app.modules.convenience import operations, sheets
from app.modules.convenience.models import ConvenienceCategory, ConvenienceInfo


class ConvenienceView(ModuleView):
    """便民信息."""

    model, area, sheet = ConvenienceInfo, "convenience", sheets.INFOS
    icon = "fa-circle-info"
    columns = ("title", "category", "hotlines", "hours", "community", "phase", "position")
    filters = ("category", "community", "state")
    search = ("title",)
    order = ("category_id", "position", "id")
    sortable = ("title", "position")
    form = (
        "category", "title", "hotlines", "hours", "place", "position", "community", "body", "starts_at", "ends_at",
    )  # fmt: skip
    sections = (
        ("基本信息", ("category", "title", "hotlines", "hours", "place", "body")),
        ("发布", ("phase", "community", "starts_at", "ends_at", "position")),
    )
    moves = ("publish", "unpublish")

    @computed("展示")
    def phase(self, session: Session, records: list[ConvenienceInfo]) -> Mapping[int, Any]:
        return {record.id: phase_cell(record) for record in records}

    def save(self, session: Session, record: ConvenienceInfo | None, values: dict[str, Any]) -> ConvenienceInfo:
        publishing.check_reach(values["community_id"])
        return operations.save(session, record, values)

    def make_move(self, session: Session, record: Any, name: str, values: dict[str, Any]) -> Any:
        if name == "publish":
            return publishing.publish(session, record)
        return super().make_move(session, record, name, values)


class ConvenienceCategoryView(ModuleView):
    """便民分类."""

    model, area = ConvenienceCategory, "convenience"
    title, icon = "便民分类", "fa-folder-tree"
    columns = ("position", "title", "icon")
    order = ("position", "id")
    sortable = ("position",)
    form = ("title", "icon", "position")
    related = ((ConvenienceView, "category_id"),)
