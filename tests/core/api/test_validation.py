"""Whatever is wrong with a request is said in Chinese, field by field, as problem+json."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import PhoneOf, Store
from tests.factories import make_community

GOOD: dict[str, Any] = {
    "text": "文字", "number": 3, "flag": True, "choice": "red", "code": "12", "parts": [{"number": 1}],
    "moment": "2026-11-23T08:00:00+08:00",
}  # fmt: skip


def assert_problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    problem: dict[str, Any] = answer.json  # type: ignore[assignment]
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    for text in (problem["detail"], *(error["message"] for error in problem.get("errors", ()))):
        assert re.search("[\u4e00-\u9fff]", text), text
    return problem


def test_a_good_body_is_accepted(phone: PhoneOf) -> None:
    assert phone().post("/lab/check", GOOD).status_code == 204


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"text": "x"}, "text", "不能少于 2 个字"),
        ({"text": "长长长长长"}, "text", "不能超过 4 个字"),
        ({"text": 7}, "text", "应为文字，收到的是整数"),
        ({"text": None}, "text", "应为文字，收到的是空"),
        ({"number": 0}, "number", "不能小于 1"),
        ({"number": 10}, "number", "不能大于 9"),
        ({"number": "3"}, "number", "应为整数，收到的是文字"),
        ({"number": 3.5}, "number", "应为整数，收到的是数字"),
        ({"number": 10**30}, "number", "不能大于 9"),
        ({"flag": "true"}, "flag", "应为true 或 false，收到的是文字"),
        ({"choice": "green"}, "choice", "不在可选范围内"),
        ({"code": "12a"}, "code", "格式不正确"),
        ({"parts": {}}, "parts", "应为列表，收到的是对象"),
        ({"parts": [{"number": 1}] * 3}, "parts", "不能超过 2 项"),
        ({"parts": [{"number": 1}, {"number": 0}]}, "parts[1].number", "不能小于 1"),
        ({"parts": [{}]}, "parts[0].number", "不能缺少此项"),
        ({"parts": [{"number": 1, "x": 1}]}, "parts[0].x", "不认识的字段"),
        ({"moment": "yesterday"}, "moment", "不是有效的日期或时间"),
        ({"extra": 1}, "extra", "不认识的字段"),
        ({"note": 5}, "note", "应为文字或空，收到的是整数"),
    ],
)
def test_a_wrong_field_is_named_with_a_sentence(
    phone: PhoneOf, changed: dict[str, Any], field: str, message: str
) -> None:
    problem = assert_problem(phone().post("/lab/check", GOOD | changed), 422, "invalid")
    assert problem["errors"] == [{"field": field, "message": message}]
    assert problem["detail"] == message


def test_every_wrong_field_is_named_at_once(phone: PhoneOf) -> None:
    sent = GOOD | {"number": 0, "choice": "green", "extra": 1}
    del sent["text"]
    problem = assert_problem(phone().post("/lab/check", sent), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["text", "number", "choice", "extra"]


@pytest.mark.parametrize("body", ["", "{", '{"text": ', "\xff", '{"text": 5', "nul", '{"text": "\\ud800"}', "[" * 5000])
def test_a_body_that_is_no_json_is_malformed(phone: PhoneOf, body: str) -> None:
    answer = phone().client.post("/api/v1/lab/check", data=body.encode("latin-1"), content_type="application/json")
    assert_problem(answer, 400, "malformed")


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", "true"])
def test_a_body_that_is_no_object_is_invalid(phone: PhoneOf, body: str) -> None:
    answer = phone().client.post("/api/v1/lab/check", data=body, content_type="application/json")
    problem = assert_problem(answer, 422, "invalid")
    assert problem["errors"][0]["field"] == "body"


def test_a_nul_character_is_refused_wherever_it_stands(phone: PhoneOf) -> None:
    assert_problem(phone().post("/lab/check", GOOD | {"note": "a\0b"}), 422, "invalid")
    assert phone().post("/lab/check", GOOD | {"note": "a\\u0000b"}).status_code == 204, "the six characters are text"
    assert_problem(phone().get("/lab/search?size=%00"), 422, "invalid")
    assert_problem(phone().get("/lab/things/%00"), 404, "not_found")
    assert_problem(phone().get("/media/%00"), 404, "not_found")


def test_another_content_type_is_unsupported(phone: PhoneOf) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = phone().client.post("/api/v1/lab/check", data=b"{}", content_type=kind)
        assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_beyond_the_limit_is_too_large(phone: PhoneOf) -> None:
    answer = phone().post("/lab/check", GOOD | {"note": "x" * 300_000})
    assert_problem(answer, 413, "too_large")


def test_a_body_of_unsaid_length_is_limited_too(phone: PhoneOf) -> None:
    answer = phone().client.post(
        "/api/v1/lab/check",
        input_stream=open("/dev/zero", "rb"),  # noqa: SIM115  (the client closes it)
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert_problem(answer, 400, "malformed")  # cut off at the limit


@pytest.mark.parametrize(
    ("query", "field"), [("size=0", "size"), ("size=x", "size"), ("size=", "size"), ("other=1", "other")]
)
def test_query_parameters_are_checked_like_bodies(phone: PhoneOf, query: str, field: str) -> None:
    problem = assert_problem(phone().get(f"/lab/search?{query}"), 422, "invalid")
    assert problem["errors"][0]["field"] == field


def test_an_endpoint_without_query_takes_none(phone: PhoneOf) -> None:
    assert_problem(phone().get("/lab/who?debug=1"), 422, "invalid")


@pytest.mark.parametrize("text", ["0", "-1", "x", "1" * 19, "1" * 5000, "9" * 19, "１", "1.0", " 1", "1e3"])
def test_an_id_that_cannot_exist_is_an_absent_one(phone: PhoneOf, text: str) -> None:
    assert_problem(phone().get(f"/lab/things/{text}"), 404, "not_found")


def test_an_unknown_path_or_method_is_a_problem_too(phone: PhoneOf) -> None:
    assert_problem(phone().get("/nothing"), 404, "not_found")
    answer = phone().call("PUT", "/lab/check")
    assert_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_a_refusal_half_way_leaves_nothing(phone: PhoneOf, store: Store) -> None:
    problem = assert_problem(phone().post("/lab/refused"), 409, "conflict")
    assert problem["detail"] == "现在不行"
    assert phone().get("/lab/things").json == {"items": [], "next": None}


def test_what_the_database_refuses_as_double_is_a_conflict(phone: PhoneOf) -> None:
    assert phone().post("/lab/guests", {"name": "双"}).status_code == 201
    assert_problem(phone().post("/lab/guests", {"name": "双"}), 409, "conflict")


def test_a_database_that_is_busy_for_too_long_is_said_to_be(phone: PhoneOf) -> None:
    answer = phone().get("/lab/busy")
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_defect_tells_the_caller_nothing_but_a_number(phone: PhoneOf) -> None:
    answer = phone().get("/lab/broken")
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "13800138000" not in answer.text


def test_what_is_prepared_comes_before_the_transaction(phone: PhoneOf) -> None:
    answer = phone().post("/lab/prepared", {"name": "园"})
    assert answer.status_code == 201, answer.text
    assert answer.json["name"] == "园园"  # type: ignore[index]


def test_pages_follow_each_other_without_gap_or_double(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        made = [str(make_community(session).id) for _n in range(7)]
    seen, path, pages = [], "/lab/things?limit=3", 0
    while path:
        answer = phone().get(path).json
        assert answer is not None
        seen += [item["id"] for item in answer["items"]]
        path = f"/lab/things?limit=3&cursor={answer['next']}" if answer["next"] else ""
        pages += 1
        if pages == 1:
            with store() as session:
                make_community(session)  # comes first, and does not push anything onto the next page
    assert seen == made[::-1]
    assert pages == 3


def test_only_cursors_of_this_list_are_accepted(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        for _n in range(3):
            make_community(session)
    cursor = phone().get("/lab/things?limit=1").json["next"]  # type: ignore[index]
    assert phone().get(f"/lab/things?cursor={cursor}").status_code == 200
    for bad in (cursor[:-1], cursor[1:], "x", "W10", "WzFd.x", "%F0%9F%98%80", "a" * 999):
        assert_problem(phone().get(f"/lab/things?cursor={bad}"), 422, "invalid")
    assert_problem(phone().get(f"/lab/names?cursor={cursor}"), 422, "invalid")


def test_the_size_of_a_page_has_bounds(phone: PhoneOf) -> None:
    for bad in ("0", "-1", "101", "1.5", "x", "9" * 30):
        assert_problem(phone().get(f"/lab/things?limit={bad}"), 422, "invalid")
