"""What happens when several people press at once: exactly one wins, on both databases (G2, G3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.audit import AuditEntry, verify
from app.core.db import db, transaction
from app.core.errors import Conflict
from app.modules.members import certification, operations
from app.modules.members.models import Certification, CertificationUnit, Customer, CustomerMember, Member, MemberToken
from tests.conftest import Store
from tests.factories import make_member, make_staff, make_unit
from tests.postgresql import both_databases

AT_ONCE = 6


def race(app: Flask, work: Callable[[int], Any], workers: int = AT_ONCE) -> list[Any]:
    """Run ``work(n)`` in as many threads, each in a context and transaction of its own; results or DomainErrors."""
    start = Barrier(workers)

    def run(n: int) -> Any:
        with app.test_request_context():
            start.wait()
            try:
                with transaction():
                    return work(n)
            except Conflict as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


@both_databases
@pytest.mark.req("G2")
def test_of_many_reviewers_at_once_one_decides_and_the_others_are_told(app: Flask, store: Store) -> None:
    with store() as session:
        unit, member = make_unit(session), make_member(session)
        staff = [make_staff(session, f"reviewer{n}", set()).id for n in range(AT_ONCE)]
        application = Certification(
            member_id=member.id, community_id=unit.community_id, kind="tenant", name="李明", phone="13800138000",
            id_number="11010519491231002X",
        )  # fmt: skip
        session.add(application)
        session.flush()
        session.add(CertificationUnit(certification_id=application.id, unit_id=unit.id))
        number = application.id

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
