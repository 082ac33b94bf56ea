"""The home page: menu, notices and ads together, in few queries, and sent only when something changed (N4)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app.core import clock
from app.core.db import db
from app.modules.system.models import MenuModule
from tests.conftest import PhoneOf, Store
from tests.modules.ads.factories import make_ad
from tests.modules.notices.factories import make_notice


@pytest.mark.req("N4", "G5")
def test_it_has_its_three_parts_for_everybody(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_notice(session).id
        make_ad(session, link_kind="notice", notice_id=number)
    for somebody in (phone(), phone("dev-li")):
        home = somebody.get("/home").json
        assert home is not None
        assert {"notices", "convenience"} <= {entry["key"] for entry in home["menu"]}
        assert [notice["title"] for notice in home["notices"]] == ["停水通知"]
        assert [slide["link"] for slide in home["ads"]["slides"]] == [f"/pkg-notices/notice?id={number}"]


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_it_takes_three_queries_at_most(app: Flask, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        for n in range(8):
            make_notice(session, title=f"公告{n}")
            make_ad(session, title=f"广告{n}", position=n)
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    home = li.get("/home").json
    assert home is not None
    assert [notice["title"] for notice in home["notices"]] == [f"公告{n}" for n in (7, 6, 5, 4, 3)]
    assert [slide["title"] for slide in home["ads"]["slides"]] == [f"广告{n}" for n in range(5)]
    assert len([statement for statement in asked if statement.lstrip().startswith("SELECT")]) <= 3, asked


def test_it_is_sent_again_only_when_something_changed(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        make_notice(session, title="明天", starts_at=clock.now() + timedelta(hours=1))
    first = phone().get("/home")
    mark = first.headers["ETag"]
    unchanged = phone().call("GET", "/home", If_None_Match=mark)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    with clock.travel(timedelta(hours=2)):
        later = phone().call("GET", "/home", If_None_Match=mark)
        assert later.status_code == 200
        assert [notice["title"] for notice in later.json["notices"]] == ["明天"]  # type: ignore[index]
    with store() as session:
        session.query(MenuModule).filter_by(key="convenience").one().badge = "新"
    changed = phone().call("GET", "/home", If_None_Match=mark)
    assert {entry["key"]: entry["badge"] for entry in changed.json["menu"]}["convenience"] == "新"  # type: ignore[index]
