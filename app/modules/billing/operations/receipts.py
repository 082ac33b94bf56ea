"""Receipts on paper: the first print is the original, every later one a reprint that says so."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.modules.billing.models import Receipt, ReceiptPrint


def note_print(session: Session, receipt: Receipt, staff_id: int | None) -> int:
    """Note that a receipt is being printed; which time it is, from 1. Two at once are two different times."""
    session.execute(select(Receipt.id).where(Receipt.id == receipt.id).with_for_update())
    before = session.scalar(select(func.max(ReceiptPrint.number)).where(ReceiptPrint.receipt_id == receipt.id)) or 0
    session.add(
        ReceiptPrint(
            community_id=receipt.community_id, receipt_id=receipt.id, number=before + 1, staff_id=staff_id
        )
    )  # fmt: skip
    session.flush()
    return before + 1
