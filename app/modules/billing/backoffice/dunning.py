"""Back office: arrears to be reminded of, the ladder, what was sent, and what is held back (B4)."""

import io
from typing import Any

from flask import send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import audit, clock
from app.core.backoffice import Button, ModuleView, bulk, computed, page
from app.core.backoffice.cells import Cell
from app.core.db import db, transaction, yuan
from app.core.errors import Invalid
from app.modules.billing import queries
from app.modules.billing.documents.demand_letter import MOST_LETTERS, letters_pdf
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.operations import dunning


class ArrearsView(ModuleView):
    """欠费账单: what is past its day; remind of the ticked ones, print their letters."""

    model, area = Bill, "dunning"
    title, icon = "欠费账单", "fa-bell"
    route_base = "/billing/arrears"
    columns = ("number", "customer", "unit", "fee_item", "period", "due_on", "outstanding", "reminded")
    filters = ("community", "customer", "unit", "fee_item", "due_on")
    search = ("number",)
    order = ("due_on", "id")
    sortable = ("due_on", "amount_fen")
    readonly = True

    def base_filter(self) -> Any:
        return queries.overdue()

    @computed("尚欠")
    def outstanding(self, _session: Session, records: list[Bill]) -> dict[int, Cell]:
        return {bill.id: Cell(yuan(bill.outstanding_fen), "number") for bill in records}

    @computed("最近催缴")
    def reminded(self, session: Session, records: list[Bill]) -> dict[int, str]:
        rows = session.execute(
            select(DunningNotice.bill_id, DunningNotice.sent_at, DunningNotice.title)
            .where(DunningNotice.bill_id.in_([bill.id for bill in records]))
            .order_by(DunningNotice.id)
        )
        return {bill_id: f"{clock.local(at):%m-%d %H:%M} {title}" for bill_id, at, title in rows}

    @bulk("催缴", confirm="将向所选账单的客户发送缴费提醒；已缴、暂缓催缴的会跳过。")
    def remind(self, session: Session, query: Any) -> str:
        ids = session.scalars(query.with_only_columns(Bill.id)).all()
        count = dunning.remind(session, ids, current_user.id)
        return _("已催缴 %(count)s 张账单，跳过 %(skipped)s 张", count=count, skipped=len(ids) - count)

    @page("/letters/<int:community_id>/<int:customer_id>.pdf")
    def letter(self, community_id: int, customer_id: int) -> Response:
        """The demand letter of one customer."""
        return self._letters(Bill.community_id == community_id, Bill.customer_id == customer_id)

    @page("/letters.pdf")
    def letters(self) -> Response:
        """The letters of all whose arrears have reached a stage of the channel "letter"."""
        return self._letters()

    def _letters(self, *conditions: Any) -> Response:
        session = db.session()
        query = self.scoped().where(*conditions).with_only_columns(Bill.community_id, Bill.customer_id).distinct()
        if not conditions:
            days = session.scalars(
                select(DunningStage.days).where(DunningStage.channel == "letter", DunningStage.active.is_(True))
            ).all()
            oldest = clock.today() if not days else clock.days_ago(min(days))
            query = query.where(Bill.due_on <= oldest)
        payers = [(row[0], row[1]) for row in session.execute(query.order_by(Bill.community_id, Bill.customer_id)
                                                              .limit(MOST_LETTERS))]  # fmt: skip
        content = letters_pdf(session, payers)
        session.rollback()
        with transaction():
            audit.record(db.session(), "letters", "bill", {"customers": len(payers)})
        answer = send_file(io.BytesIO(content), mimetype="application/pdf", download_name="催告函.pdf", max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def list_buttons(self) -> Any:
        yield Button(_("打印催告函"), self.url("letters"), "fa-print")

    def extra_buttons(self, record: Bill) -> Any:
        yield Button(_("催告函"), self.url("letter", community_id=record.community_id, customer_id=record.customer_id),
                     "fa-print")  # fmt: skip
        yield Button(
            _("暂缓催缴"), url_for("HoldView.add", customer=record.customer_id, bill=record.id), "fa-pause", "edit"
        )


class StageView(ModuleView):
    """催缴阶段: the ladder; placeholders in the text are filled for each customer."""

    model, area = DunningStage, "dunning"
    title, icon = "催缴阶段", "fa-stairs"
    columns = ("name", "community", "days", "channel", "title", "active")
    filters = ("community", "channel", "active")
    order = ("days", "id")
    form = ("name", "community", "days", "channel", "title", "body", "active")

    def save(self, session: Session, record: DunningStage | None, values: dict[str, Any]) -> DunningStage:
        dunning.check_text(values["body"])
        if not -60 <= values["days"] <= 365:
            raise Invalid.field("days", _("天数应在到期前 60 天与到期后 365 天之间"))
        return super().save(session, record, values)


class NoticeSentView(ModuleView):
    """催缴记录: every reminder, with what it said."""

    model, area = DunningNotice, "dunning"
    title, icon = "催缴记录", "fa-clock-rotate-left"
    columns = ("sent_at", "bill", "customer", "stage", "channel", "outcome", "amount_fen", "staff_id")
    filters = ("community", "customer", "bill", "stage", "channel", "outcome", "sent_at")
    order = ("-id",)
    sortable = ("sent_at",)
    readonly = True


class HoldView(ModuleView):
    """暂缓催缴: a dispute, a promise to pay in parts."""

    model, area = DunningHold, "dunning"
    title, icon = "暂缓催缴", "fa-pause"
    columns = ("customer", "bill", "reason", "until", "note", "active")
    filters = ("community", "customer", "bill", "reason", "active")
    order = ("-id",)
    form = ("customer", "bill", "reason", "until", "note")
    form_edit = ("reason", "until", "note", "active")

    def save(self, session: Session, record: DunningHold | None, values: dict[str, Any]) -> DunningHold:
        if record is None:
            bill = session.get(Bill, values["bill_id"]) if values["bill_id"] else None
            if bill is not None and bill.customer_id != values["customer_id"]:
                raise Invalid.field("bill", _("账单不属于该客户"))
            communities = queries.communities_of_customer(session, values["customer_id"])
            if bill is None and not communities:
                raise Invalid.field("customer", _("该客户没有房号，也没有账单"))
            values["community_id"] = bill.community_id if bill else communities[0].id
        return super().save(session, record, values)
