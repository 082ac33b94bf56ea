"""Offers from the draft to the lease: who sees what, what is counted, and what becomes of an application (L1-L4)."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.core import clock
from app.core.audit import verify
from app.core.db import db
from app.core.errors import Conflict
from app.core.messages.models import Message
from app.modules.leasing import operations
from app.modules.leasing.models import Lease, LeaseApplication, LeaseFollowUp, Listing, ListingDay
from app.modules.members.models import Customer, CustomerMember, Occupancy
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_building, make_community, make_customer, make_member, make_staff, make_unit
from tests.modules.leasing.factories import make_application, make_listing
from tests.modules.members.races import AT_ONCE, race
from tests.phones import picture
from tests.postgresql import both_databases

LEASER = {("listings", "view"), ("listings", "edit")}
DECIDER = {("lease_applications", "view"), ("lease_applications", "edit"), ("lease_applications", "approve")}
WANTED = {"name": "黎小姐", "phone": "13800138000", "message": "下周想看铺"}


def listed(phone: PhoneOf, **query: str) -> list[str]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = phone().get(f"/listings?{asked}").json
    assert answer is not None
    return [item["title"] for item in answer["items"]]


@pytest.mark.req("L1", "L2", "L4")
def test_an_offer_is_seen_at_once_and_gone_at_once(browse: Browse, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        building = make_building(session)
        unit = make_unit(session, building=building, number="商108")
        community_id, unit_id, place = building.community_id, unit.id, f"{building.name} 商108"
    leaser = browse("leaser", LEASER)
    key = leaser.post(
        "/leasing/listing/images",
        data={"file": (io.BytesIO(picture()), "铺面.jpg")},
        content_type="multipart/form-data",
    ).json
    assert key is not None
    typed: dict[str, Any] = {
        "title": "临街转角铺", "kind": "shop", "community": str(community_id), "unit": str(unit_id),
        "price_fen": "168.00", "price_unit": "m2_month", "period": "三年起租", "content": "可明火",
        "contact_phone": "020-80000066", "_images": "1", "images": key["key"],
    }  # fmt: skip
    saved = leaser.post("/leasing/listing/new", data=typed)
    assert saved.status_code == 302, saved.get_data(as_text=True)
    number = saved.headers["Location"].rpartition("/")[2]
    assert listed(phone) == []
    assert phone().get(f"/listings/{number}").status_code == 404, "a draft is nobody's business"
    leaser.post(f"/leasing/listing/{number}/move/publish")
    assert listed(phone) == ["临街转角铺"]
    offer = phone().get(f"/listings/{number}").json
    assert offer is not None
    assert offer["price_text"] == "168 元/m²·月"
    assert (offer["area_m2"], offer["location"]) == ("86.50", place), "taken from the unit"
    assert phone().get(offer["photos"][0]["url"].removeprefix("/api/v1")).status_code == 200
    leaser.post(f"/leasing/listing/{number}/move/unpublish")
    assert listed(phone) == []
    assert phone().get(f"/listings/{number}").status_code == 404


def test_an_offer_needs_a_price_or_says_that_it_is_open(browse: Browse, store: Store) -> None:
    with store() as session:
        community = make_community(session).id
        elsewhere = make_unit(session).id
    leaser = browse("leaser", LEASER)
    typed = {
        "title": "广告位",
        "kind": "ad_space",
        "community": str(community),
        "price_fen": "0",
        "price_unit": "month",
    }
    refused = leaser.post("/leasing/listing/new", data=typed)
    assert refused.status_code == 422
    assert "面议" in refused.get_data(as_text=True)
    wrong = leaser.post("/leasing/listing/new", data=typed | {"price_unit": "talk", "unit": str(elsewhere)})
    assert "所选房号不在这个园区" in wrong.get_data(as_text=True)
    assert leaser.post("/leasing/listing/new", data=typed | {"price_unit": "talk"}).status_code == 302


def test_offers_are_told_apart_by_kind_and_come_in_pages(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        for n in range(5):
            make_listing(session, title=f"铺{n}", kind="shop" if n % 2 else "parking")
        make_listing(session, title="已租", state="leased")
    assert listed(phone, kind="shop") == ["铺3", "铺1"]
    first = phone().get("/listings?limit=3").json
    assert first is not None
    rest = phone().get(f"/listings?limit=3&cursor={first['next']}").json
    assert rest is not None
    assert [item["title"] for item in first["items"] + rest["items"]] == ["铺4", "铺3", "铺2", "铺1", "铺0"]
    assert phone().get("/listings?kind=castle").status_code == 422


@both_databases
@pytest.mark.req("L5")
def test_no_view_and_no_inquiry_is_lost_when_many_look_at_once(app: Flask, store: Store) -> None:
    with store() as session:
        number, draft = make_listing(session).id, make_listing(session, state="draft").id

    def look(_n: int) -> None:
        for _again in range(5):
            operations.count_view(db.session(), number)
            operations.count_inquiry(db.session(), number)
            operations.count_view(db.session(), draft)

    race(app, look)
    with store() as session:
        row = session.scalars(select(ListingDay)).one()
        assert (row.listing_id, row.views, row.inquiries) == (number, 5 * AT_ONCE, 5 * AT_ONCE)


def test_opening_an_offer_counts_and_an_edit_meets_no_count(phone: PhoneOf, browse: Browse, store: Store) -> None:
    with store() as session:
        listing = make_listing(session)
        number, before = listing.id, listing.updated_at
    for _again in range(3):
        phone().get(f"/listings/{number}")
    phone().get("/listings")
    contact = phone().post(f"/listings/{number}/inquiries").json
    assert contact == {"contact_name": "招商部", "contact_phone": "020-80000066"}
    with store() as session:
        assert session.get_one(Listing, number).updated_at == before
    page = browse("leaser", LEASER).get(f"/leasing/listing/{number}").get_data(as_text=True)
    assert "3 / 1 / 0" in page


@pytest.mark.req("L2")
def test_the_share_page_and_its_poster_open_without_signing_in(app: Flask, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_listing(session, title="<script>alert(1)</script>转角铺").id
    page = app.test_client().get(f"/share/listings/{number}")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;转角铺" in text
    assert 'href="tel:020-80000066"' in text
    poster = phone().get(f"/listings/{number}/poster.png")
    drawn = Image.open(io.BytesIO(poster.get_data())).convert("RGB")
    [code] = zxingcpp.read_barcodes(drawn)
    assert code.text == f"http://localhost/share/listings/{number}"
    again = phone().call("GET", f"/listings/{number}/poster.png", If_None_Match=poster.headers["ETag"])
    assert again.status_code == 304
    with store() as session:
        operations.move_listing(session, session.get_one(Listing, number), "unpublish")
    gone = app.test_client().get(f"/share/listings/{number}")
    assert gone.status_code == 404
    assert "信息已下架" in gone.get_data(as_text=True)
    assert phone().get(f"/listings/{number}/poster.png").status_code == 404
    assert app.test_client().get(f"/share/listings/{10**30}").status_code == 404


@pytest.mark.req("L3")
def test_everybody_signed_in_may_apply_once_at_a_time(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_listing(session).id
        taken = make_listing(session, state="leased").id
    li = phone("dev-li")
    assert phone().post(f"/listings/{number}/applications", WANTED).status_code == 401
    filed = li.post(f"/listings/{number}/applications", WANTED)
    assert filed.status_code == 201
    assert filed.json is not None
    assert (filed.json["state"], filed.json["phone"]) == ("pending", "138****8000")
    twice = li.post(f"/listings/{number}/applications", WANTED)
    assert twice.status_code == 409
    assert li.post(f"/listings/{number}/applications", WANTED | {"phone": "12"}).status_code == 422
    assert li.post(f"/listings/{taken}/applications", WANTED).status_code == 404
    assert li.post(f"/lease-applications/{filed.json['id']}/withdraw").status_code == 200
    assert li.post(f"/listings/{number}/applications", WANTED).status_code == 201, "and again after taking it back"
    mine = li.get("/lease-applications").json
    assert mine is not None
    assert [(item["listing_title"], item["state"]) for item in mine["items"]] == [
        ("临街商铺", "pending"), ("临街商铺", "withdrawn"),
    ]  # fmt: skip
    assert phone("dev-wang").get("/lease-applications").json == {"items": [], "next": None}


@pytest.mark.req("L3", "L4")
def test_an_application_becomes_a_customer_with_a_lease_in_the_unit(
    browse: Browse, phone: PhoneOf, store: Store
) -> None:
    li = phone("dev-li")
    with store() as session:
        unit = make_unit(session)
        listing = make_listing(session, community_id=unit.community_id, unit_id=unit.id)
        number, unit_id = listing.id, unit.id
    application = li.post(f"/listings/{number}/applications", WANTED).json
    assert application is not None
    decider, at = browse("decider", DECIDER), f"/leasing/lease_application/{application['id']}"
    assert decider.get(f"{at}/sign").status_code == 200
    early = decider.post(f"{at}/sign", data={"customer": "", "kind": "merchant", "starts_on": "2026-12-01",
                                             "ends_on": "2027-11-30", "rent": "5857"})  # fmt: skip
    assert early.status_code == 422, "not before it is approved"
    decider.post(f"{at}/follow-up", data={"note": "已约周三看铺"})
    assert decider.post(f"{at}/move/approve").status_code == 302
    refused = decider.post(f"{at}/sign", data={"customer": "", "kind": "king", "starts_on": "", "ends_on": "x",
                                               "rent": "1.234"})  # fmt: skip
    assert refused.status_code == 422
    assert refused.get_data(as_text=True).count("field-error") == 4
    signed = decider.post(f"{at}/sign", data={"customer": "", "kind": "merchant", "starts_on": "2026-12-01",
                                              "ends_on": "2027-11-30", "rent": "5,857.50"})  # fmt: skip
    assert signed.status_code == 302, signed.get_data(as_text=True)
    with store() as session:
        lease = session.scalars(select(Lease)).one()
        assert (lease.unit_id, lease.rent_fen, str(lease.ends_on)) == (unit_id, 585750, "2027-11-30")
        occupancy = session.get_one(Occupancy, lease.occupancy_id)
        assert (occupancy.unit_id, occupancy.customer_id, occupancy.ends_on) == (
            unit_id,
            lease.customer_id,
            lease.ends_on,
        )
        customer = session.get_one(Customer, lease.customer_id)
        assert (customer.name, customer.kind, customer.phone) == ("黎小姐", "merchant", "13800138000")
        assert session.get_one(Listing, number).state == "leased"
        assert session.scalar(select(LeaseFollowUp.note)) == "已约周三看铺"
        assert session.scalar(select(CustomerMember.customer_id)) == customer.id
        assert verify(session)[1] is None
    assert li.role() == "merchant", "the applicant acts for the customer at once"
    inbox = li.get("/messages").json
    assert inbox is not None
    assert [item["title"] for item in inbox["items"]] == ["签约成功", "租赁申请已通过"]
    assert listed(phone) == []
    page = decider.get(at).get_data(as_text=True)
    assert "已约周三看铺" in page
    assert "¥5,857.50" in page


def test_a_customer_on_the_books_is_found_by_the_phone_number(browse: Browse, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        known = make_customer(session, name="黎记", phone="13800138000").id
        stranger = make_customer(session).id
        application = make_application(session, int(li.member["id"]), state="approved").id
    decider, at = browse("decider", DECIDER), f"/leasing/lease_application/{application}/sign"
    terms = {"starts_on": "2026-12-01", "ends_on": "2027-11-30", "rent": "100"}
    assert decider.post(at, data=terms | {"customer": str(stranger)}).status_code == 422, "not offered, not taken"
    assert decider.post(at, data=terms | {"customer": str(known)}).status_code == 302
    with store() as session:
        assert session.scalars(select(Lease.customer_id)).one() == known
        assert session.scalar(select(func.count()).select_from(Customer)) == 2


def test_one_turned_down_is_told_why(browse: Browse, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        number = make_application(session, int(li.member["id"])).id
    decider = browse("decider", DECIDER)
    assert decider.post(f"/leasing/lease_application/{number}/move/reject", data={"reason": " "}).status_code == 422
    decider.post(f"/leasing/lease_application/{number}/move/reject", data={"reason": "业态不符"})
    told = li.get(f"/lease-applications/{number}").json
    assert told is not None
    assert (told["state"], told["reason"]) == ("rejected", "业态不符")
    with store() as session:
        assert session.scalar(select(Message.body)) == "原因：业态不符"
        agreed = make_application(session, int(li.member["id"]), state="approved").id
    at = f"/leasing/lease_application/{agreed}/move"
    decider.post(f"{at}/reject", data={"reason": "来自没有刷新的页面"})
    assert li.get(f"/lease-applications/{agreed}").json["state"] == "approved"  # type: ignore[index]
    decider.post(f"{at}/fall_through", data={"reason": "价格未谈妥"})
    assert li.get(f"/lease-applications/{agreed}").json["reason"] == "价格未谈妥"  # type: ignore[index]


def test_who_may_only_view_sees_masked_numbers_and_can_do_nothing(browse: Browse, phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_application(session, make_member(session).id).id
    viewer, at = browse("viewer", {("lease_applications", "view")}), f"/leasing/lease_application/{number}"
    page = viewer.get(at).get_data(as_text=True)
    assert "138****8000" in page
    assert "13800138000" not in page
    for path in (f"{at}/move/approve", f"{at}/follow-up", f"{at}/sign", f"{at}/reveal"):
        assert viewer.post(path).status_code == 404
    assert viewer.get("/leasing/listing/").status_code == 404


@both_databases
@pytest.mark.req("L3")
def test_of_many_who_decide_or_sign_at_once_one_wins(app: Flask, store: Store) -> None:
    with store() as session:
        staff = [make_staff(session, f"clerk{n}", set()).id for n in range(AT_ONCE)]
        unit = make_unit(session)
        listing = make_listing(session, community_id=unit.community_id, unit_id=unit.id)
        number = make_application(session, make_member(session).id, listing).id
        ready = make_application(session, make_member(session).id, listing, state="approved").id

    def decide(n: int) -> Any:
        found = db.session.get_one(LeaseApplication, number)
        if n % 2:
            return operations.reject(db.session(), found, staff[n], "不符").state
        return operations.approve(db.session(), found, staff[n]).state

    def sign(n: int) -> Any:
        today = clock.today()
        terms: dict[str, Any] = {"starts_on": today, "ends_on": today + timedelta(days=365), "rent_fen": 100}
        found = db.session.get_one(LeaseApplication, ready)
        return operations.sign(db.session(), found, staff[n], customer_id=None, kind="tenant", **terms).id

    for work in (decide, sign):
        results = race(app, work)
        assert len([one for one in results if not isinstance(one, Exception)]) == 1, results
        assert all(isinstance(one, Conflict) for one in results if isinstance(one, Exception))
    with store() as session:
        for model in (Lease, Customer, Occupancy):
            assert session.scalar(select(func.count()).select_from(model)) == 1
        assert verify(session)[1] is None


def test_a_lease_made_by_hand_takes_the_occupancy_that_is_there(browse: Browse, store: Store) -> None:
    with store() as session:
        unit, customer = make_unit(session), make_customer(session)
        ids = {"customer": str(customer.id), "unit": str(unit.id)}
    decider = browse("decider", DECIDER)
    typed = ids | {"subject": "", "starts_on": "2026-12-01", "ends_on": "2027-11-30", "rent_fen": "3000"}
    assert decider.post("/leasing/lease/new", data=typed | {"ends_on": "2026-01-01"}).status_code == 422
    saved = decider.post("/leasing/lease/new", data=typed)
    assert saved.status_code == 302, saved.get_data(as_text=True)
    path = saved.headers["Location"]
    page = decider.get(f"{path}/edit").get_data(as_text=True)
    version = re.search(r'name="_version" value="([^"]+)"', page)
    changed = {"subject": "商铺", "starts_on": "2026-12-01", "ends_on": "2028-11-30", "rent_fen": "3200"}
    assert decider.post(f"{path}/edit", data=changed | {"_version": version[1] if version else ""}).status_code == 302
    with store() as session:
        assert str(session.scalars(select(Occupancy.ends_on)).one()) == "2028-11-30", "it follows the lease"


def test_an_offer_with_applications_stays(browse: Browse, store: Store) -> None:
    with store() as session:
        number = make_application(session, make_member(session).id).listing_id
    boss = browse("boss")
    boss.post(f"/leasing/listing/{number}/delete")
    assert boss.get(f"/leasing/listing/{number}").status_code == 200


def test_an_erased_member_leaves_no_name_behind(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        number = make_application(session, int(li.member["id"])).id
    assert li.delete("/me").status_code == 204
    with store() as session:
        left = session.get_one(LeaseApplication, number)
        assert (left.name, left.phone, left.message, left.state) == ("已注销", "", "", "withdrawn")


def test_a_poster_opens_by_itself_without_complaint_and_there_is_an_icon(app: Flask, store: Store) -> None:
    with store() as session:
        number = make_listing(session).id
    client = app.test_client()
    policy = client.get(f"/api/v1/listings/{number}/poster.png").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    icon = client.get("/favicon.ico", follow_redirects=True)
    assert (icon.status_code, icon.mimetype) == (200, "image/svg+xml")
