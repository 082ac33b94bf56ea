"""Deadlines in working time: nights, weekends, holidays, make-up workdays, pauses (R5)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.modules.repairs import deadlines, working_time
from app.modules.repairs.models import WorkOrder
from app.modules.repairs.operations import reporting, work
from app.modules.repairs.operations.steps import Who
from app.modules.repairs.working_time import ALWAYS, WorkingTime, is_workday
from tests.conftest import Store
from tests.modules.repairs.factories import bring_to, make_category, make_home, make_order, make_plumber

HOURS = WorkingTime(timedelta(hours=8, minutes=30), timedelta(hours=18), is_workday)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


# Monday 23 November 2026. National Day: 1–7 October; made up on Sunday 20 September and Saturday 10 October.
# Spring Festival: 15–23 February; made up on Saturdays 14 and 28 February. (国务院办公厅关于2026年部分节假日安排的通知)
GOLDEN = [
    ("within a day", "2026-11-23 09:00", 120, "2026-11-23 11:00"),
    ("ends exactly at closing time", "2026-11-23 16:00", 120, "2026-11-23 18:00"),
    ("over the night", "2026-11-23 17:30", 120, "2026-11-24 10:00"),
    ("reported at night", "2026-11-23 23:10", 30, "2026-11-24 09:00"),
    ("reported before opening", "2026-11-23 06:00", 30, "2026-11-23 09:00"),
    ("over a weekend", "2026-11-27 17:00", 120, "2026-11-30 09:30"),
    ("reported on a Sunday", "2026-11-29 12:00", 570, "2026-11-30 18:00"),
    ("two working days", "2026-11-23 10:00", 1140, "2026-11-25 10:00"),
    ("before National Day", "2026-09-30 17:00", 120, "2026-10-08 09:30"),
    ("a make-up Saturday counts", "2026-10-09 17:00", 120, "2026-10-10 09:30"),
    ("a make-up Sunday counts", "2026-09-19 12:00", 60, "2026-09-20 09:30"),
    ("before Spring Festival, whose eve's Saturday works", "2026-02-13 17:30", 60, "2026-02-14 09:00"),
    ("over Spring Festival", "2026-02-14 17:30", 60, "2026-02-24 09:00"),
]


@pytest.mark.req("R5")
@pytest.mark.parametrize(("start", "minutes", "end"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN])
def test_golden(start: str, minutes: int, end: str) -> None:
    assert clock.local(HOURS.after(at(start), timedelta(minutes=minutes))) == at(end)


def test_the_length_of_time_that_counts() -> None:
    assert HOURS.between(at("2026-09-30 17:00"), at("2026-10-08 09:30")) == timedelta(hours=2)
    assert HOURS.between(at("2026-11-28 00:00"), at("2026-11-30 08:30")) == timedelta()
    assert HOURS.between(at("2026-11-23 12:00"), at("2026-11-23 11:00")) == timedelta()
    assert ALWAYS.between(at("2026-11-28 00:00"), at("2026-11-29 06:00")) == timedelta(hours=30)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1)).map(  # noqa: DTZ001 (a zone is put on)
    lambda moment: moment.replace(tzinfo=clock.SHANGHAI)
)


@given(MOMENTS, st.integers(0, 3000))
def test_what_is_added_is_what_lies_between(start: datetime, minutes: int) -> None:
    length = timedelta(minutes=minutes)
    end = HOURS.after(start, length)
    assert end >= start
    assert HOURS.between(start, end) == length


@given(MOMENTS, st.integers(0, 1500), st.integers(0, 1500))
def test_one_after_the_other_is_both_at_once(start: datetime, first: int, second: int) -> None:
    one, two = timedelta(minutes=first), timedelta(minutes=second)
    both = HOURS.after(start, one + two)
    apart = HOURS.after(HOURS.after(start, one), two)
    assert HOURS.between(apart, both) == HOURS.between(both, apart) == timedelta()


def test_a_year_that_is_not_published_has_free_weekends_and_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[int] = []
    monkeypatch.setattr(working_time.log, "warning", lambda _event, **values: said.append(values["year"]))
    working_time._published.cache_clear()
    assert is_workday(date(2101, 1, 3))  # a Monday
    assert not is_workday(date(2101, 1, 1))  # a Saturday
    assert not is_workday(date(2101, 1, 2))
    assert said == [2101]
    assert not is_workday(date(2026, 10, 1)), "published: a holiday"


@pytest.mark.req("R5")
@pytest.mark.parametrize(
    ("priority", "respond", "finish"),
    [
        ("urgent", "2026-11-27 18:00", "2026-11-27 21:30"),  # round the clock
        ("normal", "2026-11-30 10:00", "2026-12-01 17:30"),
        ("low", "2026-11-30 17:30", "2026-12-04 17:30"),
    ],
)
def test_deadlines_follow_category_and_priority(store: Store, priority: str, respond: str, finish: str) -> None:
    with store() as session, clock.travel(at("2026-11-27 17:30")):
        order = make_order(session, make_home(session), make_category(session, priority=priority))
        second = timedelta(seconds=1)
        assert abs(order.respond_due_at - at(respond)) < second
        assert abs(order.finish_due_at - at(finish)) < second


def test_the_time_to_finish_begins_when_the_reporter_wants_somebody(store: Store) -> None:
    with store() as session, clock.travel(at("2026-11-23 09:00")):
        order = make_order(session, make_home(session), preferred_at=at("2026-11-25 09:00"))
        assert clock.local(order.finish_due_at) == at("2026-11-27 09:00")
        assert abs(order.respond_due_at - at("2026-11-23 11:00")) < timedelta(seconds=1)


@pytest.mark.req("R5")
def test_what_is_waited_for_moves_the_deadline_by_the_working_time_it_took(store: Store) -> None:
    with store() as session:
        with clock.travel(at("2026-11-26 09:00")):
            plumber = make_plumber(session)
            order = bring_to(session, make_order(session, make_home(session)), plumber, "accepted")
            me = Who.technician(plumber.id)
        with clock.travel(at("2026-11-27 17:00")):
            work.pause(session, order, me, "waiting_parts", "等待阀芯到货")
            assert order.clock == "waiting_parts"
        with clock.travel(at("2026-11-30 08:00")):
            assert not deadlines.finish_late(order), "the clock stands still"
        with clock.travel(at("2026-11-30 10:00")):
            work.resume(session, order, me)
        # one hour on Friday and one and a half on Monday: due Monday 09:00 becomes Monday 11:30
        assert abs(order.finish_due_at - at("2026-11-30 11:30")) < timedelta(seconds=5)
        assert abs(order.paused_working_seconds - 9000) < 5
        assert abs(order.paused_seconds - 65 * 3600) < 5


def test_a_pause_does_not_make_late_work_punctual(store: Store) -> None:
    with store() as session:
        with clock.travel(at("2026-11-23 09:00")):
            plumber = make_plumber(session)
            order = bring_to(session, make_order(session, make_home(session)), plumber, "accepted")
        with clock.travel(at("2026-11-25 10:00")):
            assert deadlines.finish_late(order), "due at 09:00"
            work.pause(session, order, Who.technician(plumber.id), "waiting_customer", "客户外出")
            assert deadlines.finish_late(order)
        with clock.travel(at("2026-11-26 10:00")):
            work.resume(session, order, Who.technician(plumber.id))
            assert deadlines.finish_late(order)


def test_the_time_an_order_lies_with_the_reporter_does_not_count(store: Store) -> None:
    with store() as session:
        with clock.travel(at("2026-11-23 09:00")):
            plumber, home = make_plumber(session), make_home(session)
            order = bring_to(session, make_order(session, home), plumber, "finished")
            before = order.finish_due_at
        with clock.travel(at("2026-11-25 09:00")):
            work.not_done(session, order, Who.reporter(home.member.id), "仍在滴水")
        moved = HOURS.between(before, order.finish_due_at)
        assert abs(moved - timedelta(hours=19)) < timedelta(seconds=5)


def test_staff_who_change_the_priority_change_the_deadlines(store: Store) -> None:
    with store() as session, clock.travel(at("2026-11-23 09:00")):
        order = make_order(session, make_home(session))
        reporting.change(session, order, {"priority": "urgent"}, 1)
        assert isinstance(order, WorkOrder)
        assert order.round_clock
        assert abs(order.finish_due_at - at("2026-11-23 13:00")) < timedelta(seconds=5)
