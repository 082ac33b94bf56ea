"""What happens to money, step by step, through the operations; the state machine beside this goes everywhere else."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.modules.billing.models import Account, Bill, LedgerEntry, Payment, PaymentAlert, Receipt, Refund
from app.modules.billing.operations import charges, deposits, offset, payments, refunds, waivers
from app.modules.billing.signals import bill_reopened, bill_settled
from tests.conftest import Store
from tests.factories import make_member
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household
from tests.modules.members.races import race
from tests.postgresql import both_databases


def take(session: Any, customer: Any, unit: Any, fen: int, **values: Any) -> Payment:
    """Money at the counter."""
    return payments.receive(
        session,
        **{
            "community_id": unit.community_id,
            "customer_id": customer.id,
            "bill_ids": [],
            "amount_fen": fen,
            "channel": "cash",
            "paid_on": clock.today(),
            **values,
        },
    )


def told(payment: Payment, **values: Any) -> dict[str, Any]:
    """What a channel says about a payment that was made."""
    return {
        "channel_no": f"T{payment.number}",
        "amount_fen": payment.amount_fen,
        "currency": "CNY",
        "paid_at": clock.now(),
        **values,
    }


@pytest.mark.req("B1")
def test_one_payment_settles_several_bills_and_gives_one_receipt(store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        first, second = make_bill(session, customer, unit, 24_220), make_bill(session, customer, unit, 13_155)
        payment = payments.open_payment(session, member.id, [first.id, second.id]).payment
        assert payment.amount_fen == 37_375
        booking = payments.book(session, payment.number, **told(payment))
        assert booking.outcome == "booked"
        assert [first.state, second.state, payment.state] == ["paid", "paid", "paid"]
        receipt = session.scalars(select(Receipt)).one()
        assert receipt.amount_fen == 37_375
        assert [item["principal_fen"] for item in receipt.content["items"]] == [24_220, 13_155]
        check_books(session, unit.community_id)


def test_the_same_order_again_is_the_same_payment_and_another_takes_its_place(store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        bill = make_bill(session, customer, unit)
        spouse = make_member(session, customer)
        first = payments.open_payment(session, member.id, [bill.id])
        again = payments.open_payment(session, member.id, [bill.id])
        assert again.payment is first.payment
        assert again.superseded == []
        other = payments.open_payment(session, spouse.id, [bill.id])
        assert other.payment is not first.payment
        assert other.superseded == [first.payment]


def test_two_of_a_family_who_both_pay_leave_a_prepayment_and_staff_are_told(store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        bill = make_bill(session, customer, unit, 24_220)
        one = payments.open_payment(session, member.id, [bill.id]).payment
        two = payments.open_payment(session, make_member(session, customer).id, [bill.id]).payment
        payments.close(session, one)
        payments.book(session, two.number, **told(two))
        assert payments.book(session, one.number, **told(one)).outcome == "booked"  # closed, and paid all the same
        assert session.scalars(select(Account.prepaid_fen)).one() == 24_220
        assert session.scalars(select(PaymentAlert.kind)).all() == ["double"]
        check_books(session, unit.community_id)


@pytest.mark.req("B2")
def test_nobody_pays_a_bill_that_is_not_theirs(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit)
        _other, _unit, stranger = make_household(session)
        with pytest.raises(NotFound):
            payments.open_payment(session, stranger.id, [bill.id])
        with pytest.raises(NotFound):
            payments.open_payment(session, stranger.id, [999_999])


def test_bills_that_cannot_be_paid_together_or_at_all_are_refused_in_words(store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        other_unit = make_household(session)[1]
        here, there = make_bill(session, customer, unit), make_bill(session, customer, other_unit)
        with pytest.raises(Invalid):
            payments.open_payment(session, member.id, [here.id, there.id])
        with pytest.raises(Invalid):
            payments.open_payment(session, member.id, [])
        take(session, customer, unit, here.amount_fen, bill_ids=[here.id])
        with pytest.raises(Conflict):
            payments.open_payment(session, member.id, [here.id])


@pytest.mark.parametrize(
    ("change", "kind"), [({"amount_fen": 1}, "amount"), ({"currency": "USD"}, "currency")], ids=["amount", "currency"]
)
def test_what_differs_from_our_payment_is_booked_nowhere_and_raised_to_staff_once(
    store: Store, change: dict[str, Any], kind: str
) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        bill = make_bill(session, customer, unit)
        payment = payments.open_payment(session, member.id, [bill.id]).payment
        for _time in range(2):
            assert payments.book(session, payment.number, **told(payment, **change)).outcome == "refused"
        assert (payment.state, bill.state) == ("created", "unpaid")
        assert session.scalars(select(PaymentAlert.kind)).all() == [kind]
        assert payments.book(session, payment.number, **told(payment)).outcome == "booked"


def test_one_transaction_of_the_channel_books_one_payment_only(store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        one = payments.open_payment(session, member.id, [make_bill(session, customer, unit).id]).payment
        two = payments.open_payment(session, member.id, [make_bill(session, customer, unit).id]).payment
        payments.book(session, one.number, **told(one))
        assert payments.book(session, two.number, **told(two, channel_no=f"T{one.number}")).outcome == "refused"
        assert payments.book(session, one.number, **told(one, channel_no="other")).outcome == "refused"
        assert payments.book(session, "P0", **told(one)).outcome == "refused"


@both_databases
def test_of_many_notices_of_one_payment_one_books(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, member = make_household(session)
        payment = payments.open_payment(session, member.id, [make_bill(session, customer, unit).id]).payment
        number, notice, community = payment.number, told(payment), unit.community_id
    outcomes = [booking.outcome for booking in race(app, lambda _n: payments.book(db.session(), number, **notice), 8)]
    assert sorted(outcomes) == ["already"] * 7 + ["booked"]
    with store() as session:
        check_books(session, community)


@both_databases
def test_people_who_pay_the_same_bills_at_once_pay_them_once(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bills = [make_bill(session, customer, unit, 10_000).id for _ in range(3)]
        who, community = customer.id, unit.community_id

    def pay(n: int) -> None:
        payments.receive(
            db.session(), community_id=community, customer_id=who, bill_ids=bills[::-1] if n % 2 else bills,
            amount_fen=30_000, channel="cash", paid_on=clock.today(),
        )  # fmt: skip

    race(app, pay, 6)
    with store() as session:
        check_books(session, community)
        assert session.scalars(select(Account.prepaid_fen)).one() == 5 * 30_000
        assert set(session.scalars(select(Bill.state))) == {"paid"}


def test_part_of_a_bill_is_paid_principal_first(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit, 10_000, due_on=clock.today() - timedelta(days=9))
        bill.late_fee_fen = 500
        take(session, customer, unit, 10_200, bill_ids=[bill.id])
        assert (bill.paid_fen, bill.late_paid_fen, bill.state) == (10_000, 200, "part_paid")
        take(session, customer, unit, 1_000, bill_ids=[bill.id])
        assert (bill.late_paid_fen, bill.state) == (500, "paid")
        assert session.scalars(select(Account.prepaid_fen)).one() == 700
        check_books(session, unit.community_id)


def test_money_without_bills_goes_to_the_oldest_or_to_the_prepayment_as_said(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        newer = make_bill(session, customer, unit, 5_000, due_on=clock.today() + timedelta(days=9))
        older = make_bill(session, customer, unit, 5_000, due_on=clock.today() - timedelta(days=9))
        take(session, customer, unit, 6_000)
        assert (older.state, newer.paid_fen) == ("paid", 1_000)
        take(session, customer, unit, 3_000, prepay=True)
        assert (newer.paid_fen, session.scalars(select(Account.prepaid_fen)).one()) == (1_000, 3_000)
        assert offset.apply(session, unit.community_id, customer.id) == 3_000
        assert (newer.paid_fen, newer.state) == (4_000, "part_paid")
        check_books(session, unit.community_id)


def test_the_counter_refuses_what_cannot_be(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        with pytest.raises(Invalid) as refused:
            take(session, customer, unit, 0, paid_on=clock.today() + timedelta(days=1))
        assert refused.value.by_field().keys() == {"amount_fen", "paid_on"}
        strangers = make_bill(session, *make_household(session)[:2])
        with pytest.raises(NotFound):
            take(session, customer, unit, 100, bill_ids=[strangers.id])


def test_a_refund_takes_back_the_prepayment_even_when_it_was_set_off_since(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        payment = take(session, customer, unit, 10_000, prepay=True)
        bill = make_bill(session, customer, unit, 8_000)
        offset.apply(session, unit.community_id, customer.id)
        assert bill.state == "paid"
        refund = refunds.request(session, payment, 5_000, "多缴", None)
        refunds.approve(session, refund, None)
        assert (bill.state, bill.paid_fen, payment.refunded_fen) == ("part_paid", 5_000, 5_000)
        assert session.scalars(select(Account.prepaid_fen)).one() == 0
        refunds.finish(session, refund)
        refunds.finish(session, refund)  # told twice
        assert (refund.state, payment.state) == ("done", "part_refunded")
        assert session.scalar(select(func.count()).where(LedgerEntry.kind == "refund_paid")) == 1
        check_books(session, unit.community_id)


def test_a_refund_reopens_the_bill_that_the_payment_had_settled(store: Store) -> None:
    heard: list[tuple[str, str]] = []

    def settled(origin: str, **_kwargs: Any) -> None:
        heard.append(("settled", origin))

    def reopened(origin: str, **_kwargs: Any) -> None:
        heard.append(("reopened", origin))

    with store() as session, bill_settled.connected_to(settled), bill_reopened.connected_to(reopened):
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit, 8_000, origin="work_order:7", fee_key="repair")
        assert make_bill(session, customer, unit, 9_000, origin="work_order:7") is bill
        payment = take(session, customer, unit, 8_000)
        refund = refunds.request(session, payment, 8_000, "误收", None)
        with pytest.raises(Invalid):
            refunds.request(session, payment, 1, "又退", None)
        refunds.approve(session, refund, None)
        assert bill.state == "unpaid"
        refunds.finish(session, refund)
        assert payment.state == "refunded"
        check_books(session, unit.community_id)
    assert heard == [("settled", "work_order:7"), ("reopened", "work_order:7")]


@both_databases
def test_of_two_who_approve_a_refund_one_does(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        payment = take(session, customer, unit, 8_000, bill_ids=[make_bill(session, customer, unit, 8_000).id])
        refund, community = refunds.request(session, payment, 8_000, "误收", None).id, unit.community_id

    def approve(_n: int) -> str:
        return refunds.approve(db.session(), db.session.get_one(Refund, refund), None).state

    outcomes = race(app, approve, 4)
    assert [str(outcome) for outcome in outcomes].count("approved") == 1
    with store() as session:
        check_books(session, community)


def test_a_waiver_counts_once_approved_and_never_beyond_what_is_owed(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit, 8_000)
        waiver = waivers.request(session, bill, "principal", 3_000, "空调故障", None)
        assert bill.outstanding_fen == 8_000
        waivers.approve(session, waiver, None)
        assert (bill.outstanding_fen, bill.state) == (5_000, "unpaid")
        late = waivers.request(session, bill, "principal", 5_000, "再免", None)
        take(session, customer, unit, 1_000, bill_ids=[bill.id])
        with pytest.raises(Conflict):
            waivers.approve(session, late, None)
        session.rollback()


def test_a_void_bill_is_nobodys_debt_and_a_paid_one_is_not_voided(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        wrong, right = make_bill(session, customer, unit), make_bill(session, customer, unit)
        with pytest.raises(Invalid):
            charges.void(session, wrong, " ")
        charges.void(session, wrong, "重复出账")
        take(session, customer, unit, right.amount_fen)
        assert (wrong.state, right.state) == ("void", "paid")
        with pytest.raises(Conflict):
            charges.void(session, right, "错")
        check_books(session, unit.community_id)


def test_a_bill_that_owes_only_its_late_fee_since_the_rest_was_waived_can_be_voided(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        bill = make_bill(session, customer, unit, 8_000)
        bill.late_fee_fen = 40
        waivers.approve(session, waivers.request(session, bill, "principal", 8_000, "空调故障", None), None)
        assert (bill.state, bill.outstanding_fen) == ("unpaid", 40)
        charges.void(session, bill, "重复出账")
        assert bill.state == "void"
        check_books(session, unit.community_id)


def test_a_deposit_is_set_off_and_the_rest_given_back_with_approval(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        deposit = deposits.receive(
            session, community_id=unit.community_id, customer_id=customer.id, unit_id=unit.id, title="装修押金",
            amount_fen=50_000, channel="transfer", received_on=clock.today(),
        )  # fmt: skip
        bill = make_bill(session, customer, unit, 8_000)
        with pytest.raises(Invalid):
            deposits.deduct(session, deposit, bill, 50_001)
        deposits.deduct(session, deposit, bill, 8_000)
        assert (bill.state, deposit.deducted_fen) == ("paid", 8_000)
        with pytest.raises(Conflict):
            deposits.give_back(session, deposit)
        deposits.request_return(session, deposit, "装修验收合格")
        deposits.give_back(session, deposit)
        assert deposit.state == "returned"
        check_books(session, unit.community_id)


def test_a_receipt_number_of_a_booking_that_failed_is_used_by_the_next(app: Flask, store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        take(session, customer, unit, 100)
        who, community = customer.id, unit.community_id
    with app.app_context():
        payments.receive(
            db.session(), community_id=community, customer_id=who, bill_ids=[], amount_fen=100, channel="cash",
            paid_on=clock.today(),
        )  # fmt: skip
        db.session.rollback()
    with store() as session:
        payments.receive(
            session, community_id=community, customer_id=who, bill_ids=[], amount_fen=100, channel="cash",
            paid_on=clock.today(),
        )  # fmt: skip
        numbers = session.scalars(select(Receipt.number).order_by(Receipt.id)).all()
        assert [number[-6:] for number in numbers] == ["000001", "000002"]
