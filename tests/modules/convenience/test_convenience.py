"""Convenience information: kept by staff, read and dialled by everybody (N3)."""

import pytest

from app.core import publishing
from app.core.errors import Invalid
from app.modules.convenience import operations
from app.modules.convenience.api import dial
from app.modules.convenience.models import ConvenienceCategory
from tests.conftest import Browse, PhoneOf, Store

PATH = "/convenience/convenience_info"


@pytest.mark.req("N3", "G5")
def test_staff_publish_and_everybody_reads_in_order(browse: Browse, phone: PhoneOf, store: Store) -> None:
    clerk = browse("clerk", {("convenience", "view"), ("convenience", "edit")})
    assert clerk.post("/convenience/convenience_category/new", data={"title": "公交", "icon": "bus", "position": "2"})
    assert clerk.post("/convenience/convenience_category/new", data={"title": "医院", "icon": "plus", "position": "1"})
    with store() as session:
        numbers = {c.title: c.id for c in session.query(ConvenienceCategory)}
    for title, category, position in (("B12 路", "公交", "2"), ("573 路", "公交", "1"), ("急诊", "医院", "9")):
        form = {"category": str(numbers[category]), "title": title, "hotlines": "020-66668888转12，120",
                "hours": "全天", "body": "<p>说明</p>", "position": position}  # fmt: skip
        page = clerk.post(f"{PATH}/new", data=form).headers["Location"]
        assert clerk.post(f"{page}/move/publish").status_code == 302
    items = phone().get("/convenience").json["items"]  # type: ignore[index]
    assert [item["title"] for item in items] == ["急诊", "573 路", "B12 路"]
    assert items[0]["phones"] == [
        {"text": "020-66668888转12", "dial": "02066668888,12"},
        {"text": "120", "dial": "120"},
    ]
    only = phone().get(f"/convenience?category_id={numbers['公交']}&q=B12").json["items"]  # type: ignore[index]
    assert [item["title"] for item in only] == ["B12 路"]
    assert phone().get(f"/convenience/{items[0]['id']}").json["body"] == "<p>说明</p>"  # type: ignore[index]
    assert clerk.post(f"{page}/move/unpublish").status_code == 302
    assert len(phone().get("/convenience").json["items"]) == 2  # type: ignore[index]


@pytest.mark.parametrize("text", ["打电话", "12a34", "javascript:alert(1)", "1" * 30])
def test_what_cannot_be_dialled_is_refused(text: str, app: object, store: Store) -> None:
    with store() as session:
        category = ConvenienceCategory(title="电话")
        session.add(category)
        session.flush()
        with pytest.raises(Invalid):
            operations.save(session, None, {"category_id": category.id, "title": "x", "hotlines": text})


def test_a_draft_is_not_seen(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        category = ConvenienceCategory(title="电话")
        session.add(category)
        session.flush()
        info = operations.save(session, None, {"category_id": category.id, "title": "物业", "hotlines": "110"})
        number = info.id
    assert phone().get(f"/convenience/{number}").status_code == 404
    with store() as session:
        publishing.publish(session, session.get_one(operations.ConvenienceInfo, number))
    assert phone().get(f"/convenience/{number}").status_code == 200


def test_numbers_are_dialled_without_what_people_write_between() -> None:
    assert [dial(text) for text in ("020-6666 8888", "+86 20 1", "400-800转6")] == ["02066668888", "+86201", "400800,6"]
