"""Back office: notices."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock, publishing
from app.core.backoffice import ModuleView, computed
from app.core.backoffice.publication import phase_cell
from app.core.db import db
from app.modules.notices import operations, queries, sheets
from app.modules.notices.models import Notice, NoticeCategory


class NoticeView(ModuleView):
    """公告: written, previewed, published now or for later, taken down."""

    model, area, sheet = Notice, "notices", sheets.NOTICES
    icon = "fa-bullhorn"
    columns = ("title", "category", "communities", "buildings", "phase", "pinned", "starts_at", "ends_at", "read_count")
    filters = ("category", "communities", "state", "pinned", "starts_at")
    search = ("title",)
    order = ("-id",)
    sortable = ("title", "starts_at")
    form = (
        "title", "category", "body", "communities", "buildings", "roles", "starts_at", "ends_at", "pinned", "push",
    )  # fmt: skip
    sections = (
        ("发布", ("category", "phase", "starts_at", "ends_at", "pinned", "push", "pushed_at")),
        ("范围", ("communities", "buildings", "roles")),
    )
    moves = ("publish", "unpublish")
    show_template = "notices/notice.html"

    @computed("展示")
    def phase(self, session: Session, records: list[Notice]) -> Mapping[int, Any]:
        return {record.id: phase_cell(record) for record in records}

    def choice_filter(self, name: str) -> Any:
        return NoticeCategory.active.is_(True) if name == "category" else None

    def save(self, session: Session, record: Notice | None, values: dict[str, Any]) -> Notice:
        publishing.check_reach(next(iter((*values["communities"], *values["buildings"])), None))
        return operations.save(session, record, values)

    def make_move(self, session: Session, record: Notice, name: str, values: dict[str, Any]) -> Notice:
        if name == "publish":
            return operations.publish(session, record)
        return super().make_move(session, record, name, values)

    def move_question(self, record: Notice, name: str) -> str:
        if name != "publish":
            return super().move_question(record, name)
        count = queries.audience_size(db.session(), record)
        if record.push and record.pushed_at is None:
            return _(
                "发布后，范围内的 %(count)s 名小程序用户在展示时间内可见，并会各收到一条消息，不能撤回。", count=count
            )
        return _("发布后，范围内的 %(count)s 名小程序用户在展示时间内可见。", count=count)

    def show_context(self, record: Notice) -> dict[str, Any]:
        when = clock.local(record.starts_at or record.created_at)
        return {"audience": queries.audience_size(db.session(), record), "when": f"{when:%Y-%m-%d %H:%M}"}


class NoticeCategoryView(ModuleView):
    """公告分类."""

    model, area = NoticeCategory, "notices"
    icon = "fa-tags"
    columns = ("name", "position", "active")
    filters = ("active",)
    search = ("name",)
    order = ("position", "id")
    form = ("name", "position", "active")
