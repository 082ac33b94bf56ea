"""What billing keeps about a member, and what it lets go of; the ledger itself is the property's book and stays."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core.db import execute
from app.core.own_data import Own
from app.modules.billing.models import InvoiceRequest, Payment

OWN_DATA = (
    Own(
        "payments", Payment, lambda member_id: Payment.member_id == member_id,
        ("number", "channel", "amount_fen", "refunded_fen", "state", "created_at", "paid_at"),
    ),
    Own(
        "invoice_requests", InvoiceRequest, lambda member_id: InvoiceRequest.member_id == member_id,
        ("title", "tax_number", "email", "amount_fen", "state", "invoice_no", "created_at"),
    ),
)  # fmt: skip


def forget(session: Session, *, member_id: int) -> None:
    """The address an invoice was sent to goes; its title and number belong to the accounts (会计法)."""
    execute(session, update(InvoiceRequest).where(InvoiceRequest.member_id == member_id).values(email=None))
