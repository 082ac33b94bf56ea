"""Back office: requests for invoices, and the receipt of a payment."""

import io
from typing import Any

from flask import abort, send_file
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core.backoffice import ModuleView, PageView, page
from app.core.backoffice.screens import in_scope
from app.core.db import LARGEST_ID, db, transaction
from app.modules.billing import queries, sheets
from app.modules.billing.documents.receipt import receipt_pdf
from app.modules.billing.models import InvoiceRequest, Payment, Receipt
from app.modules.billing.operations import invoices, receipts


class InvoiceView(ModuleView):
    """开票申请: finance issues the invoice in its own system and notes its number here."""

    model, area, sheet = InvoiceRequest, "billing", sheets.INVOICES
    title, icon = "开票申请", "fa-file-lines"
    columns = ("id", "payment", "title", "tax_number", "amount_fen", "state", "invoice_no", "created_at")
    filters = ("community", "payment", "state", "created_at")
    search = ("title", "invoice_no")
    order = ("-id",)
    sortable = ("created_at",)
    readonly = True
    moves = ("issue", "reject")
    move_inputs = {"issue": ("invoice_no",), "reject": ("reason",)}

    def make_move(self, session: Session, record: InvoiceRequest, name: str, values: dict[str, Any]) -> InvoiceRequest:
        if name == "issue":
            return invoices.issue(session, record, values["invoice_no"])
        return invoices.reject(session, record, values["reason"])


class ReceiptView(PageView):
    """收据."""

    area, title, menu = "billing", "收据", False
    route_base = "/billing/receipt"

    @page("/<int:payment_id>.pdf")
    def pdf(self, payment_id: int) -> Response:
        """The receipt of a payment as its payer sees it."""
        payment, receipt = self._find(payment_id)
        return self._answer(receipt, payment, 0)

    @page("/<int:payment_id>/print", action="edit", methods=("POST",))
    def print(self, payment_id: int) -> Response:
        """The receipt on paper: the original, or from the second time on a reprint."""
        with transaction():
            payment, receipt = self._find(payment_id)
            printed = receipts.note_print(db.session(), receipt, current_user.id)
            return self._answer(receipt, payment, printed)

    def _find(self, payment_id: int) -> tuple[Payment, Receipt]:
        wanted = Payment.id == min(payment_id, LARGEST_ID)
        payment = db.session.scalar(in_scope(Payment).where(wanted)) or abort(404)
        return payment, queries.receipt_of(db.session(), payment.id) or abort(404)

    def _answer(self, receipt: Receipt, payment: Payment, printed: int) -> Response:
        content = io.BytesIO(receipt_pdf(db.session(), receipt, payment, printed))
        answer = send_file(content, mimetype="application/pdf", download_name=f"{receipt.number}.pdf", max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer
