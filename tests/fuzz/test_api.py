"""Whatever is sent to any endpoint: no defect, problem+json in Chinese, and answers as documented.

``FUZZ_CASES=10000`` spends about that many requests on each role (an operation that can be asked in fewer ways
takes fewer), in place of the few of each run.
"""

import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.modules.members.models import CustomerMember
from tests.conftest import PhoneOf, Store
from tests.factories import make_certification, make_customer, make_occupancy, make_technician, make_unit
from tests.modules.ads.factories import make_ad
from tests.modules.feedback.factories import make_feedback
from tests.modules.leasing.factories import make_application, make_listing
from tests.modules.lost_found.factories import make_item
from tests.modules.notices.factories import make_notice

CASES = int(os.environ.get("FUZZ_CASES", "300"))
CHINESE = re.compile("[\u4e00-\u9fff]")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
ENDS_THE_SESSION = {("POST", "/api/v1/auth/logout"), ("DELETE", "/api/v1/me")}


@pytest.fixture
def known(app: Flask, store: Store, phone: PhoneOf) -> dict[str, Any]:
    """Ids that exist, so that not every case ends at "absent", and the member whom they belong to."""
    app.config["RATE_LIMITS"] = "0"
    li = phone("dev-li")
    li.post("/me/consents", {"kind": "certification_material", "version": "2026-11"})
    picture = li.upload().json
    assert picture is not None
    with store() as session:
        unit = make_unit(session)
        application = make_certification(session, int(li.member["id"]), unit)
        found = {
            "community_id": str(unit.community_id),
            "certification_id": str(application.id),
            "message_id": "1",
            "key": picture["id"],
            "notice_id": str(make_notice(session).id),
            "ad_id": str(make_ad(session).id),
            "info_id": "1",
            "bill_id": "1",
            "listing_id": str(make_listing(session).id),
            "lease_application_id": str(make_application(session, int(li.member["id"])).id),
            "item_id": str(make_item(session).id),
            "lost_found_id": str(make_item(session, member_id=int(li.member["id"])).id),
            "feedback_id": str(make_feedback(session, int(li.member["id"])).id),
            "unit_ids": [str(unit.id)],
            "media_ids": [picture["id"]],
        }
    return {**found, "headers": li.headers, "member_id": int(li.member["id"])}


@pytest.fixture(autouse=True)
def _limits_again(app: Flask) -> Iterator[None]:
    yield
    app.config["RATE_LIMITS"] = "1"


ROLES_TRIED = ["anonymous", "visitor"]
if "FUZZ_CASES" in os.environ:
    ROLES_TRIED += ["merchant", "tenant", "technician"]


def become(store: Store, member_id: int, role: str) -> None:
    """Give a member, a visitor so far, another role."""
    with store() as session:
        if role in ("merchant", "tenant"):
            customer = make_customer(session, kind=role)
            make_occupancy(session, customer, make_unit(session))
            session.add(CustomerMember(customer_id=customer.id, member_id=member_id))
        elif role == "technician":
            make_technician(session, member_id=member_id)


@pytest.mark.parametrize("who", ROLES_TRIED)
def test_no_input_is_answered_otherwise_than_promised(
    app: Flask, store: Store, phone: PhoneOf, known: dict[str, Any], who: str
) -> None:
    if who != "anonymous":
        become(store, known["member_id"], who)
        assert phone("dev-li").role() == who
    found: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations()
    operations = [result.ok() for result in found]
    fresh = count()

    def headers_for(operation: Any) -> dict[str, str]:
        if who == "anonymous":
            return {}
        ends = (operation.method.upper(), operation.full_path) in ENDS_THE_SESSION
        return phone(f"dev-fuzz{next(fresh)}").headers if ends else known["headers"]

    runs = [(operation, mode) for operation in operations for mode in GenerationMode if can_be(mode, operation)]
    for operation, mode in runs:
        fuzz(operation, mode, max(2, -(-CASES // len(runs))), known, lambda: headers_for(operation))  # noqa: B023


def fuzz(
    operation: Any, mode: GenerationMode, cases: int, known: dict[str, Any], headers: Callable[[], dict[str, str]]
) -> None:
    """Call one operation with made-up input, half of the time with ids that exist."""

    @seed(1)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), strategies.booleans())
    def check(case: Case, existing: bool) -> None:
        if existing:
            use(case, known)
        response = case.call(headers=headers())
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"]
            assert CHINESE.search(response.json()["detail"]), response.text

    check()


def can_be(mode: GenerationMode, operation: Any) -> bool:
    """Whether there is anything to be got wrong: an endpoint without parameters and body takes nothing; any text may
    stand in a path, but where one signs in the token can be wrong."""
    signed_in = {} not in operation.definition.raw.get("security", [{}])
    return mode is GenerationMode.POSITIVE or bool(
        len(operation.body) + len(operation.query) + (signed_in and len(operation.path_parameters))
    )


def use(case: Case, known: dict[str, Any]) -> None:
    """Put ids that exist in the place of the made-up ones; a kind of record that is not there has its first id."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known.get(name, "1")
    if isinstance(case.body, dict):
        for name in case.body.keys() & known.keys():
            case.body[name] = known[name]
