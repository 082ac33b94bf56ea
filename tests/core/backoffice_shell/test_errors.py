"""Every refusal and every fault is a Chinese page, and a problem under /api; none shows the inside."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy.exc import OperationalError

from app.core.db import db
from app.core.errors import Conflict, TooManyRequests
from app.factory import create_app
from tests.conftest import Browse


def _raise(error: Exception) -> None:
    raise error


FAILURES = {
    **{str(code): (lambda code=code: abort(code)) for code in (400, 403, 405, 413, 415, 429)},
    "409": lambda: _raise(Conflict("此单已被他人处理")),
    "limit": lambda: _raise(TooManyRequests("请稍候", retry_after=7)),
    "500": lambda: 1 // 0,
    "503": lambda: _raise(OperationalError("SELECT secret", {}, Exception("database is locked"))),
}


@pytest.fixture(scope="session")
def failing(built: tuple[Flask, Path]) -> Flask:
    """A second application on the database of the first, with addresses that fail in each way."""
    first, folder = built
    app = create_app(
        TESTING=True,
        DATA_DIR=folder,
        DATABASE_URL=first.config["SQLALCHEMY_DATABASE_URI"],
        JOBS="off",
        WTF_CSRF_ENABLED=False,
        LOG_LEVEL="CRITICAL",
    )
    app.add_url_rule("/broken/<how>", "broken", lambda how: FAILURES[how]())
    app.add_url_rule("/api/broken/<how>", "api_broken", lambda how: FAILURES[how]())
    return app


@pytest.fixture
def app(app: Flask, failing: Flask) -> Iterator[Flask]:
    """The application with the failing addresses on a fresh database."""
    yield failing
    with failing.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("400", 400, "请求有误"),
        ("403", 403, "没有权限"),
        ("405", 405, "不支持这样的请求方式"),
        ("409", 409, "此单已被他人处理"),
        ("413", 413, "上传的内容过大"),
        ("415", 415, "不支持的内容类型"),
        ("429", 429, "操作过于频繁"),
        ("limit", 429, "请稍候"),
        ("500", 500, "系统出现错误"),
        ("503", 503, "系统繁忙"),
    ],
)
@pytest.mark.req("S5")
def test_each_refusal_is_a_chinese_page_and_under_api_a_problem(
    app: Flask, browse: Browse, how: str, status: int, said: str
) -> None:
    answer = browse().get(f"/broken/{how}")
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert said in answer.get_data(as_text=True)
    assert ("退出登录" in answer.get_data(as_text=True)) is (status < 500), (
        "with the menu, unless the database may be away"
    )
    problem = app.test_client().get(f"/api/broken/{how}")
    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    assert said in problem.json["detail"]


def test_a_fault_shows_its_number_and_nothing_of_the_inside(app: Flask, browse: Browse) -> None:
    for how in ("500", "503"):
        answer = browse().get(f"/broken/{how}")
        assert answer.headers["X-Request-Id"] in answer.get_data(as_text=True)
        for inside in ("Traceback", "ZeroDivision", "SELECT", "locked", ".py"):
            assert inside not in answer.get_data(as_text=True)


def test_waiting_times_are_in_the_headers(app: Flask, browse: Browse) -> None:
    assert browse().get("/broken/limit").headers["Retry-After"] == "7"
    assert browse().get("/broken/503").headers["Retry-After"] == "5"
