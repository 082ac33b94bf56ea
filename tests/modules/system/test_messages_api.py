"""What a member finds in the inbox, and the agreements to WeChat's own messages (G10)."""

import pytest

from app.core import messages, settings
from tests.conftest import PhoneOf, Store
from tests.phones import Phone


def sent(store: Store, phone: Phone, *titles: str) -> None:
    with store() as session:
        for title in titles:
            messages.send(
                session, int(phone.member["id"]), "certification", title, "内容", "/pkg-members/certification"
            )


@pytest.mark.req("G10")
def test_the_inbox_is_newest_first_by_pages_and_remembers_what_was_read(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    sent(store, li, "一", "二", "三")
    first = li.get("/messages?limit=2").json
    assert first is not None
    rest = li.get(f"/messages?limit=2&cursor={first['next']}").json
    assert rest is not None
    assert [item["title"] for item in first["items"] + rest["items"]] == ["三", "二", "一"]
    assert rest["next"] is None
    newest = first["items"][0]["id"]
    assert li.post(f"/messages/{newest}/read").json["read"] is True  # type: ignore[index]
    assert li.post(f"/messages/{newest}/read").status_code == 200, "reading twice is reading"
    assert [item["read"] for item in li.get("/messages").json["items"]] == [True, False, False]  # type: ignore[index]


def test_anothers_messages_are_as_absent(phone: PhoneOf, store: Store) -> None:
    li, wang = phone("dev-li"), phone("dev-wang")
    sent(store, li, "一")
    number = li.get("/messages").json["items"][0]["id"]  # type: ignore[index]
    assert wang.get("/messages").json["items"] == []  # type: ignore[index]
    for absent in (number, "0", "x", "9" * 30):
        assert wang.post(f"/messages/{absent}/read").status_code == 404
    assert li.get("/messages").json["items"][0]["read"] is False  # type: ignore[index]
    assert phone().get("/messages").status_code == 401


def test_a_phone_learns_which_templates_to_ask_for_and_counts_each_agreement(phone: PhoneOf, store: Store) -> None:
    li, wang = phone("dev-li"), phone("dev-wang")
    assert li.get("/subscriptions").json["items"] == []  # type: ignore[index]
    assert li.post("/subscriptions", {"templates": ["T-CERT"]}).status_code == 422, "no such template is in use"
    with store() as session:
        settings.put(session, "members.certification_template", "T-CERT")
    asked = [{"kind": "certification", "template": "T-CERT", "quota": 0}]
    assert li.get("/subscriptions").json["items"] == asked  # type: ignore[index]
    for quota in (1, 2):
        items = li.post("/subscriptions", {"templates": ["T-CERT", "T-CERT"]}).json["items"]  # type: ignore[index]
        assert items[0]["quota"] == quota
    sent(store, li, "一")
    assert li.get("/subscriptions").json["items"][0]["quota"] == 1  # type: ignore[index]
    assert wang.get("/subscriptions").json["items"] == asked  # type: ignore[index]


@pytest.mark.parametrize("templates", [[], ["a", "b", "c", "d"], [""], "T-CERT", None])
def test_wrong_agreements_are_refused(phone: PhoneOf, templates: object) -> None:
    assert phone("dev-li").post("/subscriptions", {"templates": templates}).status_code == 422
