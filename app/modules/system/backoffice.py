"""Back office: function menu, messages, jobs, audit trail."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEntry
from app.core.backoffice import ModuleView, audit_words
from app.core.jobs.models import OutboxEntry
from app.core.messages import kinds
from app.core.messages.models import Message
from app.core.module import registry
from app.modules.system.models import MenuModule


class MenuModuleView(ModuleView):
    """功能菜单: order, icon, name, on/off and roles of the mini-program's home icons (G7)."""

    model, area = MenuModule, "menu"
    title, icon = "功能菜单", "fa-table-cells"
    columns = ("position", "name", "icon", "key", "roles", "badge", "enabled")
    filters = ("enabled",)
    search = ("name",)
    order = ("position", "id")
    sortable = ("position", "name")
    form = ("name", "icon", "roles", "badge", "position", "enabled")
    can_add = can_delete = False


class MessageView(ModuleView):
    """消息记录: what was sent to members."""

    model, area = Message, "messages"
    title, icon = "消息记录", "fa-envelope"
    columns = ("id", "kind", "title", "created_at", "read_at")
    filters = ("kind", "created_at")
    search = ("title",)
    order = ("-id",)
    sortable = ("created_at",)
    readonly = True
    named = {"kind": kinds}


class JobView(ModuleView):
    """后台任务: the outbox; dead ones can be retried."""

    model, area = OutboxEntry, "jobs"
    title, icon = "后台任务", "fa-list-check"
    columns = ("id", "kind", "state", "attempts", "due_at", "finished_at", "error")
    filters = ("kind", "state", "created_at")
    order = ("-id",)
    sortable = ("due_at",)
    readonly = True
    moves = ("retry",)
    named = {"kind": lambda: registry().job_titles}

    def make_move(self, session: Session, record: OutboxEntry, name: str, values: dict[str, Any]) -> OutboxEntry:
        return OutboxEntry.flow.apply(session, record, name, attempts=0, due_at=clock.now(), finished_at=None)


class AuditView(ModuleView):
    """审计日志: who did what, when, from where."""

    model, area = AuditEntry, "audit"
    title, icon = "审计日志", "fa-clipboard-list"
    columns = ("seq", "at", "actor_name", "action", "record", "record_id", "ip")
    filters = ("created_at", "actor_kind", "action", "record", "record_id")
    search = ("actor_name", "record_id")
    order = ("-seq",)
    sortable = ("seq",)
    readonly = True
    named = {"action": audit_words.actions, "record": audit_words.records, "actor_kind": audit_words.actors}
