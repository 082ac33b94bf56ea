"""A person signs in from a phone, certifies, somebody with only that right decides, and the role changes."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import run_due
from app.core.media import MediaFile
from app.modules.members import operations
from app.modules.members.models import Certification, Customer, Member, MemberToken, Occupancy
from app.modules.system.models import MenuModule
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_building, make_community, make_customer, make_technician, make_unit
from tests.phones import Phone

CREDIT_CODE = "91110000600037341L"
ID_NUMBER = "11010519491231002X"
REVIEWER = {("certification", "view"), ("certification", "approve")}


def consent(phone: Phone) -> None:
    answer = phone.post("/me/consents", {"kind": "certification_material", "version": "2026-11"})
    assert answer.status_code == 201, answer.text


def application(phone: Phone, unit_id: int, /, **changed: Any) -> dict[str, Any]:
    media = phone.upload().json
    assert media is not None
    return {
        "kind": "merchant",
        "name": "广州穗澜科技有限公司",
        "phone": "13800138000",
        "credit_code": CREDIT_CODE,
        "unit_ids": [str(unit_id)],
        "media_ids": [media["id"]],
        **changed,
    }


def unit_in(store: Store) -> int:
    with store() as session:
        return make_unit(session).id


def filed(phone: Phone, unit_id: int, /, **changed: Any) -> str:
    consent(phone)
    answer = phone.post("/certifications", application(phone, unit_id, **changed))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["id"])


@pytest.mark.req("G1", "G2")
def test_a_visitor_becomes_a_merchant_on_the_call_after_approval(phone: PhoneOf, browse: Browse, store: Store) -> None:
    unit, li, reviewer = unit_in(store), phone("dev-li"), browse("certifier", REVIEWER)
    assert li.member["role"] == "visitor"
    assert li.member["certification"] == "none"
    number = filed(li, unit)
    assert li.role() == "visitor"
    assert li.get("/me").json["certification"] == "pending"  # type: ignore[index]

    page = reviewer.get(f"/members/certification/{number}").get_data(as_text=True)
    assert "广州穗澜科技有限公司" in page
    assert "138****8000" in page
    assert CREDIT_CODE not in page, "sensitive numbers are masked without the right to reveal"
    picture = page.split('<img src="/media/')[1].split('"')[0]
    assert reviewer.get(f"/media/{picture}").content_type in ("image/jpeg", "image/png")

    assert reviewer.post(f"/members/certification/{number}/approve").status_code == 302
    me = li.get("/me").json
    assert me is not None
    assert (me["role"], me["certification"]) == ("merchant", "approved")
    assert [customer["name"] for customer in me["customers"]] == ["广州穗澜科技有限公司"]
    units = li.get("/me/units").json
    assert [row["id"] for row in units] == [str(unit)]  # type: ignore[union-attr, index]
    messages = li.get("/messages").json
    assert messages is not None
    assert messages["items"][0]["title"] == "认证已通过"


@pytest.mark.req("G2")
def test_a_rejected_applicant_sees_why_and_may_apply_again(phone: PhoneOf, browse: Browse, store: Store) -> None:
    unit, li, reviewer = unit_in(store), phone("dev-li"), browse("certifier", REVIEWER)
    number = filed(li, unit)
    reviewer.post(f"/members/certification/{number}/reject", data={"reason": " "})
    assert li.get(f"/certifications/{number}").json["state"] == "pending", "a reason is needed"  # type: ignore[index]
    reviewer.post(f"/members/certification/{number}/reject", data={"reason": "执照照片不清晰"})
    seen = li.get(f"/certifications/{number}").json
    assert seen is not None
    assert (seen["state"], seen["reason"]) == ("rejected", "执照照片不清晰")
    assert li.role() == "visitor"
    again = filed(li, unit)
    assert again != number
    reviewer.post(f"/members/certification/{again}/approve")
    assert li.role() == "merchant"


@pytest.mark.req("G2")
def test_certification_finds_the_customer_on_the_books_and_links_instead_of_doubling(
    phone: PhoneOf, browse: Browse, store: Store
) -> None:
    with store() as session:
        unit = make_unit(session).id
        known = make_customer(session, name="穗澜科技", credit_code=CREDIT_CODE, phone="13900000000").id
    li, reviewer = phone("dev-li"), browse("certifier", REVIEWER)
    number = filed(li, unit)
    page = reviewer.get(f"/members/certification/{number}").get_data(as_text=True)
    assert "穗澜科技" in page
    assert "统一社会信用代码一致" in page
    reviewer.post(f"/members/certification/{number}/approve", data={"customer_id": known})
    with store() as session:
        assert session.scalars(select(Customer.id)).all() == [known]
        assert session.scalars(select(Occupancy.customer_id)).all() == [known]
        assert session.get_one(Certification, int(number)).customer_id == known


@pytest.mark.req("G2")
def test_a_tenant_who_opens_a_shop_stays_one_customer(phone: PhoneOf, browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session).id
        known = make_customer(session, kind="tenant", name="李明", id_number=ID_NUMBER, phone="13900000000").id
    li, reviewer = phone("dev-li"), browse("certifier", REVIEWER)
    number = filed(li, unit, name="李明小吃店", credit_code=None, id_number=ID_NUMBER)
    approve = f"/members/certification/{number}/approve"
    answer = reviewer.post(approve, follow_redirects=True).get_data(as_text=True)
    assert "“李明”已用该证件号码登记" in answer, "no second customer with the same number"
    assert li.role() == "visitor"
    reviewer.post(approve, data={"customer_id": known})
    assert li.role() == "merchant"
    with store() as session:
        assert session.scalars(select(Customer.id)).all() == [known]


def test_a_firms_phone_on_a_tenants_application_does_not_offer_the_firm(
    phone: PhoneOf, browse: Browse, store: Store
) -> None:
    with store() as session:
        unit = make_unit(session).id
        firm = make_customer(session, name="穗澜科技", phone="13800138000").id
    li, reviewer = phone("dev-li"), browse("certifier", REVIEWER)
    number = filed(li, unit, kind="tenant", name="李明", credit_code=None, id_number=ID_NUMBER)
    assert "穗澜科技" not in reviewer.get(f"/members/certification/{number}").get_data(as_text=True)
    reviewer.post(f"/members/certification/{number}/approve", data={"customer_id": firm})
    assert li.role() == "visitor"
    reviewer.post(f"/members/certification/{number}/approve")
    assert li.role() == "tenant"


def test_a_reviewer_cannot_link_a_customer_that_does_not_match(phone: PhoneOf, browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session).id
        stranger = make_customer(session).id
    li, reviewer = phone("dev-li"), browse("certifier", REVIEWER)
    number = filed(li, unit)
    reviewer.post(f"/members/certification/{number}/approve", data={"customer_id": stranger})
    assert li.role() == "visitor"


@pytest.mark.req("G2")
def test_a_second_reviewer_is_told_who_was_faster(phone: PhoneOf, browse: Browse, store: Store) -> None:
    unit, li = unit_in(store), phone("dev-li")
    first, second = browse("first", REVIEWER), browse("second", REVIEWER)
    number = filed(li, unit)
    first.post(f"/members/certification/{number}/approve")
    answer = second.post(
        f"/members/certification/{number}/reject", data={"reason": "材料不全"}, follow_redirects=True
    ).get_data(as_text=True)
    assert "first" in answer
    assert "已通过" in answer
    assert li.role() == "merchant"


@pytest.mark.req("G2")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"credit_code": "91110000600037341X"}, "credit_code"),
        ({"credit_code": None}, "credit_code"),
        ({"kind": "tenant", "credit_code": None}, "id_number"),
        ({"kind": "technician"}, "kind"),
        ({"phone": "12345678901"}, "phone"),
        ({"unit_ids": []}, "unit_ids"),
        ({"unit_ids": ["99999999"]}, "unit_ids"),
        ({"media_ids": []}, "media_ids"),
        ({"media_ids": ["0" * 32]}, "media_ids"),
        ({"name": "  "}, "name"),
        ({"state": "approved"}, "state"),
    ],
)
def test_a_wrong_application_is_refused_with_the_field_in_chinese(
    phone: PhoneOf, store: Store, changed: dict[str, Any], field: str
) -> None:
    unit, li = unit_in(store), phone("dev-li")
    consent(li)
    answer = li.post("/certifications", application(li, unit, **changed))
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["errors"][0]["field"] == field
    assert not answer.json["errors"][0]["message"].isascii()
    with store() as session:
        assert session.scalars(select(Certification.id)).all() == []


def test_units_of_two_parks_or_of_a_closed_one_cannot_be_applied_for(phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with store() as session:
        closed = make_unit(session, building=make_building(session, community=make_community(session, active=False)))
        wanted = {"closed": [closed.id], "public": [make_unit(session, kind="public").id]}
        wanted["two parks"] = [make_unit(session).id, make_unit(session).id]
    consent(li)
    for name, units in wanted.items():
        answer = li.post("/certifications", application(li, 0, unit_ids=[str(unit) for unit in units]))
        assert answer.status_code == 422, name
        assert answer.json is not None
        assert answer.json["errors"][0]["field"] == "unit_ids"


@pytest.mark.req("G7")
def test_nobody_applies_while_the_module_is_switched_off(phone: PhoneOf, store: Store) -> None:
    unit, li = unit_in(store), phone("dev-li")
    number = filed(li, unit)
    with store() as session:
        session.scalars(select(MenuModule).where(MenuModule.key == "certification")).one().enabled = False
    answer = li.post("/certifications", application(li, unit))
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["code"] == "module_off"
    assert li.get(f"/certifications/{number}").status_code == 200, "what was filed can still be read"


def test_material_is_taken_only_after_consent(phone: PhoneOf, store: Store) -> None:
    unit, li = unit_in(store), phone("dev-li")
    answer = li.post("/certifications", application(li, unit))
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "consent_required"
    assert li.post("/me/consents", {"kind": "privacy", "version": "2019-01"}).status_code == 422
    consent(li)
    consent(li)
    assert len(li.get("/me/export").json["consents"]) == 1  # type: ignore[index]


def test_only_one_application_is_pending_and_it_can_be_withdrawn(phone: PhoneOf, store: Store) -> None:
    unit, li = unit_in(store), phone("dev-li")
    number = filed(li, unit)
    assert li.post("/certifications", application(li, unit)).status_code == 409
    assert li.post(f"/certifications/{number}/withdraw").json["state"] == "withdrawn"  # type: ignore[index]
    assert li.post(f"/certifications/{number}/withdraw").status_code == 409
    assert li.post("/certifications", application(li, unit)).status_code == 201


def test_anothers_application_and_pictures_are_as_absent(phone: PhoneOf, store: Store) -> None:
    unit, li, wang = unit_in(store), phone("dev-li"), phone("dev-wang")
    number = filed(li, unit)
    picture = li.get(f"/certifications/{number}").json["media_ids"][0]  # type: ignore[index]
    assert li.get(f"/media/{picture}").status_code == 200
    for answer in (
        wang.get(f"/certifications/{number}"),
        wang.post(f"/certifications/{number}/withdraw"),
        wang.get(f"/media/{picture}"),
        phone().get(f"/media/{picture}"),
        wang.get("/certifications/99999999999999999999"),
        wang.get("/certifications/abc"),
    ):
        assert answer.status_code == 404
    stolen = application(wang, unit, media_ids=[picture])
    consent(wang)
    assert wang.post("/certifications", stolen).status_code == 422


@pytest.mark.req("G3")
def test_an_imported_technician_gets_the_role_with_the_phone_number(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        make_technician(session, phone="13512345678")
    wang = phone("dev-wang")
    answer = wang.post("/auth/phone", {"code": "phone-13512345678"})
    assert answer.json is not None
    assert answer.json["role"] == "technician"
    assert answer.json["phone"] == "135****5678"
    assert answer.json["certification"] == "approved"
    consent_answer = wang.post("/certifications", application(wang, 1))
    assert consent_answer.status_code == 403, "nobody certifies as or besides a technician"


@pytest.mark.req("G1")
def test_a_disabled_member_is_signed_out_at_once(phone: PhoneOf, browse: Browse, store: Store) -> None:
    li, staff = phone("dev-li"), browse("ops", {("members", "edit"), ("members", "view")})
    member = int(li.member["id"])
    page = staff.get(f"/members/member/{member}/edit").get_data(as_text=True)
    version = page.split('name="_version" value="')[1].split('"')[0]
    staff.post(f"/members/member/{member}/edit", data={"_version": version, "active": ""})
    assert li.get("/me").status_code == 401
    assert phone().post("/auth/wechat", {"code": "dev-li"}).status_code == 404


def test_signing_out_kills_the_token(phone: PhoneOf) -> None:
    li, other = phone("dev-li"), phone("dev-li")
    assert li.post("/auth/logout").status_code == 204
    assert li.get("/me").status_code == 401
    assert other.get("/me").status_code == 200, "another phone of the same person stays signed in"


@pytest.mark.req("G10")
def test_people_correct_their_own_information_and_nothing_else(phone: PhoneOf) -> None:
    li = phone("dev-li")
    answer = li.patch("/me", {"nickname": "老李", "big_type": True})
    assert answer.json is not None
    assert (answer.json["nickname"], answer.json["big_type"]) == ("老李", True)
    for smuggled in ({"role": "merchant"}, {"phone": "13800138000"}, {"active": False}, {"openid": "x"}):
        assert li.patch("/me", smuggled).status_code == 422


def test_a_token_lives_thirty_days_and_is_swept_away(app: Flask, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    with clock.travel(timedelta(days=29)):
        assert li.get("/me").status_code == 200
    with clock.travel(timedelta(days=30, minutes=1)):
        assert li.get("/me").status_code == 401
        run_due(app)
        with clock.travel(timedelta(days=31, minutes=1)):
            run_due(app)
    with store() as session:
        assert session.scalars(select(MemberToken)).all() == []


def test_an_account_can_be_exported_and_erased(app: Flask, phone: PhoneOf, store: Store) -> None:
    unit, li = unit_in(store), phone("dev-li")
    li.patch("/me", {"nickname": "老李头儿"})
    li.post("/auth/phone", {"code": "phone-13812345678"})
    filed(li, unit)
    copy = li.get("/me/export").json
    assert copy is not None
    assert copy["member"]["phone"] == "13812345678"
    assert copy["certifications"][0]["credit_code"] == CREDIT_CODE
    assert len(copy["media"]) == 1
    assert li.delete("/me").status_code == 204
    assert li.get("/me").status_code == 401
    with store() as session:
        member = session.get_one(Member, int(li.member["id"]))
        assert (member.phone, member.nickname, member.active) == (None, "", False)
        left = session.scalars(select(Certification)).one()
        assert (left.state, left.name, left.credit_code) == ("withdrawn", "已注销", None)
        assert session.scalars(select(MediaFile)).all() == []
        trail = " ".join(f"{entry.actor_name} {entry.changes}" for entry in session.scalars(select(AuditEntry)))
        assert not [secret for secret in ("老李头儿", "13812345678", CREDIT_CODE) if secret in trail]
    assert [path for path in (app.config["DATA_DIR"] / "media").rglob(f"{copy['media'][0]}*") if path.is_file()] == []
    with app.test_request_context(), pytest.raises(Conflict):
        operations.set_active(db.session(), db.session.get_one(Member, int(li.member["id"])), True)
    fresh = phone("dev-li")
    assert fresh.member["id"] != li.member["id"]


def test_a_wechat_under_load_or_a_forged_code_is_told_in_words(phone: PhoneOf) -> None:
    for code, status in (("busy", 503), ("forged", 422), ("", 422)):
        answer = phone().post("/auth/wechat", {"code": code})
        assert answer.status_code == status
        assert answer.json is not None
        assert not answer.json["detail"].isascii()
