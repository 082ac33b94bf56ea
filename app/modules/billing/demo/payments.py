"""The demonstration's payers: most pay each month on time, some owe the last one, some all; one wants money back."""

from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.models import Bill
from app.modules.billing.models.bills import OPEN
from app.modules.billing.operations import payments, refunds, waivers
from app.modules.members.demo import DEMO_MEMBERS
from app.modules.members.models import CustomerMember, Member

WAYS = ("transfer", "transfer", "transfer", "pos", "cash", "finance")
OWES = 0.12
"""One in eight has paid nothing for months."""
LATE = 0.15
"""Of the others so many have not paid what fell due last."""


def fill(session: Session, community_id: int, rng: Random) -> None:
    """Pay a little before the day on which it falls due, as far as that day has come; ask for a refund and a waiver.

    Those who sign in on the phone owe what fell due last, so that they see something to pay.
    """
    today = clock.today()
    due = session.execute(
        select(Bill.due_on, Bill.customer_id)
        .where(Bill.community_id == community_id, Bill.state.in_(OPEN))
        .distinct()
        .order_by(Bill.due_on, Bill.customer_id)
    ).all()
    newest = max((row.due_on for row in due if row.due_on < today), default=today)
    at_phone = _at_the_phone(session)
    owing = {customer for customer in sorted({row.customer_id for row in due} - at_phone) if rng.random() < OWES}
    paid = None
    for number, (due_on, customer_id) in enumerate(due):
        day = due_on - timedelta(days=rng.randrange(1, 9))
        late = due_on >= newest and (customer_id in at_phone or rng.random() < LATE)
        if day >= today or late or customer_id in owing:
            continue
        bills = session.scalars(
            select(Bill).where(
                Bill.customer_id == customer_id, Bill.community_id == community_id, Bill.due_on == due_on
            )
        ).all()[: payments.MOST_BILLS]
        way = rng.choice(WAYS)
        with clock.travel(datetime.combine(day, time(10, 30), clock.SHANGHAI)):
            paid = payments.receive(
                session, community_id=community_id, customer_id=customer_id, bill_ids=[bill.id for bill in bills],
                amount_fen=sum(bill.outstanding_fen for bill in bills), channel=way, paid_on=day,
                channel_no=f"YH{day:%Y%m%d}{number:04d}" if way in ("transfer", "finance") else None,
            )  # fmt: skip
    if paid is not None:
        refunds.request(session, paid, 5_000, "车位已退租，多收一个月", None)
    overdue = select(Bill).where(Bill.community_id == community_id, Bill.state.in_(OPEN), Bill.due_on < today)
    bill = session.scalar(overdue.order_by(Bill.id).limit(1))
    if bill is not None:
        waivers.request(session, bill, "principal", min(2_000, bill.principal_due_fen), "电梯停运三天的补偿", None)


def _at_the_phone(session: Session) -> set[int]:
    names = [nickname for _code, nickname, _role in DEMO_MEMBERS]
    linked = select(CustomerMember.customer_id).join(Member, Member.id == CustomerMember.member_id)
    return set(session.scalars(linked.where(Member.nickname.in_(names))))
