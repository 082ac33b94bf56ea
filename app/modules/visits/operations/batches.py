"""Batches of cards: asked for by a company, approved by staff or by the company's own people (V4)."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core import clock, messages, settings
from app.core.db import execute
from app.core.errors import Conflict, Invalid
from app.modules.members import queries as members
from app.modules.members.models import CustomerMember, Occupancy
from app.modules.visits import queries
from app.modules.visits.models import BatchGrant, PassBatch, Visit
from app.modules.visits.models.visits import APPROVED, BATCH, EXPECTED, REVOKED
from app.modules.visits.operations import passes
from app.modules.visits.operations.visiting import check_times

PAGE = "/pkg-visits/batch"
AT_ONCE = 1000


def request(session: Session, member_id: int, unit_id: int, *, count: int, purpose: str, starts_at: datetime,
            ends_at: datetime, names: Sequence[str] = (), uses: int = 1) -> PassBatch:  # fmt: skip
    """A company asks for cards for a group. Raises Invalid."""
    held = members.current_occupancies(member_id).where(Occupancy.unit_id == unit_id)
    occupancy = session.scalar(held.limit(1))
    if occupancy is None:
        raise Invalid.field("unit_id", _("请选择您名下的房号"))
    most = settings.get("visits.batch_most")
    if not 1 <= count <= most:
        raise Invalid.field("count", _("张数应为 1 至 %(most)s", most=most))
    if len(names) > count:
        raise Invalid.field("names", _("名单有 %(n)s 人，多于张数", n=len(names)))
    check_times(starts_at, ends_at, "visits.batch_longest_days")
    batch = PassBatch(
        community_id=occupancy.community_id, unit_id=unit_id, customer_id=occupancy.customer_id, member_id=member_id,
        count=count, uses=uses, purpose=purpose.strip(), names="\n".join(name.strip() for name in names),
        starts_at=starts_at.replace(microsecond=0), ends_at=ends_at.replace(microsecond=0),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


def granted_to(session: Session, member_id: int) -> dict[int, int]:
    """The companies that a member acts for and that approve their own batches: up to how many cards each."""
    granted = (
        select(BatchGrant.customer_id, BatchGrant.most_cards)
        .join(CustomerMember, CustomerMember.customer_id == BatchGrant.customer_id)
        .where(CustomerMember.member_id == member_id, BatchGrant.active.is_(True))
    )
    return dict(session.execute(granted).tuples().all())


def may_decide(session: Session, member_id: int, batch: PassBatch) -> bool:
    """Whether a member approves this batch for their company."""
    return batch.count <= granted_to(session, member_id).get(batch.customer_id, 0)


def approve(session: Session, batch: PassBatch, *, staff_id: int | None = None, member_id: int | None = None) -> None:
    """All cards of the batch are made at once. Raises Conflict."""
    if batch.ends_at <= clock.now():
        raise Conflict(_("来访时间已过，不能再通过"), code="visit_over")
    PassBatch.flow.apply(
        session, batch, "approve", decided_by=staff_id, decided_by_member=member_id, decided_at=clock.now()
    )
    names = batch.names.split("\n") if batch.names else []
    cards = [
        Visit(
            community_id=batch.community_id, kind=BATCH, unit_id=batch.unit_id, batch_id=batch.id,
            visitor_name=names[n] if n < len(names) else _("来访卡 %(number)s", number=f"{n + 1:03d}"),
            purpose=batch.purpose, uses=batch.uses, starts_at=batch.starts_at, ends_at=batch.ends_at, state=APPROVED,
            host_id=batch.member_id, staff_id=staff_id,
        )
        for n in range(batch.count)
    ]  # fmt: skip
    session.add_all(cards)
    session.flush()
    passes.issue(session, cards)
    _tell(session, batch, _("批量来访卡已通过"), _("共 %(count)s 张，可在有效期内取用", count=batch.count))


def reject(session: Session, batch: PassBatch, reason: str, *, staff_id: int | None = None,
           member_id: int | None = None) -> None:  # fmt: skip
    """Decline a batch. Raises Conflict."""
    PassBatch.flow.apply(
        session, batch, "reject", reason=reason.strip(), decided_by=staff_id, decided_by_member=member_id,
        decided_at=clock.now(),
    )  # fmt: skip
    _tell(session, batch, _("批量来访卡未通过"), reason.strip() or _("如有疑问请联系物业服务中心"))


def revoke(session: Session, batch: PassBatch, reason: str) -> None:
    """All cards of a batch that are left are dead at once."""
    PassBatch.flow.apply(session, batch, "revoke", reason=reason.strip())
    cards = select(Visit.id).where(Visit.batch_id == batch.id)
    passes.end(session, cards)
    execute(
        session,
        update(Visit)
        .where(Visit.batch_id == batch.id, Visit.state.in_(EXPECTED))
        .values(state=REVOKED, reason=reason.strip(), updated_at=clock.now()),
    )
    _tell(session, batch, _("批量来访卡已作废"), reason.strip())


def cancel(session: Session, batch: PassBatch) -> None:
    """Whoever asked for it no longer wants it."""
    PassBatch.flow.apply(session, batch, "cancel")


def _tell(session: Session, batch: PassBatch, title: str, body: str) -> None:
    if batch.member_id is not None:
        about = f"{batch.purpose}（{queries.when(batch)}）：{body}"
        messages.send(session, batch.member_id, "visit", title, about, f"{PAGE}?id={batch.id}")
