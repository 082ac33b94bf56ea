"""What is kept no longer than it is needed (PIPL, article 19): material of applications that came to nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock, media, settings
from app.core.db import execute
from app.modules.members.models import REJECTED, WITHDRAWN, Certification

AT_ONCE = 500


def forget_material(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: of applications that were rejected or withdrawn long ago drop the pictures and the numbers.

    The application itself stays, with name, decision and reason, as a record of the decision.
    """
    before = clock.now() - timedelta(days=settings.get("members.material_days"))
    ended = func.coalesce(Certification.decided_at, Certification.updated_at)
    old = session.scalars(
        select(Certification.id)
        .where(Certification.state.in_((REJECTED, WITHDRAWN)), ended < before, Certification.phone_index.is_not(None))
        .order_by(Certification.id)
        .limit(AT_ONCE)
    ).all()
    if not old:
        return
    pictures = select(media.MediaFile).where(
        media.MediaFile.record == Certification.__tablename__, media.MediaFile.record_id.in_([str(one) for one in old])
    )
    for file in session.scalars(pictures).all():
        media.drop(session, file)
    execute(
        session,
        update(Certification)
        .where(Certification.id.in_(old))
        .values(
            phone="", phone_index=None, phone_tail=None, id_number=None, id_number_index=None,
            credit_code=None, credit_code_index=None,
        ),
    )  # fmt: skip
    audit.record(session, "expire", Certification.__tablename__, {"count": len(old)})
