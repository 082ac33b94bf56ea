"""What about money a person has to look at."""

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.db import conflict_insert, execute
from app.core.errors import Invalid
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
    community_id: int | None = None,
) -> None:
    """Show staff that something does not fit; the same thing (``dedupe``) stands there once, however often it comes.

    ``community_id`` says whose matter it is where there is no payment to say so.
    """
    insert = conflict_insert(session, PaymentAlert).values(
        kind=kind,
        channel=channel,
        dedupe=dedupe[:96],
        detail=detail[:300],
        channel_no=channel_no[:64],
        payment_id=payment.id if payment else None,
        customer_id=payment.customer_id if payment else None,
        community_id=payment.community_id if payment else community_id,
    )
    execute(session, insert.on_conflict_do_nothing())


def resolve(session: Session, alert: PaymentAlert, resolution: str) -> PaymentAlert:
    """Somebody has looked at it and says what came of it. Raises Invalid without words, Conflict when it was done."""
    if not resolution.strip():
        raise Invalid.field("resolution", _("请填写处理结果"))
    return PaymentAlert.flow.apply(session, alert, "resolve", resolution=resolution.strip()[:200])
