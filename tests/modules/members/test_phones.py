"""What a phone number that WeChat vouches for brings: technicians and customers that were entered under it (G3)."""

import pytest

from app.modules.members import operations
from app.modules.members.models import Technician
from tests.conftest import PhoneOf, Store
from tests.factories import make_customer, make_technician
from tests.phones import Phone
from tests.postgresql import both_databases

NUMBER, OTHER = "13512345678", "13612345678"


def bind(phone: Phone, number: str) -> str:
    answer = phone.post("/auth/phone", {"code": f"phone-{number}"})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return str(answer.json["role"])


def test_a_customers_contact_acts_for_it_after_signing_in_with_the_number(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        make_customer(session, name="穗澜科技", phone=NUMBER)
        make_customer(session, name="已退租", phone=NUMBER, active=False)
        make_customer(session, name="别家", phone=OTHER)
    li = phone("dev-li")
    assert bind(li, NUMBER) == "merchant"
    assert bind(li, NUMBER) == "merchant", "twice is once"
    assert [c["name"] for c in li.get("/me").json["customers"]] == ["穗澜科技"]  # type: ignore[index]
    assert li.get("/me").json["certification"] == "approved"  # type: ignore[index]


@pytest.mark.req("G3")
@both_databases
def test_the_role_of_a_technician_goes_with_the_number(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        make_technician(session, phone=NUMBER)
    before, after = phone("dev-before"), phone("dev-after")
    assert bind(before, NUMBER) == "technician"
    assert bind(after, NUMBER) == "technician"
    assert before.role() == "visitor", "one technician is one person: who showed the number last"


@pytest.mark.req("G3")
@both_databases
def test_a_member_with_another_technicians_number_is_that_one_only(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        first, second = make_technician(session, phone=NUMBER).id, make_technician(session, phone=OTHER).id
    wang = phone("dev-wang")
    bind(wang, NUMBER)
    assert bind(wang, OTHER) == "technician"
    with store() as session:
        assert session.get_one(Technician, first).member_id is None
        assert session.get_one(Technician, second).member_id == int(wang.member["id"])


@pytest.mark.req("G3")
def test_a_technician_made_or_changed_after_the_sign_in_is_recognised_too(phone: PhoneOf, store: Store) -> None:
    wang = phone("dev-wang")
    assert bind(wang, NUMBER) == "visitor"
    with store() as session:
        made = operations.save_technician(session, None, {"name": "王师傅", "phone": NUMBER, "trades": ["lift"]})
        number = made.id
    assert wang.role() == "technician"
    with store() as session:
        operations.save_technician(session, session.get_one(Technician, number), {"phone": OTHER})
    assert wang.role() == "visitor", "the number is somebody else's now"
    with store() as session:
        operations.save_technician(session, session.get_one(Technician, number), {"phone": NUMBER})
    assert wang.role() == "technician"
    with store() as session:
        operations.save_technician(session, session.get_one(Technician, number), {"active": False})
    assert wang.role() == "visitor", "nor does a dismissed technician have the role"


@pytest.mark.parametrize("code", ["phone-1", "phone-12345678901", "phone-", "x", ""])
def test_a_code_that_gives_no_mainland_mobile_number_is_refused(phone: PhoneOf, code: str) -> None:
    answer = phone("dev-li").post("/auth/phone", {"code": code})
    assert answer.status_code == 422
    assert answer.json is not None
    assert not answer.json["errors"][0]["message"].isascii()


def test_only_somebody_signed_in_can_bind_a_number(phone: PhoneOf) -> None:
    assert phone().post("/auth/phone", {"code": f"phone-{NUMBER}"}).status_code == 401
