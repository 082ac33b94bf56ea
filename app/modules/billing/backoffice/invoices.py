"""Back office: requests for invoices, and the receipt of a payment."""

import io
from typing import Any

from flask import abort, send_file
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core.backoffice import ModuleView, PageView, page
from app.core.backoffice.screens import in_scope
from app.core.db import LARGEST_ID, db
from app.modules.billing import queries
from app.modules.billing.documents.receipt import receipt_pdf
from app.modules.billing.models import InvoiceRequest, Payment
from app.modules.billing.operations import invoices


class InvoiceView(ModuleView):
    """开票申请: finance issues the invoice in its own system and notes its number here."""

    model, area = InvoiceRequest, "billing"
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
        """The receipt of a payment, to be printed."""
        session = db.session()
        wanted = Payment.id == min(payment_id, LARGEST_ID)
        payment = session.scalar(in_scope(Payment).where(wanted)) or abort(404)
        receipt = queries.receipt_of(session, payment.id) or abort(404)
        content = io.BytesIO(receipt_pdf(session, receipt, payment))
        answer = send_file(content, mimetype="application/pdf", download_name=f"{receipt.number}.pdf", max_age=0)
        answer.headers["Cache-Control"] = "no-store"
        return answer
