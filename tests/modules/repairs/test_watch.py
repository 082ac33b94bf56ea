"""What the jobs do: warn before a deadline, escalate after it, confirm what is left unanswered, forget (R4, R5)."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.messages.models import Message
from app.modules.repairs.models import WorkOrder, WorkOrderEvent
from app.modules.repairs.operations import reporting, watch, work
from app.modules.repairs.operations.steps import Who
from tests.conftest import Store
from tests.factories import make_member
from tests.modules.repairs.factories import bring_to, make_home, make_order, make_plumber

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=clock.SHANGHAI)


def steps(session: Session, order: WorkOrder) -> list[str]:
    return list(session.scalars(select(WorkOrderEvent.step).where(WorkOrderEvent.work_order_id == order.id)))


def titles(session: Session, member_id: int | None) -> list[str]:
    return list(session.scalars(select(Message.title).where(Message.member_id == member_id)))


@pytest.mark.req("R5")
def test_a_warning_before_and_an_escalation_after_each_once(store: Store) -> None:
    with store() as session:
        supervisor = make_member(session).id
        settings.put(session, "repairs.supervisor_member", supervisor)
        plumber = make_plumber(session)
        with clock.travel(MONDAY):
            untaken = make_order(session, make_home(session))
            taken = bring_to(session, make_order(session, make_home(session)), plumber, "grabbed")
            watch.watch(session, {})
        assert steps(session, untaken) == ["report"]
        for minutes in (95, 100, 125, 130):  # to be taken within 120
            with clock.travel(MONDAY + timedelta(minutes=minutes)):
                watch.watch(session, {})
        assert steps(session, untaken) == ["report", "warn_respond", "late_respond"]
        assert titles(session, supervisor) == ["超过接单时限"]
        assert steps(session, taken) == ["report", "grab"]
        for hours in (47.8, 48.1, 49):  # to be finished by Wednesday 09:00
            with clock.travel(MONDAY + timedelta(hours=hours)):
                watch.watch(session, {})
        assert steps(session, taken) == ["report", "grab", "warn_finish", "late_finish"]
        assert titles(session, plumber.member_id) == ["完工时限将到", "工单已超过完工时限"]


@pytest.mark.req("R5")
def test_an_order_whose_clock_stands_still_is_left_alone(store: Store) -> None:
    with store() as session:
        plumber = make_plumber(session)
        with clock.travel(MONDAY):
            order = bring_to(session, make_order(session, make_home(session)), plumber, "accepted")
            work.pause(session, order, Who.technician(plumber.id), "waiting_parts", "等待配件")
        with clock.travel(MONDAY + timedelta(days=9)):
            watch.watch(session, {})
        assert "late_finish" not in steps(session, order)


@pytest.mark.req("R4")
def test_silence_confirms_after_a_notice(store: Store) -> None:
    with store() as session:
        with clock.travel(MONDAY):
            order = bring_to(session, make_order(session, make_home(session)), make_plumber(session), "finished")
        for days, state in ((5, "finished"), (6.01, "finished"), (6.5, "finished"), (7.02, "confirmed")):
            with clock.travel(MONDAY + timedelta(days=days)):
                work.confirm_by_silence(session, {})
            assert order.state == state, days
        assert steps(session, order)[-2:] == ["ask_confirm", "confirm"]
        assert titles(session, order.reporter_id)[-2:] == ["请尽快确认维修结果", "工单已完成"]


def test_nobody_is_confirmed_without_a_day_of_notice_even_when_the_job_comes_late(store: Store) -> None:
    with store() as session:
        with clock.travel(MONDAY):
            order = bring_to(session, make_order(session, make_home(session)), make_plumber(session), "finished")
        with clock.travel(MONDAY + timedelta(days=30)):
            work.confirm_by_silence(session, {})
        assert order.state == "finished"
        with clock.travel(MONDAY + timedelta(days=31, minutes=1)):
            work.confirm_by_silence(session, {})
        assert order.state == "confirmed"


def test_who_has_left_is_forgotten_when_their_orders_are_closed(store: Store) -> None:
    with store() as session:
        home, plumber = make_home(session), make_plumber(session)
        done = bring_to(session, make_order(session, home), plumber, "confirmed")
        running = make_order(session, home)
        home.member.erased_at = clock.now()
        session.flush()
        reporting.forget_erased(session, {})
        session.refresh(done)
        session.refresh(running)
        assert (done.contact_name, done.contact_phone, done.contact_phone_index) == ("", None, None)
        assert running.contact_phone is not None, "somebody still has to call"


def test_the_jobs_are_on_the_timetable(app: Flask) -> None:
    kinds = {timed.kind for module in app.extensions["registry"] for timed in module.schedule}
    assert {"repairs.watch", "repairs.confirm_by_silence", "repairs.forget_erased"} <= kinds
