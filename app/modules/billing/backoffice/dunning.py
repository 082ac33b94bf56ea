"""Back office: arrears to be reminded of, the ladder, what was sent, and what is held back (B4)."""

import io
import re
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import audit, clock, rights
from app.core.backoffice import Button, ModuleView, bulk, bulk_document, computed, page
from app.core.backoffice.cells import Cell
from app.core.db import db, transaction, yuan
from app.core.errors import Conflict, Invalid
from app.modules.billing import queries
from app.modules.billing.documents.demand_letter import MOST_LETTERS, letters_pdf
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.models.collection import LETTER
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

    @computed("尚欠", numeric=True)
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

    @bulk(
        "催缴",
        confirm="将向所选账单的客户发送缴费提醒，每个客户一条，不能撤回；已缴、暂缓催缴的不发。",
        together=("community_id", "customer_id"),
    )
    def remind(self, session: Session, bills: Sequence[Bill], staff_id: int) -> dict[int, str]:
        return self._skipped(bills, dunning.remind(session, [bill.id for bill in bills], staff_id))

    @bulk(
        "登记电话催缴",
        confirm="确认已经电话联系所选账单的客户，将记入催缴记录；已缴、暂缓催缴的不记。",
        together=("community_id", "customer_id"),
    )
    def note_call(self, session: Session, bills: Sequence[Bill], staff_id: int) -> dict[int, str]:
        return self._skipped(bills, dunning.note_call(session, [bill.id for bill in bills], staff_id))

    @bulk_document("打印催告函", confirm="将为所选账单的客户各打印一份催告函，列出其全部逾期账单；暂缓催缴的不列入。")
    def print_letters(self, session: Session, query: Any) -> Response:
        return self._print(session, query)

    @staticmethod
    def _skipped(bills: Sequence[Bill], done: set[int]) -> dict[int, str]:
        return {bill.id: _("已缴清或暂缓催缴，未催缴") for bill in bills if bill.id not in done}

    @page("/letters", action="edit", methods=("GET", "POST"))
    def letters(self) -> Any:
        """Asks, then prints: the letter of one customer (``payer=community-customer``), else of all who have reached
        the stage for letters and have none yet."""
        session, back, none = db.session(), self.url("list"), _("目前没有需要打印的催告函")
        query = self.scoped().where(*self._named(request.args.get("payer", "")))
        payers = self._payers(session, query)
        if request.method == "GET":
            question = _("将打印 %(count)s 份催告函，并记入催缴记录。", count=len(payers)) if payers else none
            return self._confirm(_("打印催告函"), question, back)
        if not payers:
            flash(none, "info")
            return redirect(back)
        with transaction():
            return self._print(db.session(), query)

    def _named(self, payer: str) -> list[Any]:
        if not payer:
            return [dunning.waiting(db.session(), LETTER, rights.communities())]
        return [tuple_(Bill.community_id, Bill.customer_id).in_(_pairs(payer)), ~dunning.held()]

    def _payers(self, session: Session, query: Any) -> list[tuple[int, int]]:
        columns = (Bill.community_id, Bill.customer_id)
        rows = session.execute(query.with_only_columns(*columns).distinct().order_by(*columns).limit(MOST_LETTERS))
        return [(row[0], row[1]) for row in rows]

    def _print(self, session: Session, query: Any) -> Response:
        payers = self._payers(session, query.where(~dunning.held()))
        if not dunning.note_letters(session, payers, current_user.id):
            raise Conflict(_("所选账单都已结清或暂缓催缴"))
        return redirect(self.url("letters_pdf", payers=",".join(f"{place}-{who}" for place, who in payers)))

    @page("/letters.pdf")
    def letters_pdf(self) -> Response:
        """The letters of these ``payers``, each named by community and customer."""
        session = db.session()
        named = tuple_(Bill.community_id, Bill.customer_id).in_(_pairs(request.args.get("payers", "")))
        payers = self._payers(session, self.scoped().where(named))
        content = letters_pdf(session, payers)
        session.rollback()
        with transaction():
            audit.record(db.session(), "letters", "bill", {"customers": len(payers)})
        answer = send_file(io.BytesIO(content), mimetype="application/pdf", download_name="催告函.pdf", max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def list_buttons(self) -> Any:
        yield Button(_("打印催告函"), self.url("letters"), "fa-print", "edit")

    def extra_buttons(self, record: Bill) -> Any:
        payer = f"{record.community_id}-{record.customer_id}"
        yield Button(_("催告函"), self.url("letters", payer=payer), "fa-print", "edit")
        yield Button(
            _("暂缓催缴"), url_for("HoldView.add", customer=record.customer_id, bill=record.id), "fa-pause", "edit"
        )


def count_letters(session: Session) -> int:
    """Bills whose customers are to get a letter."""
    return queries.count_in_scope(session, Bill, dunning.waiting(session, LETTER, rights.communities()))


def _pairs(text: str) -> list[tuple[int, int]]:
    """Community and customer of ``1-12,1-15``; what is not written so names nobody."""
    pairs = [part.split("-") for part in text.split(",") if re.fullmatch(r"[0-9]{1,18}-[0-9]{1,18}", part)]
    return [(int(place), int(who)) for place, who in pairs[:MOST_LETTERS]]


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
