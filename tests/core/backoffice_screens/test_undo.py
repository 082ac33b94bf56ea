"""撤销: who has just published or taken down something takes it back from the message that says so."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.workflow import Move, Workflow
from app.modules.notices.models import Notice
from tests.conftest import Browse, Store
from tests.modules.notices.factories import make_notice

MAY = {("notices", "view"), ("notices", "edit")}


@pytest.fixture
def notice(store: Store) -> str:
    """The address of a notice that everybody sees."""
    with store() as session:
        return f"/notices/notice/{make_notice(session).id}"


def page_after(client: FlaskClient, url: str) -> str:
    return client.post(url, follow_redirects=True).get_data(as_text=True)


def state(store: Store) -> str:
    with store() as session:
        return session.scalars(select(Notice.state)).one()


def test_what_was_taken_down_is_published_again_from_the_message(browse: Browse, store: Store, notice: str) -> None:
    client = browse("hua", MAY)
    told = page_after(client, f"{notice}/move/unpublish")
    assert re.search(rf'已下架 <form method="post" action="{notice}/undo"', told)
    assert state(store) == "unpublished"
    assert "已撤销" in page_after(client, f"{notice}/undo")
    assert state(store) == "published"
    with store() as session:
        entries = select(AuditEntry.action).where(AuditEntry.record == "notice", AuditEntry.actor_name == "hua")
        assert session.scalars(entries.order_by(AuditEntry.seq)).all()[-2:] == ["unpublish", "publish"]


def test_it_is_taken_back_only_for_some_minutes(browse: Browse, store: Store, notice: str) -> None:
    browse("hua", MAY).post(f"{notice}/move/unpublish")
    with clock.travel(timedelta(minutes=11)):
        assert "已超过 10 分钟，不能撤销" in page_after(browse("hua"), f"{notice}/undo")
    assert state(store) == "unpublished"


def test_nobody_takes_back_what_another_did(browse: Browse, store: Store, notice: str) -> None:
    browse("hua", MAY).post(f"{notice}/move/unpublish")
    assert "此记录已由 hua 处理，不能撤销" in page_after(browse("li", MAY), f"{notice}/undo")
    assert state(store) == "unpublished"


def test_what_was_changed_since_is_not_taken_back(browse: Browse, store: Store, notice: str) -> None:
    client = browse("hua", MAY)
    client.post(f"{notice}/move/unpublish")
    with store() as session:
        session.scalars(select(Notice)).one().title = "改过的标题"
    assert "在那之后已有变动，不能撤销" in page_after(client, f"{notice}/undo")
    assert state(store) == "unpublished"


@pytest.mark.req("G8")
def test_it_takes_the_right_of_the_reverse_move(browse: Browse, store: Store, notice: str) -> None:
    client = browse("hua", MAY)
    client.post(f"{notice}/move/unpublish")
    viewer = browse("viewer", {("notices", "view")})
    assert "不能撤销" in page_after(viewer, f"{notice}/undo")
    assert browse("nobody", set()).post(f"{notice}/undo").status_code == 404
    assert state(store) == "unpublished"


def test_a_screen_without_moves_takes_nothing_back(browse: Browse, store: Store, notice: str) -> None:
    assert "不能撤销" in page_after(browse("hua", MAY), "/notices/notice_category/1/undo")


def test_a_move_names_only_a_move_that_leads_back() -> None:
    with pytest.raises(LookupError, match="publish"):
        Workflow({"a": "甲", "b": "乙"}, publish=Move(("a",), "b", "发布", undo="hide"))
    with pytest.raises(LookupError, match="publish"):
        Workflow({"a": "甲", "b": "乙"}, publish=Move(("a",), "b", "发布", undo="publish"))
