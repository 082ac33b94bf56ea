"""Back office: what about money a person has to look at."""

from typing import Any

from sqlalchemy.orm import Session

from app.core.backoffice import ModuleView
from app.modules.billing.models import PaymentAlert
from app.modules.billing.operations import alerts


class AlertView(ModuleView):
    """收款异常: forged or unfitting callbacks, double payments, refunds that failed."""

    model, area = PaymentAlert, "billing"
    title, icon = "收款异常", "fa-triangle-exclamation"
    columns = ("created_at", "kind", "detail", "payment", "customer", "channel_no", "state")
    sections = (
        ("异常", ("kind", "detail", "channel", "channel_no", "community", "payment", "customer", "created_at")),
        ("处理", ("state", "resolution", "updated_at")),
    )
    filters = ("kind", "state", "community", "created_at")
    search = ("channel_no",)
    order = ("-id",)
    sortable = ("created_at",)
    readonly = True
    moves = ("resolve",)
    move_inputs = {"resolve": ("resolution",)}
    tones = {"open": "red", "resolved": "green"}

    def describe(self, record: PaymentAlert) -> str:
        return record.detail[:40]

    def make_move(self, session: Session, record: PaymentAlert, name: str, values: dict[str, Any]) -> PaymentAlert:
        return alerts.resolve(session, record, values["resolution"])
