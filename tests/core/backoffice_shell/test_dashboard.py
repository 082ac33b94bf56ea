"""The dashboard: figures by right, scope, time and community; slow ones kept and renewed (S1)."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.backoffice import panels
from app.core.backoffice.models import PanelSnapshot
from app.core.jobs import run_due
from app.core.rights import StaffScope
from app.modules.feedback.models import Feedback
from tests.conftest import Browse, Store
from tests.factories import make_community, make_member
from tests.modules.feedback import factories
from tests.postgresql import both_databases

VIEW_FEEDBACK = {("feedback", "view")}


def make_feedback(session: Session) -> Feedback:
    """One, in a community of its own."""
    return factories.make_feedback(session, make_member(session).id)


def page_of(client: Any, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def titles(page: str) -> list[str]:
    return re.findall(r'<h3 id="panel-[a-z_]+">([^<]+)</h3>', page)


def fact(page: str, title: str) -> str:
    found = re.search(rf"<dt>{re.escape(title)}</dt><dd>([^<]+)</dd>", page)
    return found[1] if found else ""


@pytest.mark.req("S1", "G8")
def test_a_role_sees_only_the_figures_of_its_areas(browse: Browse) -> None:
    assert titles(page_of(browse("fee", {("billing", "view")}))) == ["收缴率", "欠费账龄", "收款"]
    assert titles(page_of(browse("ask", VIEW_FEEDBACK))) == ["投诉建议"]
    assert titles(page_of(browse("new", set()))) == []
    assert set(titles(page_of(browse()))) >= {"收缴率", "欠费账龄", "收款", "报修与超时", "出租率", "投诉建议"}


@pytest.mark.req("S1", "C2")
def test_the_figures_follow_time_community_and_data_scope(browse: Browse, store: Store) -> None:
    client = browse("ask", VIEW_FEEDBACK)
    with store() as session:
        here, there = (make_feedback(session) for _ in range(2))
        old = make_feedback(session)
        old.created_at = clock.now() - timedelta(days=800)
        ids = here.community_id, there.community_id
        user = browse_id(session, "ask")
    assert fact(page_of(client), "总数") == "2"
    assert fact(page_of(client, f"/?community={ids[0]}"), "总数") == "1"
    assert fact(page_of(client, "/?period=last_month"), "总数") == ""
    with store() as session:
        session.add(StaffScope(user_id=user, community_id=ids[0]))
    assert fact(page_of(client), "总数") == "1"
    assert fact(page_of(client, f"/?community={ids[1]}"), "总数") == "1", "out of scope: as if none was chosen"
    for nonsense in ("/?period=x&community=y", "/?community=99999999999999999999"):
        assert fact(page_of(client, nonsense), "总数") == "1"


def browse_id(session: Any, username: str) -> int:
    return session.scalars(select(User.id).where(User.username == username)).one()


def test_each_figure_has_its_table_and_leads_to_the_same_report(browse: Browse, store: Store) -> None:
    with store() as session:
        make_feedback(session)
        make_community(session)
    client = browse("ask", VIEW_FEEDBACK)
    page = page_of(client)
    assert page.count("data-chart=") == page.count('class="table-list is-dense"') == 1
    address = re.search(r'class="more" href="([^"]+)"', page)
    assert address is not None
    report = page_of(client, address[1].replace("&amp;", "&"))
    today = clock.today()
    assert f'value="{today.replace(day=1)}"' in report
    assert 'value="type" selected' in report


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2026-03-05", "2026-03-05"),
        ("month", "2026-03-01", "2026-03-05"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("quarter", "2026-01-01", "2026-03-05"),
        ("year", "2026-01-01", "2026-03-05"),
    ],
)
def test_periods_are_whole_months_up_to_today(period: str, first: str, last: str) -> None:
    days = panels.days_of(period, date(2026, 3, 5))
    assert [day.isoformat() for day in days] == [first, last]


@both_databases
def test_what_takes_long_is_kept_and_renewed_by_the_job(
    app: Flask, browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse("ask", VIEW_FEEDBACK)
    monkeypatch.setattr(panels, "QUICK", timedelta(0))
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 23))  # no midnight between the looks
    with store() as session:
        make_feedback(session).created_at = clock.start_of(date(2026, 11, 20))
    assert fact(page_of(client), "总数") == "1"
    with store() as session:
        make_feedback(session).created_at = clock.start_of(date(2026, 11, 20))
    assert fact(page_of(client), "总数") == "1", "as of the time that the page says"
    with clock.travel(timedelta(minutes=6)):
        run_due(app, 50)
        assert fact(page_of(client), "总数") == "2"
    with clock.travel(timedelta(days=4)):
        run_due(app, 50)
        with store() as session:
            assert list(session.scalars(select(PanelSnapshot))) == [], "nobody looked for days"


def test_kept_figures_of_one_scope_are_not_shown_to_another(
    browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "QUICK", timedelta(0))
    with store() as session:
        communities = [make_feedback(session).community_id for _ in range(2)]
    everything, limited = browse("all", VIEW_FEEDBACK), browse("one", VIEW_FEEDBACK)
    with store() as session:
        session.add(StaffScope(user_id=browse_id(session, "one"), community_id=communities[0]))
    for _again in range(2):
        assert fact(page_of(everything), "总数") == "2"
        assert fact(page_of(limited), "总数") == "1"


def test_reading_takes_no_query_for_each_panel_once_they_are_kept(
    app: Flask, browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse()
    with store() as session:
        make_feedback(session)
        assert session.scalar(select(Feedback.id))
    monkeypatch.setattr(panels, "QUICK", timedelta(0))
    page_of(client)
    monkeypatch.setattr(panels, "_count", lambda *_: pytest.fail("counted again"))
    page_of(client)


def test_nobody_waits_for_what_takes_very_long(
    app: Flask, browse: Browse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browse("ask", VIEW_FEEDBACK)
    with store() as session:
        make_feedback(session)
    monkeypatch.setattr(panels, "QUICK", timedelta(0))
    monkeypatch.setattr(panels, "BEARABLE", timedelta(milliseconds=-1))
    run_due(app, 50)  # what the start page shows first is counted before anybody asks
    assert fact(page_of(client), "总数") == "1"
    assert "正在后台统计" in page_of(client, "/?period=year")
    assert "正在后台统计" in page_of(client, "/?period=year"), "not counted while somebody waits, however often"
    with clock.travel(timedelta(minutes=6)):
        run_due(app, 50)
        assert fact(page_of(client, "/?period=year"), "总数") == "1"
    with clock.travel(timedelta(hours=5)):
        assert fact(page_of(browse("ask"), "/?period=year"), "总数") == "1", "the job stands still: as of its time"
