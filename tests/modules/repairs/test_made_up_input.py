"""Whatever a reporter or a technician sends to the endpoints of repairs: no defect, answers as documented."""

import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis import GenerationMode
from sqlalchemy import select

from app.modules.members.models import Technician
from app.modules.repairs.models import WorkOrder
from app.modules.repairs.operations import assignment
from tests.conftest import PhoneOf, Store
from tests.factories import make_technician
from tests.fuzz.test_api import can_be, fuzz
from tests.modules.repairs.factories import make_category, make_equipment, make_home, make_order

OURS = re.compile(r"/(work-orders|repair-|me/duty)")


@pytest.mark.parametrize("who", ["reporter", "technician"])
def test_no_input_is_answered_otherwise_than_promised(app: Flask, phone: PhoneOf, store: Store, who: str) -> None:
    app.config["RATE_LIMITS"] = "0"
    lin, wang = phone("dev-lin"), phone("dev-wang")
    with store() as session:
        home = make_home(session, member_id=int(lin.member["id"]))
        category = make_category(session)
        make_technician(session, trades=["plumbing"], member_id=int(wang.member["id"]))
        order = make_order(session, home, category)
        assignment.grab(session, order, session.scalars(select(Technician)).one())
        known: dict[str, Any] = {
            "work_order_id": str(order.id), "category_id": str(category.id), "unit_id": str(home.unit.id),
            "point_code": make_equipment(session, home.unit, category).code, "picture_key": "0" * 32,
            "community_id": str(home.unit.community_id), "media_ids": [], "technician_id": "1",
        }  # fmt: skip
    headers = (lin if who == "reporter" else wang).headers
    found: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations()
    ours = [operation for operation in (result.ok() for result in found) if OURS.search(operation.full_path)]
    assert len(ours) >= 20
    try:
        for operation in ours:
            for mode in GenerationMode:
                if can_be(mode, operation):
                    fuzz(operation, mode, 6, known, lambda: headers)
    finally:
        app.config["RATE_LIMITS"] = "1"
    with store() as session:
        assert session.scalars(select(WorkOrder)).first() is not None
