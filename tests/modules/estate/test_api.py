"""Whoever applies for certification finds the own unit: communities, and a search in one of them (G2)."""

from typing import Any

import pytest

from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.modules.estate import operations
from app.modules.estate.models import Unit
from tests.conftest import PhoneOf, Store
from tests.factories import make_building, make_community, make_unit
from tests.phones import Phone


def found(phone: Phone, community: int, q: str = "") -> list[str]:
    answer = phone.client.get(f"/api/v1/communities/{community}/units", query_string={"q": q})
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    items: list[dict[str, Any]] = answer.json["items"]
    return [f"{item['building']} {item['number']}" for item in items]


@pytest.mark.req("G2")
def test_a_unit_is_found_by_building_and_number_without_signing_in(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        park, other = make_community(session, name="天河园"), make_community(session)
        tower, shops = (make_building(session, community=park, name=name) for name in ("A座", "商业街"))
        for building, number in ((tower, "1201"), (tower, "1202"), (shops, "1201"), (shops, "100%")):
            make_unit(session, building=building, number=number)
        make_unit(session, building=tower, number="大堂", kind="public")
        make_unit(session, building=make_building(session, community=other, name="A座"), number="1201")
        here = park.id
    visitor = phone()
    names = [item["name"] for item in visitor.get("/communities").json["items"]]  # type: ignore[index]
    assert "天河园" in names
    assert found(visitor, here) == ["A座 1201", "A座 1202", "商业街 100%", "商业街 1201"]
    assert found(visitor, here, "1201") == ["A座 1201", "商业街 1201"]
    assert found(visitor, here, "A座 1201") == ["A座 1201"]
    assert found(visitor, here, "%") == ["商业街 100%"], "a sign of the pattern language is an ordinary sign"
    assert found(visitor, here, "无此房") == []


def test_a_closed_or_unknown_community_is_absent(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        closed = make_community(session, name="旧园", active=False).id
    listed = [item["id"] for item in phone().get("/communities").json["items"]]  # type: ignore[index]
    assert str(closed) not in listed
    for number in (closed, closed + 1, "x", 10**30):
        assert phone().get(f"/communities/{number}/units").status_code == 404


def test_a_units_community_follows_from_its_building(store: Store) -> None:
    with store() as session:
        first, second = make_building(session), make_building(session)
        unit = operations.save_unit(session, None, {"building_id": first.id, "number": "1201", "kind": "office"})
        assert unit.community_id == first.community_id
        operations.save_unit(session, unit, {"building_id": second.id})
        assert unit.community_id == second.community_id
        number = unit.id
    with store() as session:
        assert session.get_one(Unit, number).number == "1201"


def test_a_unit_needs_a_building_and_an_area_that_is_none_below_zero(app: Any, store: Store) -> None:
    with store() as session:
        building = make_building(session).id
    with app.test_request_context():
        with pytest.raises(NotFound):
            operations.save_unit(db.session(), None, {"building_id": building + 1, "number": "1"})
        with pytest.raises(Invalid) as caught:
            operations.save_unit(db.session(), None, {"building_id": building, "number": "1", "area_m2": -1})
        assert caught.value.errors[0].field == "area_m2"
        db.session.remove()
