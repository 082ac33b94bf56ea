"""The OpenAPI document says what the endpoints do, and can be read without the internet."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from msgspec.inspect import FloatType, IntType, ListType, StrType, StructType, Type, UnionType, type_info
from playwright.sync_api import Browser

from app.core.api.endpoints import Endpoint
from tests.conftest import PhoneOf

CHROMIUM = Path("/usr/bin/chromium")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def document(phone: PhoneOf) -> dict[str, Any]:
    answer = phone().get("/openapi.json")
    assert answer.content_type == "application/json"
    found: dict[str, Any] = answer.json  # type: ignore[assignment]
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def endpoints(app: Flask) -> list[Endpoint]:
    return [endpoint for module in app.extensions["registry"] for group in module.api for endpoint in group.endpoints]


def test_it_is_openapi_31_and_holds_every_declared_endpoint(document: dict[str, Any], app: Flask) -> None:
    assert document["openapi"].startswith("3.1")
    described = {(method, path) for method, path, _operation in operations(document)}
    declared = {(one.method, "/api/v1" + re.sub(r"<(\w+)>", r"{\1}", one.path)) for one in endpoints(app)}
    assert described == declared


def test_every_operation_says_in_chinese_what_it_does_and_answers(document: dict[str, Any]) -> None:
    names = []
    for method, path, operation in operations(document):
        names.append(operation["operationId"])
        assert CHINESE.search(operation["summary"]), (method, path)
        for status, answer in operation["responses"].items():
            assert CHINESE.search(answer["description"]), (method, path, status)
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    assert len(names) == len(set(names)), "operation ids are unique"


def test_it_says_who_may_call_and_what_is_sent(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    certify = document["paths"]["/api/v1/certifications"]["post"]
    assert certify["security"] == [{"bearer": []}]
    assert "访客" in certify["description"]
    assert {"401", "403", "409", "422", "429"} <= certify["responses"].keys()
    assert [parameter["name"] for parameter in certify["parameters"]] == ["Idempotency-Key"]
    upload = document["paths"]["/api/v1/media"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]
    picture = document["paths"]["/api/v1/media/{key}"]["get"]
    assert picture["security"] == [{}, {"bearer": []}]
    assert set(picture["responses"]["200"]["content"]) == {"image/jpeg", "image/png"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = msgspec.json.encode(document).decode()
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"], name
        assert name.isascii(), name


def test_whatever_is_sent_in_has_bounds(app: Flask) -> None:
    """No text, number or list that is read from a request is without an end (NUL and numbers beyond 64 bits too)."""
    for endpoint in endpoints(app):
        for sent in (endpoint.body, endpoint.query):
            if sent is not None and "/lab/" not in endpoint.path:
                assert list(unbounded(type_info(sent), sent.__name__)) == [], endpoint.path


def unbounded(kind: Type, where: str) -> Iterator[str]:
    if isinstance(kind, StructType):
        for field in kind.fields:
            yield from unbounded(field.type, f"{where}.{field.name}")
    elif isinstance(kind, UnionType):
        for one in kind.types:
            yield from unbounded(one, where)
    elif isinstance(kind, ListType):
        if kind.max_length is None:
            yield where
        yield from unbounded(kind.item_type, f"{where}[]")
    elif isinstance(kind, StrType):
        if kind.max_length is None and not ends(kind.pattern or ""):
            yield where
    elif isinstance(kind, (IntType, FloatType)):
        lower = kind.gt if kind.ge is None else kind.ge
        upper = kind.lt if kind.le is None else kind.le
        if lower is None or upper is None:
            yield where


def ends(pattern: str) -> bool:
    """Whether only texts of limited length match."""
    return pattern.startswith("^") and pattern.endswith("$") and not re.search(r"[*+]|,\}", pattern)


def test_the_readable_page_opens_in_a_browser_without_the_internet(address: str, chromium: Browser) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/api/v1/docs")
    page.get_by_text("提交认证申请").first.wait_for(timeout=20_000)
    page.close()
    outside = [url for url in asked if not url.startswith((f"{address}/", "data:"))]
    assert (outside, complaints) == ([], [])


@pytest.mark.parametrize("name", ["../../config.py", "..%2fconfig.py", "nothing.js"])
def test_only_its_own_assets_are_served(phone: PhoneOf, name: str) -> None:
    assert phone().get(f"/docs/{name}").status_code == 404
