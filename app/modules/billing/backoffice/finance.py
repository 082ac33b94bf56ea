"""Back office: what the finance system reported, matching by hand, and the keys of the interface."""

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import or_
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from app.core import audit, rights
from app.core.backoffice import ModuleView, page
from app.core.backoffice.screens import in_scope
from app.core.db import db, transaction, whole_number
from app.modules.billing import finance_sheets, queries
from app.modules.billing.models import Bill, FinanceEntry, FinanceKey
from app.modules.billing.models.bills import OPEN
from app.modules.billing.operations import finance
from app.modules.members.models import Customer

MOST_CANDIDATES = 50


class FinanceEntryView(ModuleView):
    """到账记录: each is booked, or waits here for somebody to say which bills it is for."""

    model, area, sheet = FinanceEntry, "reconciliation", finance_sheets.ENTRIES
    title, icon = "到账记录", "fa-building-columns"
    columns = (
        "external_no",
        "community",
        "paid_on",
        "customer_name",
        "payer",
        "amount_fen",
        "bill_no",
        "state",
        "reason",
    )
    filters = ("community", "state", "source", "paid_on")
    search = ("external_no", "bill_no", "customer_name", "payer")
    order = ("-id",)
    sortable = ("paid_on", "created_at")
    can_delete = False
    moves = ("ignore", "restore")
    show_template = "billing/finance_entry.html"

    def show_context(self, record: FinanceEntry) -> dict[str, Any]:
        text = request.args.get("q", "").strip()[:64]
        may_book = record.state == "unmatched" and rights.can(self.area, "edit")
        return {"q": text, "may_book": may_book, "candidates": self._candidates(record, text) if may_book else []}

    def _candidates(self, entry: FinanceEntry, text: str) -> list[Bill]:
        """Open bills that the words name; without words those of the same amount or customer."""
        query = (
            in_scope(Bill)
            .join(Customer, Customer.id == Bill.customer_id)
            .where(Bill.community_id == entry.community_id, Bill.state.in_(OPEN))
            .options(selectinload(Bill.customer), selectinload(Bill.unit), selectinload(Bill.fee_item))
            .order_by(Bill.due_on, Bill.id)
            .limit(MOST_CANDIDATES)
        )
        if text:
            found = query.where(or_(Customer.name.contains(text, autoescape=True), Bill.number == text))
        else:
            names = [name for name in (entry.customer_name, entry.payer) if name]
            found = query.where(or_(Bill.outstanding_fen == entry.amount_fen, Customer.name.in_(names)))
        return list(db.session.scalars(found))

    @page("/<int:record_id>/book", action="edit", methods=("POST",))
    def book(self, record_id: int) -> Response:
        """Put the money towards the ticked bills."""
        typed = (whole_number(text) for text in request.form.getlist("bills"))
        ids = [number for number in typed if number is not None]
        return self.act(record_id, lambda session, entry: finance.book(session, entry, ids), _("已入账"))


class FinanceKeyView(ModuleView):
    """财务接口密钥: the secret is shown once, when it is made."""

    model, area = FinanceKey, "reconciliation"
    title, icon = "财务接口密钥", "fa-key"
    columns = ("name", "community", "key_id", "active", "created_at")
    sections = (("密钥", ("name", "community", "key_id", "active", "created_at")),)
    order = ("-id",)
    form = ("name", "community")
    form_edit = ("name", "active")
    can_delete = False
    show_template = "billing/finance_key.html"

    def save(self, session: Session, record: FinanceKey | None, values: dict[str, Any]) -> FinanceKey:
        if record is None:
            return finance.make_key(session, values["name"], values["community_id"])
        record.name, record.active = values["name"], values["active"]
        return record

    @page("/<int:record_id>/secret", action="reveal", methods=("POST",))
    def secret(self, record_id: int) -> Any:
        """A new secret, shown this once; the one before is dead."""
        with transaction():
            key = finance.rotate(db.session(), self.find(db.session(), record_id, lock=True))
            audit.record(db.session(), "reveal", key, {_("查看的信息"): _("新密钥")})
            name, key_id, text = key.name, key.key_id, key.secret
        return render_template("billing/finance_secret.html", view=self, name=name, key_id=key_id, secret=text,
                               record_id=record_id)  # fmt: skip


def count_unmatched(session: Session) -> int:
    """Money that waits for somebody to say what it is for."""
    return queries.count_in_scope(session, FinanceEntry, FinanceEntry.state == "unmatched")
