"""Many at once: one order goes to one technician, and the cap on open jobs holds (R3, invariant 7)."""

import time

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.core import settings
from app.core.db import db, transaction
from app.core.errors import Conflict, DomainError
from app.modules.members.models import Technician
from app.modules.repairs.models import WorkOrder, WorkOrderEvent
from app.modules.repairs.operations import assignment, work
from app.modules.repairs.operations.steps import Who
from tests.conftest import Store
from tests.modules.members.races import race
from tests.modules.repairs.factories import make_category, make_home, make_order, make_plumber
from tests.postgresql import both_databases

MANY = 200


@both_databases
@pytest.mark.req("R3")
def test_two_hundred_grab_at_once_one_wins_and_the_others_are_told_who(app: Flask, store: Store) -> None:
    with store() as session:
        order_id = make_order(session, make_home(session)).id
        people = {make_plumber(session, name=f"师傅{n}号").id for n in range(MANY)}
        ids = sorted(people)

    def grab(n: int) -> str:
        session = db.session()
        me = session.get_one(Technician, ids[n])
        assignment.grab(session, session.get_one(WorkOrder, order_id), me)
        return str(me.name)

    outcomes = race(app, grab, MANY)
    winners = [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert len(winners) == 1, {type(loser).__name__ for loser in losers}
    assert len(losers) == MANY - 1
    assert {(type(loser), loser.code) for loser in losers} == {(Conflict, "taken")}
    assert all(winners[0] in loser.message for loser in losers), "each is told who did"
    with store() as session:
        order = session.get_one(WorkOrder, order_id)
        assert order.state == "grabbed"
        assert session.get_one(Technician, order.technician_id).name == winners[0]
        events = select(func.count()).where(WorkOrderEvent.work_order_id == order_id, WorkOrderEvent.step == "grab")
        assert session.scalar(events) == 1
    _nothing_is_locked(app, order_id)


def _nothing_is_locked(app: Flask, order_id: int) -> None:
    with app.app_context():
        session = db.session()
        if session.get_bind().dialect.name == "postgresql":
            others = "SELECT count(*) FROM pg_locks WHERE relation = 'work_order'::regclass AND pid <> pg_backend_pid()"
            assert session.scalar(text(others)) == 0
            session.rollback()
        begun = time.monotonic()
        with transaction():
            session.execute(select(WorkOrder.id).where(WorkOrder.id == order_id).with_for_update())
        assert time.monotonic() - begun < 1
        db.session.remove()


@both_databases
@pytest.mark.req("R3")
def test_several_phones_of_one_technician_do_not_pass_the_cap(app: Flask, store: Store) -> None:
    with store() as session:
        settings.put(session, "repairs.open_jobs_most", 2)
        home, category = make_home(session), make_category(session)
        orders = [make_order(session, home, category).id for _n in range(6)]
        plumber = make_plumber(session).id

    def grab(n: int) -> None:
        session = db.session()
        assignment.grab(session, session.get_one(WorkOrder, orders[n]), session.get_one(Technician, plumber))

    outcomes = race(app, grab, 6)
    assert sorted(str(getattr(outcome, "code", "taken by me")) for outcome in outcomes) == [
        *["taken by me"] * 2, *["too_many_jobs"] * 4,
    ]  # fmt: skip


@both_databases
def test_cancelling_and_grabbing_at_once_has_one_outcome(app: Flask, store: Store) -> None:
    with store() as session:
        home = make_home(session)
        order_id, member, plumber = make_order(session, home).id, home.member.id, make_plumber(session).id

    def press(n: int) -> str:
        session = db.session()
        order = session.get_one(WorkOrder, order_id)
        if n % 2:
            work.cancel(session, order, Who.reporter(member), "不用修了")
        else:
            assignment.grab(session, order, session.get_one(Technician, plumber))
        return "done"

    race(app, press, 2)
    with store() as session:
        state = session.get_one(WorkOrder, order_id).state
        made = list(session.scalars(select(WorkOrderEvent.step).order_by(WorkOrderEvent.id)))
    assert state == "cancelled", "whoever was first, a grabbed one may still be cancelled"
    assert made in (["report", "cancel"], ["report", "grab", "cancel"])
