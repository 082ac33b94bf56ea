"""Waivers: asked for by one, approved by somebody with the right."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import yuan
from app.core.errors import Conflict, Invalid
from app.modules.billing.models import Bill, Waiver
from app.modules.billing.models.bills import OPEN, PRINCIPAL
from app.modules.billing.models.ledger import RECEIVABLE, WAIVED, WAIVER
from app.modules.billing.operations import ledger


def request(session: Session, bill: Bill, part: str, amount_fen: int, reason: str, staff_id: int | None) -> Waiver:
    """Ask to waive part of a bill's principal or late fee. Raises Invalid for more than is owed of it."""
    if not reason.strip():
        raise Invalid.field("reason", _("请填写减免原因"))
    if bill.state not in OPEN:
        raise Conflict(_("账单已结清或已作废，不能减免"))
    due = bill.principal_due_fen if part == PRINCIPAL else bill.late_due_fen
    if not 0 < amount_fen <= due:
        raise Invalid.field("amount_fen", _("减免金额应大于 0，且不超过尚欠的 %(due)s", due=yuan(due)))
    waiver = Waiver(
        community_id=bill.community_id,
        bill_id=bill.id,
        part=part,
        amount_fen=amount_fen,
        reason=reason.strip()[:200],
        requested_by=staff_id,
    )
    session.add(waiver)
    session.flush()
    return waiver


def approve(session: Session, waiver: Waiver, staff_id: int | None) -> Waiver:
    """Grant a waiver: the bill asks for that much less. Raises Conflict when less than that is owed by now."""
    Waiver.flow.apply(session, waiver, "approve", decided_by=staff_id, decided_at=clock.now())
    bill = session.get_one(Bill, waiver.bill_id)
    ledger.waive(session, bill, waiver.part, waiver.amount_fen)
    if waiver.part == PRINCIPAL:  # a late fee enters the ledger only when it is paid
        ledger.enter(
            session, WAIVER, WAIVED, RECEIVABLE, waiver.amount_fen, waiver_id=waiver.id, **ledger.of_bill(bill)
        )
    session.flush()
    return waiver


def reject(session: Session, waiver: Waiver, staff_id: int | None) -> Waiver:
    """Decline a waiver; the bill stays as it is."""
    return Waiver.flow.apply(session, waiver, "reject", decided_by=staff_id, decided_at=clock.now())
