"""What is done about money in the demonstration: entries of the finance system, reminders, a dispute, an invoice."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.billing.models import Bill, DunningHold, FinanceEntry, Payment
from app.modules.billing.models.money import PAID
from app.modules.billing.operations import dunning, finance, invoices
from app.modules.billing.operations.payments import OPEN
from app.modules.members.models import Customer, CustomerMember

REMINDED = 12


def fill(session: Session, community_id: int) -> None:
    """An entry that names its bill, two that somebody has to match; reminders; a hold; a wish for an invoice."""
    dunning.install(session)
    overdue = (
        select(Bill)
        .where(Bill.community_id == community_id, Bill.state.in_(OPEN), Bill.due_on < clock.today())
        .order_by(Bill.id)
    )
    bills = session.scalars(overdue.limit(REMINDED + 2)).all()
    if len(bills) < REMINDED + 2:
        return
    named, disputed, *others = bills
    day = clock.today() - timedelta(days=1)
    name = session.get_one(Customer, others[0].customer_id).name
    entries = [
        FinanceEntry(
            community_id=community_id, external_no=f"CW{day:%Y%m%d}{number:03d}", paid_on=day, amount_fen=fen,
            bill_no=bill_no, customer_name=customer, payer=payer, note="网银转账",
        )
        for number, (fen, bill_no, customer, payer) in enumerate(
            (
                (named.outstanding_fen, named.number, "", "李建国"),
                (others[0].outstanding_fen + 1, "", name, "黄丽华"),
                (88_800, "", "岭南餐饮", "岭南餐饮管理公司"),
            ),
            1,
        )
    ]  # fmt: skip
    session.add_all(entries)
    session.flush()
    finance.match_imported(session, {FinanceEntry: [{"id": entry.id} for entry in entries]})
    session.add(
        DunningHold(
            community_id=community_id, customer_id=disputed.customer_id, bill_id=disputed.id, reason="dispute",
            until=clock.today() + timedelta(days=30), note="客户对抄表读数有异议，待复核",
        )
    )  # fmt: skip
    session.flush()
    dunning.remind(session, [bill.id for bill in others], None)
    _invoice(session, community_id)


def _invoice(session: Session, community_id: int) -> None:
    """The newest payment of somebody who uses the mini-program is to have an invoice."""
    found = session.execute(
        select(Payment, CustomerMember.member_id, Customer.name)
        .join(CustomerMember, CustomerMember.customer_id == Payment.customer_id)
        .join(Customer, Customer.id == Payment.customer_id)
        .where(Payment.community_id == community_id, Payment.state == PAID)
        .order_by(Payment.id.desc())
        .limit(1)
    ).one_or_none()
    if found is not None:
        payment, member_id, title = found
        invoices.request(session, payment, member_id, title=title, tax_number="", email="fapiao@example.com")
