"""What happens when several people press at once: exactly one wins, on both databases (G2, G3)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.audit import AuditEntry, verify
from app.core.db import db
from app.core.errors import Conflict
from app.modules.members import certification, operations
from app.modules.members.models import Certification, Customer, CustomerMember, Member, MemberToken
from tests.conftest import Browse, Store
from tests.factories import make_certification, make_member, make_staff, make_unit
from tests.modules.members.races import AT_ONCE, race
from tests.postgresql import both_databases


@both_databases
@pytest.mark.req("G2")
def test_of_many_reviewers_at_once_one_decides_and_the_others_are_told(app: Flask, store: Store) -> None:
    with store() as session:
        unit, member = make_unit(session), make_member(session)
        staff = [make_staff(session, f"reviewer{n}", set()).id for n in range(AT_ONCE)]
        number = make_certification(session, member.id, unit).id

    def decide(n: int) -> str:
        session = db.session()
        found = session.get_one(Certification, number)
        if n % 2:
            return str(certification.reject(session, found, staff[n], "材料不清晰").state)
        return str(certification.approve(session, found, staff[n], None).state)

    results = race(app, decide)
    won = [result for result in results if isinstance(result, str)]
    assert len(won) == 1
    assert all(isinstance(result, Conflict) for result in results if result not in won)
    with store() as session:
        assert session.get_one(Certification, number).state == won[0]
        customers = session.scalar(select(func.count()).select_from(Customer))
        links = session.scalar(select(func.count()).select_from(CustomerMember))
        assert (customers, links) == ((1, 1) if won[0] == "approved" else (0, 0))
        moves = select(func.count()).where(
            AuditEntry.record == "certification", AuditEntry.action.in_(["approve", "reject"])
        )
        assert session.scalar(moves) == 1
        assert verify(session)[1] is None, "the audit chain is whole after the race"


@both_databases
@pytest.mark.req("G1")
def test_the_first_sign_in_from_two_phones_at_once_makes_one_member(app: Flask, store: Store) -> None:
    race(app, lambda _n: operations.sign_in(db.session(), "openid-new", None)[0].id)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Member)) == 1
        assert session.scalar(select(func.count()).select_from(MemberToken)) == AT_ONCE


@both_databases
@pytest.mark.req("G2")
def test_two_of_one_firm_approved_at_once_make_one_customer(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session)
        numbers = []
        for n in range(2):
            firm = {"kind": "merchant", "name": "穗澜科技", "credit_code": "91110000600037341L"}
            application = make_certification(session, make_member(session).id, unit, phone=f"1380013800{n}", **firm)
            numbers.append(application.id)
    reviewers = [browse(name, {("certification", "view"), ("certification", "approve")}) for name in ("he", "she")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda n: reviewers[n].post(f"/members/certification/{numbers[n]}/approve").status_code, range(2))
        )
    assert answers == [302, 302]
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 1
        states = sorted(session.scalars(select(Certification.state)))
        assert states == ["approved", "pending"], "the other is told to choose the customer that there is now"
        waiting = session.scalars(select(Certification.id).where(Certification.state == "pending")).one()
    page = reviewers[0].get(f"/members/certification/{waiting}").get_data(as_text=True)
    assert "统一社会信用代码一致" in page
