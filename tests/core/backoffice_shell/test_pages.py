"""Menu and start page: what one may not do is nowhere."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import event, select

from app.core.db import db
from app.core.rights import StaffScope
from tests.conftest import Browse, Store
from tests.factories import make_community


def menu_of(client: FlaskClient) -> set[str]:
    page = client.get("/").get_data(as_text=True)
    return set(re.findall(r'<a class="menu-item[^"]*" href="([^"]+)"', page))


def text_of(answer: Any) -> str:
    return answer.get_data(as_text=True)


@pytest.mark.req("G8")
def test_a_role_with_one_module_sees_only_that(browse: Browse) -> None:
    client = browse("certifier", {("certification", "view"), ("certification", "approve")})
    assert menu_of(client) == {"/", "/members/certification/"}
    page = text_of(client.get("/"))
    assert "待审核认证" in page
    for word in ("商家与租客", "系统管理", "失败的后台任务", "房产资料"):
        assert word not in page


@pytest.mark.req("G7")
def test_the_superadmin_sees_every_module(app: Flask, browse: Browse) -> None:
    shown = [view for m in app.extensions["registry"] for view in m.views if getattr(view, "menu", True)]
    assert len(menu_of(browse())) == len(shown) + len(app.extensions["report_pages"]) + 1


@pytest.mark.req("G8")
def test_who_may_nothing_is_told_whom_to_ask(browse: Browse) -> None:
    client = browse("new", set())
    assert menu_of(client) == {"/"}
    assert "请联系超级管理员" in text_of(client.get("/"))


@pytest.mark.req("G8")
def test_every_page_without_the_right_is_as_absent_as_one_that_does_not_exist(app: Flask, browse: Browse) -> None:
    client = browse("new", set())
    for view in (view for module in app.extensions["registry"] for view in module.views):
        answer = client.get(f"{view.route_base}/" if getattr(view, "route_base", "") else address(app, view))
        assert answer.status_code == 404, view
        assert "页面不存在，或您没有查看的权限" in text_of(answer)


def address(app: Flask, view: type) -> str:
    """Where a view's first page is."""
    with app.test_request_context():
        return app.url_for(f"{view.__name__}.{view.default_view}")  # type: ignore[attr-defined]


@pytest.mark.req("S1")
def test_the_start_page_counts_what_there_is_to_do_and_links_there(browse: Browse) -> None:
    page = text_of(browse().get("/"))
    assert re.search(r'<a class="tile" href="/members/certification/\?state=pending">.*?待审核认证.*?>0<', page, re.S)


def test_the_active_menu_line_is_marked_on_pages_below_it_too(browse: Browse) -> None:
    page = text_of(browse().get("/members/customer/new"))
    assert re.findall(r'menu-item is-active" href="([^"]+)" aria-current="page"', page) == ["/members/customer/"]


def test_the_top_bar_tells_name_and_scope(browse: Browse, store: Store) -> None:
    client = browse("li", {("estate", "view")}, first_name="李梅")
    assert "全部园区" in text_of(client.get("/"))
    with store() as session:
        person = session.scalars(select(User.id).where(User.username == "li")).one()
        session.add(StaffScope(user_id=person, community_id=make_community(session).id))
    assert "1 个园区" in text_of(client.get("/"))
    assert "李梅" in text_of(client.get("/"))


def test_names_are_shown_as_typed_never_run(browse: Browse) -> None:
    page = text_of(browse("li", {("estate", "view")}, first_name="<b onclick=alert(1)>李</b>").get("/"))
    assert "<b onclick" not in page
    assert "&lt;b onclick" in page


def test_person_roles_and_rights_take_two_queries(app: Flask, browse: Browse) -> None:
    client = browse("li", {("settings", "view")})
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        client.get("/")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sum("ab_" in statement for statement in seen) == 2, seen
    assert len(seen) <= 5, "the beginning of the transaction, settings and scope besides"


def test_unknown_addresses_are_chinese_pages_and_under_api_problems(app: Flask) -> None:
    answer = app.test_client().get("/no/such/page")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "页面不存在" in text_of(answer)
    assert "退出登录" not in text_of(answer)
    problem = app.test_client().get("/api/no/such")
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")


def test_a_wrong_method_names_the_right_ones(browse: Browse) -> None:
    answer = browse().get("/logout/")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_body_beyond_the_limit_is_refused_in_words(browse: Browse) -> None:
    answer = browse().post("/account/password", data={"current": "x" * (3 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "上传的内容过大" in text_of(answer)


def test_roles_given_to_nobody_signed_in_open_nothing(app: Flask, store: Store) -> None:
    with store() as session:
        public = session.scalars(select(Role).where(Role.name == "Public")).one()
        admin = session.scalars(select(Role).where(Role.name == "Admin")).one()
        public.permissions = list(admin.permissions)
    assert app.test_client().get("/system/settings/").status_code == 302
