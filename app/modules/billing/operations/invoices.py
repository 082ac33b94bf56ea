"""Requests for invoices, which the finance department issues in its own system."""

import re

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from app.core import messages
from app.core.errors import Conflict, FieldError, Invalid
from app.modules.billing.models import InvoiceRequest, Payment
from app.modules.billing.models.money import PAID, PART_REFUNDED, REJECTED

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[A-Za-z]{2,}")
_OLD_TAX_NUMBER = re.compile(r"[0-9A-Z]{15}|[0-9A-Z]{17}|[0-9A-Z]{20}")


def request(
    session: Session, payment: Payment, member_id: int, *, title: str, tax_number: str, email: str
) -> InvoiceRequest:
    """Ask for the invoice of a payment; one that was turned down is asked for again in its place.

    A tax number is needed for a firm's title; persons leave it empty. Raises Invalid for what is no title, tax number
    (GB 32100-2015, or one of the older 15, 17 or 20 places) or address, Conflict when there is a request already.
    """
    problems = []
    number = tax_number.strip().upper()
    if not title.strip():
        problems.append(FieldError("title", _("请填写发票抬头")))
    if number and not (uscc.is_valid(number) or _OLD_TAX_NUMBER.fullmatch(number)):
        problems.append(FieldError("tax_number", _("税号格式不正确，请核对")))
    if email and not _EMAIL.fullmatch(email.strip()):
        problems.append(FieldError("email", _("邮箱格式不正确")))
    if problems:
        raise Invalid(errors=problems)
    if payment.state not in (PAID, PART_REFUNDED):
        raise Conflict(_("该笔缴费不能开具发票"))
    found = session.scalar(select(InvoiceRequest).where(InvoiceRequest.payment_id == payment.id).with_for_update())
    if found is not None and found.state != REJECTED:
        raise Conflict(_("该笔缴费已申请开票，请勿重复申请"))
    values = {
        "title": title.strip(), "tax_number": number or None, "email": email.strip() or None,
        "amount_fen": payment.amount_fen - payment.refunded_fen,
    }  # fmt: skip
    if found is not None:
        return InvoiceRequest.flow.apply(session, found, "ask_again", member_id=member_id, reason="", **values)
    invoice = InvoiceRequest(
        community_id=payment.community_id, payment_id=payment.id, member_id=member_id, **values
    )  # fmt: skip
    session.add(invoice)
    session.flush()
    return invoice


def issue(session: Session, invoice: InvoiceRequest, invoice_no: str) -> InvoiceRequest:
    """Note the number of the invoice that was issued, and tell who asked. It is of what was not refunded by now.

    Raises Invalid without a number, Conflict when all the money went back.
    """
    if not invoice_no.strip():
        raise Invalid.field("invoice_no", _("请填写发票号码"))
    payment = session.get_one(Payment, invoice.payment_id, populate_existing=True)
    amount_fen = payment.amount_fen - payment.refunded_fen
    if not amount_fen:
        raise Conflict(_("该笔缴费已全部退款，请驳回开票申请"))
    InvoiceRequest.flow.apply(session, invoice, "issue", invoice_no=invoice_no.strip(), amount_fen=amount_fen)
    text = _("您申请的发票已开具，发票号码 %(number)s", number=invoice.invoice_no)
    messages.send(session, invoice.member_id, "invoice", _("发票已开具"), text, _page(invoice))
    return invoice


def reject(session: Session, invoice: InvoiceRequest, reason: str) -> InvoiceRequest:
    """Turn a request down with a reason; the member may ask again."""
    if not reason.strip():
        raise Invalid.field("reason", _("请填写驳回原因"))
    InvoiceRequest.flow.apply(session, invoice, "reject", reason=reason.strip())
    text = _("您的开票申请未通过：%(reason)s", reason=invoice.reason)
    messages.send(session, invoice.member_id, "invoice", _("开票申请未通过"), text, _page(invoice))
    return invoice


def _page(invoice: InvoiceRequest) -> str:
    return f"/pkg-billing/payment?id={invoice.payment_id}"
