"""Mobile endpoints: the receipt of one's payment, and asking for its invoice."""

from typing import Annotated

import msgspec
from flask import Response
from sqlalchemy import select

from app.core.api import Caller, Endpoints, Schema, as_id
from app.core.db import db
from app.core.errors import NotFound
from app.core.privacy import mask_id
from app.modules.billing import queries
from app.modules.billing.documents.receipt import receipt_pdf
from app.modules.billing.models import InvoiceRequest
from app.modules.billing.operations import invoices

api = Endpoints("billing_documents", "收据与发票")
RESIDENTS = ("merchant", "tenant")


class InvoiceIn(Schema):
    """开票信息；企业填写税号，个人留空"""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    tax_number: Annotated[str, msgspec.Meta(max_length=20)] = ""
    email: Annotated[str, msgspec.Meta(max_length=128)] = ""


class InvoiceOut(Schema):
    """开票申请及其结果"""

    id: str
    title: str
    tax_number: str | None
    amount_fen: int
    state: str
    state_text: str
    invoice_no: str
    reason: str


class InvoiceStateOut(Schema):
    """一笔缴费的开票申请"""

    request: InvoiceOut | None


@api.get(
    "/payments/<payment_id>/receipt.pdf", roles=RESIDENTS, returns=Response, menu="billing",
    openapi={"responses": {"200": {"description": "收据", "content": {"application/pdf": {}}}}},
)  # fmt: skip
def show_receipt(caller: Caller, payment_id: str) -> Response:
    """收据（PDF），支付成功后可下载"""
    session = db.session()
    payment = queries.my_payment(session, caller.member_id, as_id(payment_id))
    receipt = queries.receipt_of(session, payment.id)
    if receipt is None:
        raise NotFound
    content = receipt_pdf(session, receipt, payment)
    headers = {"Content-Disposition": f'inline; filename="{payment.number}.pdf"', "Cache-Control": "no-store"}
    return Response(content, content_type="application/pdf", headers=headers)


@api.post(
    "/payments/<payment_id>/invoice-request", roles=RESIDENTS, body=InvoiceIn, returns=InvoiceOut, status=201,
    menu="billing", limit="30/day",
)  # fmt: skip
def ask_invoice(caller: Caller, payment_id: str, body: InvoiceIn) -> InvoiceOut:
    """申请开票"""
    session = db.session()
    payment = queries.my_payment(session, caller.member_id, as_id(payment_id))
    invoice = invoices.request(
        session, payment, caller.member_id, title=body.title, tax_number=body.tax_number, email=body.email
    )
    return _invoice_out(invoice)


@api.get("/payments/<payment_id>/invoice-request", roles=RESIDENTS, returns=InvoiceStateOut, menu="billing")
def show_invoice(caller: Caller, payment_id: str) -> InvoiceStateOut:
    """开票申请的进展；尚未申请时 request 为空"""
    session = db.session()
    payment = queries.my_payment(session, caller.member_id, as_id(payment_id))
    invoice = session.scalar(select(InvoiceRequest).where(InvoiceRequest.payment_id == payment.id))
    return InvoiceStateOut(None if invoice is None else _invoice_out(invoice))


def _invoice_out(invoice: InvoiceRequest) -> InvoiceOut:
    return InvoiceOut(
        id=str(invoice.id),
        title=invoice.title,
        tax_number=mask_id(invoice.tax_number) if invoice.tax_number else None,
        amount_fen=invoice.amount_fen,
        state=invoice.state,
        state_text=InvoiceRequest.flow.title(invoice.state),
        invoice_no=invoice.invoice_no,
        reason=invoice.reason,
    )
