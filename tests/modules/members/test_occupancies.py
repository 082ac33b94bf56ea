"""Who holds a unit from when to when, and what that says about the unit."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.jobs import run_due
from app.modules.members import operations
from app.modules.members.models import Customer, Occupancy
from tests.conftest import Browse, Store
from tests.factories import make_customer, make_occupancy, make_unit
from tests.modules.members.races import race
from tests.postgresql import both_databases

DAY = timedelta(days=1)


def status(store: Store, unit_id: int) -> str:
    from_unit = select(operations.Unit.status).where(operations.Unit.id == unit_id)
    with store() as session:
        return str(session.scalar(from_unit))


@pytest.fixture
def pair(store: Store) -> tuple[int, int]:
    """A customer and a vacant unit."""
    with store() as session:
        return make_customer(session).id, make_unit(session).id


def values(customer: int, unit: int, **changed: Any) -> dict[str, Any]:
    return {"customer_id": customer, "unit_id": unit, "starts_on": clock.today(), "ends_on": None, **changed}


def test_a_unit_is_occupied_while_somebody_holds_it(store: Store, pair: tuple[int, int]) -> None:
    customer, unit = pair
    with store() as session:
        elsewhere = make_unit(session).id
        held = operations.save_occupancy(session, None, values(customer, unit)).id
    assert status(store, unit) == "occupied"
    with store() as session:
        operations.save_occupancy(session, session.get_one(Occupancy, held), {"unit_id": elsewhere})
    assert (status(store, unit), status(store, elsewhere)) == ("vacant", "occupied")
    with store() as session:
        operations.remove_occupancy(session, session.get_one(Occupancy, held))
    assert status(store, elsewhere) == "vacant"


@pytest.mark.parametrize("said", ["fitting_out", "own_use"])
def test_what_staff_said_of_a_unit_stays(store: Store, pair: tuple[int, int], said: str) -> None:
    customer, unit = pair
    with store() as session:
        session.get_one(operations.Unit, unit).status = said
        operations.save_occupancy(session, None, values(customer, unit))
    assert status(store, unit) == said


def test_units_follow_the_days(app: Flask, store: Store, pair: tuple[int, int]) -> None:
    customer, unit = pair
    today = clock.today()
    with store() as session:
        operations.save_occupancy(
            session, None, values(customer, unit, starts_on=today + 2 * DAY, ends_on=today + 4 * DAY)
        )
    seen = []
    for days in (0, 3, 6):
        with clock.travel(days * DAY):
            run_due(app)
            seen.append(status(store, unit))
    assert seen == ["vacant", "occupied", "vacant"]


@pytest.mark.parametrize(
    ("starts", "ends", "fits"),
    [(-9, -5, True), (11, None, True), (-9, 0, False), (3, 5, False), (10, None, False), (-9, None, False)],
)
def test_a_customer_holds_a_unit_once_at_a_time(
    app: Flask, store: Store, pair: tuple[int, int], starts: int, ends: int | None, fits: bool
) -> None:
    customer, unit = pair
    today = clock.today()
    with store() as session:
        make_occupancy(
            session, session.get_one(Customer, customer), session.get_one(operations.Unit, unit),
            starts_on=today, ends_on=today + 10 * DAY,
        )  # fmt: skip
    wanted = values(
        customer, unit, starts_on=today + starts * DAY, ends_on=None if ends is None else today + ends * DAY
    )
    with app.test_request_context():
        if fits:
            operations.save_occupancy(db.session(), None, wanted)
        else:
            with pytest.raises(Invalid) as caught:
                operations.save_occupancy(db.session(), None, wanted)
            assert caught.value.errors[0].field == "starts_on"
        db.session.remove()


def test_an_occupancy_ends_after_it_starts_and_names_what_exists(app: Flask, pair: tuple[int, int]) -> None:
    customer, unit = pair
    with app.test_request_context():
        with pytest.raises(Invalid) as caught:
            operations.save_occupancy(db.session(), None, values(customer, unit, ends_on=clock.today() - DAY))
        assert caught.value.errors[0].field == "ends_on"
        for absent in (values(customer, unit + 999), values(customer + 999, unit)):
            with pytest.raises(NotFound):
                operations.save_occupancy(db.session(), None, absent)
        db.session.remove()


@both_databases
def test_of_several_who_enter_the_same_occupancy_at_once_one_is_kept(
    app: Flask, store: Store, pair: tuple[int, int]
) -> None:
    customer, unit = pair
    today = clock.today()
    results = race(
        app,
        lambda n: operations.save_occupancy(db.session(), None, values(customer, unit, starts_on=today - n * DAY)).id,
    )
    assert len([result for result in results if isinstance(result, int)]) == 1
    assert all(isinstance(result, int | Invalid) for result in results)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Occupancy)) == 1


def test_deleting_in_the_back_office_frees_the_unit(browse: Browse, store: Store, pair: tuple[int, int]) -> None:
    customer, unit = pair
    with store() as session:
        held = operations.save_occupancy(session, None, values(customer, unit)).id
    clerk = browse("clerk", {("customers", "view"), ("customers", "delete")})
    assert clerk.post(f"/members/occupancy/{held}/delete").status_code == 302
    assert status(store, unit) == "vacant"
