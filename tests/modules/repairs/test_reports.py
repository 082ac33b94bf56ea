"""The efficiency report against cases computed by hand (R5, R6)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.reports import Asked
from app.modules.members.models import Technician
from app.modules.repairs import reports
from app.modules.repairs.models import WorkOrder
from app.modules.repairs.operations import assignment, care, work
from app.modules.repairs.operations.steps import Who
from tests.conftest import Browse, Store
from tests.modules.repairs.factories import Home, make_category, make_home, make_order, make_plumber

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=clock.SHANGHAI)


def play(session: Session, home: Home, plumber: Technician, reported: str, *moments: str, **values: Any) -> WorkOrder:
    """An order reported, grabbed, agreed and started, finished, confirmed at these moments; it stops where they end."""
    me, reporter = Who.technician(plumber.id), Who.reporter(home.member.id)
    with clock.travel(at(reported)):
        order = make_order(session, home, **values)

    def begin() -> None:
        work.propose(session, order, me, clock.now() + timedelta(hours=1), None)
        work.agree(session, order, reporter)
        work.start(session, order, me)

    acts = (
        lambda: assignment.grab(session, order, plumber),
        begin,
        lambda: work.finish(session, order, me, solution="更换阀芯"),
        lambda: work.confirm(session, order, reporter),
    )
    for moment, act in zip(moments, acts, strict=False):
        with clock.travel(at(moment)):
            act()
    return order


@pytest.fixture
def month(store: Store) -> dict[str, Any]:
    """Two plumbers: four orders of 王, one of 李, one that nobody took, one cancelled, one of October."""
    with store() as session:
        category = make_category(session)  # 120 minutes to take, 1140 (two working days) to finish
        home = make_home(session)
        wang, li = make_plumber(session, name="王师傅"), make_plumber(session, name="李师傅")
        common = {"category": category}
        # taken after 30 min, finished 3 h later: in time; rated 5, 4, 3
        first = play(session, home, wang, "09 09:00", "09 09:30", "09 10:00", "09 12:30", "09 13:00", **common)
        care.rate(session, first, Who.reporter(home.member.id), 5, 4, 3, "")
        # taken after 90 min, finished 50 h later (Wednesday 11:30 + 50 h = Friday 13:30), due Friday 10:00: late
        play(session, home, wang, "11 10:00", "11 11:30", "11 12:00", "13 13:30", **common)
        # taken after 60 min, two hours of waiting for parts, finished 5 h after: 3 h count; sent back once
        third = play(session, home, wang, "16 09:00", "16 10:00", "16 10:30", **common)
        me = Who.technician(wang.id)
        with clock.travel(at("16 11:00")):
            work.pause(session, third, me, "waiting_parts", "等待配件")
        with clock.travel(at("16 13:00")):
            work.resume(session, third, me)
            work.finish(session, third, me, solution="好了")
            work.not_done(session, third, Who.reporter(home.member.id), "还漏")
        with clock.travel(at("16 15:00")):
            work.finish(session, third, me, solution="这次好了")
        # in hand on the 23rd, in time
        play(session, home, wang, "23 09:00", "23 09:20", **common)
        play(session, home, li, "10 09:00", "10 09:10", "10 09:30", "10 10:10", "10 11:00", **common)
        with clock.travel(at("23 10:00")):
            make_order(session, home, **common)
            dropped = make_order(session, home, **common)
            work.cancel(session, dropped, Who.reporter(home.member.id), "不修了")
        with clock.travel(datetime(2026, 10, 30, 10, tzinfo=clock.SHANGHAI)):
            make_order(session, home, **common)
        return {"community": home.unit.community_id, "category": category.name}


def ask(store: Store, by: str, communities: list[int] | None = None) -> list[tuple[Any, ...]]:
    with store() as session, clock.travel(at("23 10:30")):
        return reports.efficiency(session, Asked(*NOVEMBER, communities, by))


def near(row: tuple[Any, ...]) -> list[Any]:
    return [round(value, 3) if isinstance(value, float) else value for value in row]


@pytest.mark.req("R5", "R6")
def test_figures_are_those_computed_by_hand(store: Store, month: dict[str, Any]) -> None:
    # 王: 4 taken, 3 finished; to take (30+90+60+20)/4 = 50; to finish (180+3000+180)/3 = 1120; late 1 of 4;
    # one came back; rating (5+4+3)/3 = 4; one in hand.  李: 1 taken after 10, finished after 60.
    by_person = ask(store, "technician")
    assert [near(row) for row in by_person] == [
        ["王师傅", 4, 3, pytest.approx(50, abs=0.1), pytest.approx(1120, abs=0.2), 0.25, 1, 4.0, 1],
        ["李师傅", 1, 1, pytest.approx(10, abs=0.1), pytest.approx(60, abs=0.2), 0.0, 0, None, 0],
        ["（未派单）", 0, 0, None, None, 0.0, 0, None, 0],
    ]
    whole = [month["category"], 5, 4, pytest.approx(42, abs=0.1), pytest.approx(855, abs=0.2), 0.167, 1, 4.0, 1]
    assert [near(row) for row in ask(store, "category")] == [whole]
    assert near(ask(store, "trade")[0]) == ["给排水", *whole[1:]]
    assert near(ask(store, "month")[0])[:3] == ["2026-11", 5, 4]
    assert len(ask(store, "community", [month["community"]])) == 1
    assert ask(store, "community", [999]) == []


@pytest.mark.req("R5")
def test_the_overdue_report_names_the_order_and_by_how_much(store: Store, month: dict[str, Any]) -> None:
    with store() as session, clock.travel(at("23 10:30")):
        rows = reports.overdue(session, Asked(*NOVEMBER, None))
    assert [(row[1], row[5], row[6]) for row in rows] == [("王师傅", None, pytest.approx(210, abs=0.2))]


@pytest.mark.req("R6")
def test_the_screens_and_files_of_the_reports(browse: Browse, month: dict[str, Any]) -> None:
    boss = browse("boss")
    for key in ("repair_efficiency", "repair_overdue"):
        page = boss.get(f"/reports/{key}/?start=2026-11-01&end=2026-11-30")
        assert page.status_code == 200
        assert "王师傅" in page.text
        assert boss.post(f"/reports/{key}/export?start=2026-11-01&end=2026-11-30").status_code == 200
    assert browse("narrow", {("billing", "view")}).get("/reports/repair_efficiency/").status_code == 404
