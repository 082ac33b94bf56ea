"""The demonstration: a believable park that anyone can sign in to, and that production refuses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session
from stdnum.cn import ric, uscc
from werkzeug.security import generate_password_hash

from app import demo
from app.core import audit, clock
from app.core.media import MediaFile
from app.core.module import registry
from app.modules.billing.models import Bill
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.demo_people import Invention
from app.modules.members.models import (
    PENDING,
    Certification,
    Customer,
    CustomerMember,
    Member,
    Occupancy,
    Technician,
)
from app.modules.system import staff
from app.modules.system.demo import CERTIFIER, PROPERTY
from tests.conftest import Store


@contextmanager
def switched(app: Flask, **settings: object) -> Iterator[None]:
    before = {name: app.config[name] for name in settings}
    app.config.update(settings)
    try:
        yield
    finally:
        app.config.update(before)


@pytest.fixture
def park(app: Flask) -> Flask:
    with switched(app, DEMO=True):
        assert demo.seed(app)
    return app


def count(session: Session, model: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]


def test_the_park_has_the_size_of_a_real_one(park: Flask, store: Store) -> None:
    with store() as session:
        assert count(session, Community) == 1
        assert count(session, Building) == 5
        assert 400 <= count(session, Unit) <= 450
        assert 160 <= count(session, Customer) <= 220
        assert count(session, Technician) == 8
        lettable = Unit.kind.in_(("office", "shop", "flat"))
        assert (
            0.78 <= count(session, Unit, lettable, Unit.status == "occupied") / count(session, Unit, lettable) <= 0.92
        )


def test_a_unit_is_occupied_exactly_while_somebody_holds_it(park: Flask, store: Store) -> None:
    with store() as session:
        held = set(session.scalars(select(Occupancy.unit_id).where(Occupancy.ends_on.is_(None))))
        assert held == set(session.scalars(select(Unit.id).where(Unit.status == "occupied")))
        ended = select(Occupancy).where(Occupancy.ends_on.is_not(None))
        assert all(row.starts_on < (row.ends_on or row.starts_on) < clock.today() for row in session.scalars(ended))
        assert count(session, Occupancy, Occupancy.starts_on > clock.today()) == 0


def test_every_invented_number_has_a_valid_check_digit_and_no_name_comes_twice(park: Flask, store: Store) -> None:
    with store() as session:
        customers = session.scalars(select(Customer)).all()
        assert all(ric.is_valid(row.id_number) for row in customers if row.kind == "tenant")
        assert all(uscc.is_valid(row.credit_code) for row in customers if row.kind == "merchant")
        firms = [row.name for row in customers if row.kind == "merchant"]
        assert len(firms) == len(set(firms))


def test_certifications_stand_in_every_state_that_a_reviewer_meets(park: Flask, store: Store) -> None:
    with store() as session:
        states = dict(
            session.execute(select(Certification.state, func.count()).group_by(Certification.state)).tuples().all()
        )
        assert states.keys() == {"pending", "approved", "rejected", "withdrawn"}
        twice = (
            select(Certification.member_id)
            .where(Certification.state == PENDING)
            .group_by(Certification.member_id)
            .having(func.count() > 1)
        )
        assert session.scalars(twice).all() == []
        pictured = (
            select(func.count(MediaFile.id)).where(MediaFile.record == "certification").group_by(MediaFile.record_id)
        )
        assert session.scalars(pictured).all() == [2] * sum(states.values())
        newest_last = session.scalars(select(Certification.created_at).order_by(Certification.id)).all()
        assert [moment.date() for moment in newest_last] == sorted(moment.date() for moment in newest_last)
        matched = select(Certification.id).join(Customer, Customer.credit_code_index == Certification.credit_code_index)
        assert session.scalars(matched.where(Certification.state == PENDING)).all()


def test_the_four_phones_of_the_demonstration_are_what_they_say(park: Flask, store: Store) -> None:
    with store() as session:
        members = {row.openid: row for row in session.scalars(select(Member))}

        def kinds(role: str) -> list[str]:
            query = select(Customer.kind).join(CustomerMember, CustomerMember.customer_id == Customer.id)
            return list(session.scalars(query.where(CustomerMember.member_id == members[f"demo-openid-{role}"].id)))

        assert (kinds("merchant"), kinds("tenant"), kinds("visitor")) == (["merchant"], ["tenant"], [])
        for role in ("merchant", "tenant"):
            filed = select(Certification.state).where(Certification.member_id == members[f"demo-openid-{role}"].id)
            assert session.scalars(filed).all() == ["approved"]
        technician = select(Technician.name).where(Technician.member_id == members["demo-openid-technician"].id)
        assert session.scalar(technician) == "王建国"


def test_seeding_again_or_over_existing_data_does_nothing(park: Flask, store: Store) -> None:
    with switched(park, DEMO=True):
        assert not demo.seed(park)
    with store() as session:
        assert count(session, Community) == 1
        assert audit.verify(session)[1] is None


def test_the_same_people_are_invented_each_time() -> None:
    def sample() -> list[str]:
        invent = Invention(clock.today())
        makers = (invent.person, invent.firm, invent.phone, invent.id_number, invent.credit_code)
        return [make() for _again in range(20) for make in makers]

    assert sample() == sample()


@pytest.mark.parametrize("settings", [{"DEMO": False}, {"DEMO": True, "PRODUCTION": True}])
def test_nothing_is_seeded_when_switched_off_or_in_production(app: Flask, store: Store, settings: dict) -> None:
    with switched(app, **settings):
        assert not demo.seed(app)
    with store() as session:
        assert count(session, User) == 0


@pytest.mark.req("G8")
def test_the_certifier_holds_the_review_and_nothing_else(park: Flask, store: Store) -> None:
    with store() as session:
        roles = {role.name: staff.rights_of(role) for role in session.scalars(staff.custom_roles())}
        assert {area for area, _action in roles[CERTIFIER]} == {"certification"}
        assert ("certification", "approve") in roles[CERTIFIER]
        system = {area.key for module in registry() if module.key == "system" for area in module.areas}
        assert {area for area, _action in roles[PROPERTY]} == registry().areas.keys() - system


@pytest.mark.parametrize("account", [account for account in demo.accounts() if account.where == "后台"])
def test_the_staff_of_the_demonstration_sign_in_without_changing_the_password(
    park: Flask, account: demo.Account
) -> None:
    client = park.test_client()
    answer = client.post("/login/", data={"username": account.login, "password": account.secret})
    assert answer.status_code == 302
    assert client.get("/").status_code == 200


def test_the_command_prints_who_can_sign_in(app: Flask) -> None:
    with switched(app, DEMO=True):
        done = app.test_cli_runner().invoke(args=["demo", "seed"])
        again = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert done.exit_code == 0, done.output
    assert all(part in done.output for account in demo.accounts() for part in account[1:])
    assert again.exit_code == 1
    assert "已有园区数据" in again.output


def test_production_does_not_start_over_accounts_of_the_demonstration(park: Flask, store: Store) -> None:
    demo.refuse_accounts(park)
    with switched(park, PRODUCTION=True), pytest.raises(SystemExit, match="演示账号"):
        demo.refuse_accounts(park)
    with store() as session:
        for person in session.scalars(select(User)):
            person.password = generate_password_hash(os.urandom(9).hex(), method="pbkdf2:sha256:1")
    with switched(park, PRODUCTION=True):
        demo.refuse_accounts(park)


def test_what_fell_due_is_mostly_paid_and_who_signs_in_on_the_phone_has_something_to_pay(
    park: Flask, store: Store
) -> None:
    with store() as session:
        due = dict(
            session.execute(
                select(Bill.due_on, func.avg(cast(Bill.state == "paid", Integer)))
                .where(Bill.due_on < clock.today(), Bill.tariff_id.is_not(None))
                .group_by(Bill.due_on)
            )
            .tuples()
            .all()
        )
        assert len(due) >= 2
        assert all(0.6 < paid < 0.95 for paid in due.values()), due
        merchant = select(CustomerMember.customer_id).join(Member).where(Member.openid == "demo-openid-merchant")
        overdue = (Bill.customer_id.in_(merchant), Bill.state == "unpaid", Bill.due_on < clock.today())
        assert count(session, Bill, *overdue) >= 2
