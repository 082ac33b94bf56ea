"""What residents see of their bills (B1, B2)."""

from datetime import timedelta

import pytest

from app.core import clock
from app.modules.billing.models import Bill
from app.modules.billing.operations import payments
from app.modules.members.models import CustomerMember
from tests.conftest import PhoneOf, Store
from tests.modules.billing.factories import make_bill, make_household
from tests.phones import Phone


@pytest.fixture
def resident(phone: PhoneOf, store: Store) -> tuple[Phone, int, int]:
    """Somebody with two bills, one overdue, in one unit; and the numbers of both bills."""
    li = phone("dev-li")
    with store() as session:
        customer, unit, _member = make_household(session)
        session.add(CustomerMember(customer_id=customer.id, member_id=int(li.member["id"])))
        overdue = make_bill(session, customer, unit, 10_000, due_on=clock.today() - timedelta(days=3), fee_key="water")
        coming = make_bill(session, customer, unit, 24_220)
        make_bill(session, *make_household(session)[:2])  # somebody else's
        return li, overdue.id, coming.id


@pytest.mark.req("B1")
def test_what_is_owed_is_shown_per_unit_and_fee(resident: tuple[Phone, int, int]) -> None:
    li, _overdue, _coming = resident
    summary = li.get("/bills/summary").json
    assert summary is not None
    assert (summary["bills"], summary["outstanding_fen"], summary["overdue_fen"]) == (2, 34_220, 10_000)
    assert [unit["outstanding_fen"] for unit in summary["units"]] == [34_220]
    assert {fee["fee"]: fee["outstanding_fen"] for fee in summary["fees"]} == {"water": 10_000, "management": 24_220}


@pytest.mark.req("B1")
def test_a_bill_explains_its_amount_and_shows_what_was_paid(resident: tuple[Phone, int, int], store: Store) -> None:
    li, overdue, coming = resident
    found = li.get("/bills?state=unpaid").json
    assert found is not None
    assert [(bill["id"], bill["overdue"]) for bill in found["items"]] == [(str(coming), False), (str(overdue), True)]
    with store() as session:
        bill = session.get_one(Bill, overdue)
        payments.receive(
            session, community_id=bill.community_id, customer_id=bill.customer_id, bill_ids=[overdue],
            amount_fen=4_000, channel="pos", paid_on=clock.today(),
        )  # fmt: skip
    detail = li.get(f"/bills/{overdue}").json
    assert detail is not None
    assert "86.50 m² × ¥2.80/m²·月" in detail["lines"][0]["explanation"]
    assert [(paid["channel_text"], paid["amount_fen"]) for paid in detail["payments"]] == [("POS 刷卡", 4_000)]
    assert (detail["bill"]["state"], detail["bill"]["outstanding_fen"]) == ("part_paid", 6_000)
    history = li.get("/payments").json
    assert history is not None
    assert [row["amount_fen"] for row in history["items"]] == [4_000]


def test_the_list_is_narrowed_by_state_unit_and_fee(resident: tuple[Phone, int, int]) -> None:
    li, overdue, _coming = resident
    for address, expected in (("?fee=water", [str(overdue)]), ("?state=paid", []), ("?unit_id=999999", [])):
        answer = li.get(f"/bills{address}").json
        assert answer is not None
        assert [bill["id"] for bill in answer["items"]] == expected
    assert li.get("/bills?state=overdue").status_code == 422


@pytest.mark.req("B2", "G5")
def test_visitors_have_no_bills(phone: PhoneOf) -> None:
    assert phone("dev-guest").get("/bills").status_code == 403
