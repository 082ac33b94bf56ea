"""Lost and found from the post to the hand-over: who may post, who sees what, and who gets it (F1-F3)."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.audit import verify
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import run_due
from app.core.messages.models import Message
from app.modules.lost_found import operations
from app.modules.lost_found.matching import bigrams, matches, score
from app.modules.lost_found.models import LostFoundClaim, LostFoundItem
from app.modules.members.models import CustomerMember
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_community, make_customer, make_member, make_staff, make_technician
from tests.modules.lost_found.factories import make_claim, make_item
from tests.modules.members.races import AT_ONCE, race
from tests.phones import Phone
from tests.postgresql import both_databases

REVIEWER = {("lost_found", "view"), ("lost_found", "edit"), ("lost_found", "approve")}
PROOF = {"name": "李女士", "phone": "13800138000", "proof": "伞柄刻有字母 L"}


@pytest.fixture
def resident(phone: PhoneOf, store: Store) -> Phone:
    """A tenant's phone in a park."""
    found = phone("dev-resident")
    with store() as session:
        make_community(session, name="甲园", service_phone="020-80000088")
        customer = make_customer(session, kind="tenant")
        session.add(CustomerMember(customer_id=customer.id, member_id=int(found.member["id"])))
    return found


def words(**values: Any) -> dict[str, Any]:
    return {"kind": "lost", "title": "黑色雨伞", "happened_on": clock.today().isoformat(), "place": "A座大堂", **values}


def titles(phone: Phone, path: str = "/lost-found") -> list[str]:
    answer = phone.get(path).json
    assert answer is not None
    return [item["title"] for item in answer["items"]]


@pytest.mark.req("F1", "F3")
def test_a_post_is_shown_to_all_once_it_is_approved(
    resident: Phone, phone: PhoneOf, browse: Browse, store: Store
) -> None:
    picture = resident.upload(purpose="lost_found").json
    assert picture is not None
    filed = resident.post("/lost-found", words(media_ids=[picture["id"]]))
    assert filed.status_code == 201, filed.text
    assert filed.json is not None
    number, visitor = filed.json["id"], phone("dev-visitor")
    assert (filed.json["state"], len(filed.json["photos"])) == ("pending", 1)
    assert titles(visitor) == []
    assert visitor.get(f"/lost-found/{number}").status_code == 404
    assert resident.get(f"/lost-found/{number}").status_code == 200
    assert titles(resident, "/lost-found?box=mine") == ["黑色雨伞"]
    reviewer = browse("reviewer", REVIEWER)
    assert "待审核失物招领" in reviewer.get("/").get_data(as_text=True)
    assert reviewer.post(f"/lost_found/lost_found_item/{number}/move/approve").status_code == 302
    assert titles(visitor) == titles(phone()) == titles(visitor, "/lost-found?kind=lost") == ["黑色雨伞"]
    assert titles(visitor, "/lost-found?kind=found") == []
    with store() as session:
        assert session.scalar(select(Message.title)) == "失物招领已发布"


@pytest.mark.req("F1", "G5")
def test_visitors_may_not_post_and_technicians_may(phone: PhoneOf, store: Store) -> None:
    visitor, technician = phone("dev-visitor"), phone("dev-technician")
    with store() as session:
        community = make_community(session)
        make_community(session)
        make_technician(session, member_id=int(technician.member["id"]), community_id=community.id)
        community_id = community.id
    assert visitor.post("/lost-found", words()).status_code == 403
    assert technician.post("/lost-found", words()).status_code == 201
    with store() as session:
        assert session.scalars(select(LostFoundItem.community_id)).one() == community_id


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"happened_on": "2999-01-01"}, "happened_on"),
        ({"happened_on": "2001-01-01"}, "happened_on"),
        ({"happened_on": "yesterday"}, "happened_on"),
        ({"title": " "}, "title"),
        ({"kind": "stolen"}, "kind"),
        ({"contact_way": "direct"}, "contact_phone"),
        ({"contact_way": "direct", "contact_phone": "12345"}, "contact_phone"),
        ({"community_id": "999999"}, "community_id"),
        ({"media_ids": ["0" * 32]}, "media_ids"),
        ({"state": "published"}, "state"),
    ],
)
def test_what_does_not_hold_is_said_at_its_field(resident: Phone, changed: dict[str, Any], field: str) -> None:
    refused = resident.post("/lost-found", words(**changed))
    assert refused.status_code == 422
    assert refused.json is not None
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_the_number_is_shown_as_its_owner_chose(resident: Phone, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        community = session.scalars(select(operations.Community)).one()
        owner = make_member(session).id
        shared = {"community": community, "member_id": owner, "contact_name": "王先生", "contact_phone": "13900139000"}
        hidden = make_item(session, **shared).id
        shown = make_item(session, **shared, contact_way="direct").id

    def contact(who: Phone, number: int) -> tuple[str, str]:
        answer = who.get(f"/lost-found/{number}").json
        assert answer is not None
        return answer["contact_name"], answer["contact_phone"]

    assert contact(resident, hidden) == contact(phone(), hidden) == ("物业服务中心", "020-80000088")
    assert contact(resident, shown) == ("王先生", "13900139000")
    assert contact(phone(), shown) == ("物业服务中心", "020-80000088"), "not to who has not signed in"


@pytest.mark.req("F2")
def test_what_staff_post_is_published_at_once_and_reaches_who_misses_it(
    resident: Phone, browse: Browse, store: Store
) -> None:
    with store() as session:
        community = session.scalars(select(operations.Community)).one()
        make_item(session, community=community, kind="lost", title="黑色折叠伞", member_id=int(resident.member["id"]),
                  happened_on=clock.today() - timedelta(days=1))  # fmt: skip
        community_id = community.id
    typed = {
        "kind": "found", "category": "clothes", "title": "折叠伞一把（黑色）", "place": "A座 大堂",
        "community": str(community_id),
        "happened_on": clock.today().isoformat(), "contact_way": "property", "contact_phone": "020-80000088",
    }  # fmt: skip
    reviewer = browse("reviewer", REVIEWER)
    saved = reviewer.post("/lost_found/lost_found_item/new", data=typed)
    assert saved.status_code == 302, saved.get_data(as_text=True)
    assert titles(resident, "/lost-found?kind=found") == ["折叠伞一把（黑色）"]
    page = reviewer.get(saved.headers["Location"]).get_data(as_text=True)
    assert "可能对应的寻物信息" in page
    inbox = resident.get("/messages").json
    assert inbox is not None
    assert [item["title"] for item in inbox["items"]] == ["可能与您的物品有关"]
    mine = resident.get("/lost-found?box=mine").json
    assert mine is not None
    alike = resident.get(f"/lost-found/{mine['items'][0]['id']}").json
    assert alike is not None
    assert [match["title"] for match in alike["matches"]] == ["折叠伞一把（黑色）"]


def test_matching_weighs_category_words_place_and_time() -> None:
    day = date(2026, 11, 20)

    def item(**values: Any) -> LostFoundItem:
        base = {"kind": "lost", "category": "phone", "title": "黑色华为手机", "description": "", "place": "商业街"}
        return LostFoundItem(**{**base, "happened_on": day, **values})

    lost = item()
    same = item(kind="found", title="华为手机一部", description="黑色", happened_on=day + timedelta(days=1))
    assert score(lost, same) > 0.85
    assert score(lost, item(kind="found", category="pet", title="橘猫", place="青年公寓")) == pytest.approx(0.1)
    assert score(lost, item(kind="found", place="地下停车场")) == pytest.approx(0.8)
    assert score(lost, item(kind="found", happened_on=day - timedelta(days=3))) == 0, "found before it was lost"
    assert score(lost, item(kind="found", happened_on=day + timedelta(days=46))) == 0
    assert bigrams("华为 P60!伞") == {"华为", "p6", "60", "0伞"} - {"0伞"} | {"伞"}


def test_matches_stay_within_the_park_and_what_is_published(store: Store) -> None:
    with store() as session:
        here, there = make_community(session), make_community(session)
        lost = make_item(session, community=here, kind="lost")
        best = make_item(session, community=here)
        less = make_item(session, community=here, place="地下停车场", title="雨伞")
        make_item(session, community=here, state="pending")
        make_item(session, community=here, state="claimed")
        make_item(session, community=there)
        make_item(session, community=here, category="pet", title="小狗", place="青年公寓")
        assert [match.item.id for match in matches(session, lost)] == [best.id, less.id]
        assert [match.item.id for match in matches(session, best)] == [lost.id]


def test_a_claim_is_checked_and_the_others_are_turned_down(
    resident: Phone, phone: PhoneOf, browse: Browse, store: Store
) -> None:
    with store() as session:
        number = make_item(session).id
        own = make_item(session, member_id=int(resident.member["id"])).id
    visitor = phone("dev-visitor")
    proof = visitor.upload(purpose="lost_found_proof").json
    assert proof is not None
    first = visitor.post(f"/lost-found/{number}/claims", PROOF | {"media_ids": [proof["id"]]})
    assert first.status_code == 201
    assert first.json is not None
    assert resident.get(f"/media/{proof['id']}").status_code == 404, "proof is for the claimant and the property alone"
    assert visitor.post(f"/lost-found/{number}/claims", PROOF).status_code == 409
    assert resident.post(f"/lost-found/{number}/claims", PROOF).status_code == 201
    assert resident.post(f"/lost-found/{own}/claims", PROOF).status_code == 409
    assert phone().post(f"/lost-found/{number}/claims", PROOF).status_code == 401
    reviewer, at = browse("reviewer", REVIEWER), f"/lost_found/lost_found_claim/{first.json['id']}"
    assert proof["id"] in reviewer.get(at).get_data(as_text=True)
    assert reviewer.post(f"{at}/move/approve").status_code == 302
    with store() as session:
        assert session.get_one(LostFoundItem, number).state == "claimed"
        claims = list(session.execute(select(LostFoundClaim.state, LostFoundClaim.reason).order_by(LostFoundClaim.id)))
        assert claims == [("approved", ""), ("rejected", "该物品已由他人认领")]
        assert sorted(session.scalars(select(Message.title))) == ["认领已确认", "认领未通过"]
    mine = visitor.get(f"/lost-found/{number}").json
    assert mine is not None
    assert mine["my_claim"]["state"] == "approved"
    assert visitor.post(f"/lost-found/{number}/claims", PROOF).status_code == 409


def test_authors_close_what_is_theirs_and_nobody_elses(resident: Phone, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_item(session, member_id=int(resident.member["id"])).id
        make_claim(session, session.get_one(LostFoundItem, number), make_member(session).id)
    assert phone("dev-visitor").post(f"/lost-found/{number}/close").status_code == 404
    assert resident.post(f"/lost-found/{number}/close").status_code == 200
    assert resident.post(f"/lost-found/{number}/close").status_code == 409
    with store() as session:
        assert session.scalars(select(LostFoundClaim.state)).one() == "rejected"


def test_old_posts_close_by_themselves(app: Flask, resident: Phone, store: Store) -> None:
    with store() as session:
        until = clock.today() + timedelta(days=2)
        number = make_item(session, member_id=int(resident.member["id"]), expires_on=until).id
    states = []
    for days in (2, 3):
        with clock.travel(timedelta(days=days)):
            run_due(app)
        with store() as session:
            states.append(session.get_one(LostFoundItem, number).state)
    assert states == ["published", "closed"]
    with store() as session:
        assert session.scalars(select(Message.title)).one() == "失物招领已到期"


@both_databases
def test_of_several_claims_confirmed_at_once_one_wins(app: Flask, store: Store) -> None:
    with store() as session:
        item = make_item(session)
        number = item.id
        claims = [make_claim(session, item, make_member(session).id).id for _n in range(AT_ONCE)]
        staff = [make_staff(session, f"clerk{n}", set()).id for n in range(AT_ONCE)]

    def confirm(n: int) -> Any:
        found = db.session.get_one(LostFoundClaim, claims[n])
        return operations.confirm_claim(db.session(), found, staff[n]).id

    results = race(app, confirm)
    [won] = [one for one in results if isinstance(one, int)]
    assert all(isinstance(one, Conflict) for one in results if one != won)
    with store() as session:
        assert session.get_one(LostFoundItem, number).state == "claimed"
        approved = select(LostFoundClaim.id).where(LostFoundClaim.state == "approved")
        assert session.scalars(approved).all() == [won]
        turned_down = select(func.count()).where(LostFoundClaim.state == "rejected")
        assert session.scalar(turned_down) == AT_ONCE - 1
        assert verify(session)[1] is None


def test_an_erased_member_leaves_no_number_behind(resident: Phone, store: Store) -> None:
    with store() as session:
        number = make_item(session, member_id=int(resident.member["id"]), contact_name="王先生",
                           contact_phone="13900139000", contact_way="direct").id  # fmt: skip
    assert resident.delete("/me").status_code == 204
    with store() as session:
        left = session.get_one(LostFoundItem, number)
        assert (left.contact_name, left.contact_phone, left.state, left.member_id) == ("", None, "closed", None)
