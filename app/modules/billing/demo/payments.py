"""The demonstration's payers: most pay what is old in one go, some owe it still, and one wants money back."""

from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.models import Bill
from app.modules.billing.models.bills import OPEN
from app.modules.billing.operations import payments, refunds, waivers

WAYS = ("transfer", "transfer", "transfer", "pos", "cash", "finance")
OWES = 0.2
"""One in five has not paid yet."""
RECENT = timedelta(days=20)


def fill(session: Session, community_id: int, rng: Random) -> None:
    """Pay what is due of most customers, a little before its day; ask for a refund and a waiver."""
    today = clock.today()
    payers = session.execute(
        select(Bill.customer_id, func.max(Bill.due_on))
        .where(Bill.community_id == community_id, Bill.state.in_(OPEN), Bill.due_on < today - RECENT)
        .group_by(Bill.customer_id)
        .order_by(Bill.customer_id)
    ).all()
    paid = None
    for number, (customer_id, due_on) in enumerate(payers):
        if rng.random() < OWES:
            continue
        bills = session.scalars(
            select(Bill).where(
                Bill.customer_id == customer_id, Bill.community_id == community_id, Bill.due_on <= due_on
            )
        ).all()[: payments.MOST_BILLS]
        day = due_on - timedelta(days=rng.randrange(1, 9))
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
