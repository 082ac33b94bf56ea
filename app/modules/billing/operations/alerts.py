"""What about money a person has to look at."""

from sqlalchemy.orm import Session

from app.core.db import conflict_insert, execute
from app.modules.billing.models import Payment, PaymentAlert


def raise_alert(
    session: Session,
    kind: str,
    *,
    channel: str,
    dedupe: str,
    detail: str,
    payment: Payment | None = None,
    channel_no: str = "",
) -> None:
    """Show staff that something does not fit; the same thing (``dedupe``) stands there once, however often it comes."""
    insert = conflict_insert(session, PaymentAlert).values(
        kind=kind,
        channel=channel,
        dedupe=dedupe[:96],
        detail=detail[:300],
        channel_no=channel_no[:64],
        payment_id=payment.id if payment else None,
        customer_id=payment.customer_id if payment else None,
        community_id=payment.community_id if payment else None,
    )
    execute(session, insert.on_conflict_do_nothing())
