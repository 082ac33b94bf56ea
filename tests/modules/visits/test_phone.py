"""The phones of hosts, visitors, technicians and companies (V1, V3, V4, V5, V7)."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.core import clock, jobs, settings
from app.core.db import db
from app.core.errors import Conflict
from app.core.messages.models import Message
from app.modules.estate.models import Unit
from app.modules.members.models import CustomerMember
from app.modules.visits.models import AccessPass, BatchGrant, Gate, PassBatch, Visit
from app.modules.visits.operations import batches, blocking, redeeming, visiting, watching
from app.modules.visits.scans import Scan
from tests.conftest import PhoneOf, Store
from tests.factories import make_customer, make_occupancy, make_technician, make_unit
from tests.modules.members.races import race
from tests.modules.visits.factories import make_gate, make_place, make_visit, token_of
from tests.phones import Phone
from tests.postgresql import both_databases


def hours(n: float) -> str:
    return clock.local(clock.now() + timedelta(hours=n)).isoformat()


@pytest.fixture
def unit_id(store: Store) -> int:
    with store() as session:
        return make_unit(session, number="1203").id


@pytest.fixture
def resident(phone: PhoneOf, store: Store, unit_id: int) -> Callable[..., Phone]:
    """``resident("dev-li")``: the phone of somebody of a company in the unit."""

    def in_unit(code: str, *, company: int | None = None) -> Phone:
        found = phone(code)
        with store() as session:
            if company is None:
                customer = make_customer(session)
                unit = session.get_one(Unit, unit_id)
                make_occupancy(session, customer, unit)
                company = customer.id
            session.add(CustomerMember(customer_id=company, member_id=int(found.member["id"])))
        return found

    return in_unit


def invitation(unit_id: int, **values: Any) -> dict[str, Any]:
    return {"kind": "invitation", "visitor_name": "钟访客", "visitor_phone": "138 0013 8000", "unit_id": str(unit_id),
            "purpose": "商务洽谈", "plate": "粤a12345", "valid_from": hours(0), "valid_until": hours(4),
            **values}  # fmt: skip


def inbox(store: Store, person: Phone) -> list[str]:
    with store() as session:
        mine = select(Message.title).where(Message.member_id == int(person.member["id"]))
        return list(session.scalars(mine.order_by(Message.id)))


def decoded(picture: bytes) -> str:
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return str(code.text)


@pytest.mark.req("V1", "V2", "V7")
def test_a_resident_invites_and_the_visitor_walks_in_with_the_picture_they_were_sent(
    app: Flask, store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    host = resident("dev-li")
    made = host.post("/visits", invitation(unit_id))
    assert made.status_code == 201, made.text
    visit = made.json
    assert visit is not None
    assert (visit["state_text"], visit["visitor_phone"], visit["plate"]) == ("待来访", "13800138000", "粤A12345")
    shown = host.get(f"/visits/{visit['id']}/pass").json
    assert shown is not None
    path = "/" + shown["share_url"].split("/", 3)[3]
    stranger = app.test_client()
    page = stranger.get(path)
    assert page.status_code == 200
    assert "钟*客 的通行码" in page.text
    assert "1203" in page.text
    assert "13800138000" not in page.text
    assert "钟访客" not in page.text
    sent = stranger.get(path + "/code.png")
    assert decoded(sent.data) == shown["token"]
    assert decoded(host.get(shown["qr_url"].removeprefix("/api/v1")).data) == shown["token"]
    with store() as session:
        gate = make_gate(session, session.get_one(Visit, int(visit["id"])))
        assert redeeming.redeem(session, gate, Scan(decoded(sent.data))).allow
    jobs.run_due(app)
    assert inbox(store, host) == ["访客已到"]
    assert host.get(f"/visits/{visit['id']}").json["state_text"] == "已到访"  # type: ignore[index]
    assert "离开时在出口再扫一次" in stranger.get(path).text
    assert decoded(stranger.get(path + "/code.png").data) == shown["token"]


@pytest.mark.req("V3")
def test_a_visitor_applies_the_host_approves_and_only_then_there_is_a_pass(
    store: Store, phone: PhoneOf, resident: Callable[..., Phone], unit_id: int
) -> None:
    host, stranger = resident("dev-li"), phone("dev-zhao")
    visitor = phone("dev-wang")
    made = visitor.post("/visits", invitation(unit_id, kind="application")).json
    assert made is not None
    where = f"/visits/{made['id']}"
    assert (made["state_text"], made["may_decide"]) == ("待审批", False)
    assert visitor.get(f"{where}/pass").status_code == 404
    assert visitor.post(f"{where}/approve").status_code == 403
    assert inbox(store, host) == ["来访申请待您审批"]
    [waiting] = host.get("/visits?box=to_approve").json["items"]  # type: ignore[index]
    assert (waiting["id"], waiting["visitor_phone"], waiting["may_decide"]) == (made["id"], "138****8000", True)
    approved = host.post(f"{where}/approve")
    assert approved.json is not None
    assert approved.json["state_text"] == "待来访"
    assert host.post(f"{where}/approve").status_code == 409
    assert visitor.get(f"{where}/pass").status_code == 200
    assert inbox(store, visitor) == ["来访申请已通过"]
    assert host.get("/visits?box=to_approve").json["items"] == []  # type: ignore[index]
    assert stranger.get(where).status_code == 404


@pytest.mark.req("V3")
def test_a_declined_application_says_why(
    store: Store, phone: PhoneOf, resident: Callable[..., Phone], unit_id: int
) -> None:
    host, visitor = resident("dev-li"), phone("dev-wang")
    made = visitor.post("/visits", invitation(unit_id, kind="application")).json
    assert made is not None
    host.post(f"/visits/{made['id']}/reject", {"reason": "下周再约"})
    seen = visitor.get(f"/visits/{made['id']}").json
    assert seen is not None
    assert (seen["state_text"], seen["reason"]) == ("未通过", "下周再约")
    assert inbox(store, visitor) == ["来访申请未通过"]


@both_databases
@pytest.mark.req("V3")
def test_two_of_one_company_decide_at_once_and_one_decides(app: Flask, store: Store) -> None:
    with store() as session:
        place = make_place(session)
        waiting = make_visit(session, None, unit_id=place.unit_id, kind="application", state="pending",
                             community_id=session.get_one(Visit, place.visit_id).community_id).id  # fmt: skip

    def decide(n: int) -> str:
        visit = db.session().get_one(Visit, waiting)
        if n % 2:
            return visiting.approve(db.session(), visit, host_id=place.host_id).state
        return visiting.reject(db.session(), visit, "", host_id=place.host_id).state

    results = race(app, decide, 6)
    assert sum(not isinstance(result, Conflict) for result in results) == 1
    with store() as session:
        state = session.get_one(Visit, waiting).state
        passes = session.scalars(select(AccessPass.id).where(AccessPass.visit_id == waiting)).all()
        assert len(passes) == (state == "approved")


@pytest.mark.req("V5")
def test_a_technician_registers_entry_and_exit(store: Store, phone: PhoneOf, unit_id: int) -> None:
    person = phone("dev-wang")
    with store() as session:
        unit = session.get_one(Unit, unit_id)
        make_technician(session, name="王师傅", member_id=int(person.member["id"]), community_id=unit.community_id)
        entrance, way_out = make_gate(session, unit).id, make_gate(session, unit, "out").id
    made = person.post("/visits", {"kind": "technician", "purpose": "电梯年检", "valid_from": hours(0),
                                   "valid_until": hours(9)})  # fmt: skip
    assert made.status_code == 201, made.text
    assert made.json is not None
    assert (made.json["visitor_name"], made.json["unit"], made.json["state_text"]) == ("王师傅", "", "待来访")
    text = person.get(f"/visits/{made.json['id']}/pass").json["token"]  # type: ignore[index]
    with store() as session:
        answers = [redeeming.redeem(session, session.get_one(Gate, gate), Scan(text)).allow
                   for gate in (way_out, entrance, entrance, way_out, way_out)]  # fmt: skip
    assert answers == [False, True, False, True, False]
    assert person.get(f"/visits/{made.json['id']}").json["state_text"] == "已离开"  # type: ignore[index]


def test_each_role_registers_its_own_kind(phone: PhoneOf, resident: Callable[..., Phone], unit_id: int) -> None:
    host, visitor = resident("dev-li"), phone("dev-wang")
    assert visitor.post("/visits", invitation(unit_id)).status_code == 403
    assert visitor.post("/visits", invitation(unit_id, kind="technician")).status_code == 403
    assert host.post("/visits", invitation(unit_id, kind="technician")).status_code == 403


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"visitor_name": " "}, "visitor_name", "请填写来访人姓名"),
        ({"visitor_phone": "12345"}, "visitor_phone", "不是有效的手机号"),
        ({"unit_id": "999999"}, "unit_id", "请选择您名下的房号"),
        ({"unit_id": None}, "unit_id", "请选择被访房号"),
        ({"valid_until": hours(-2)}, "valid_until", "结束时间应晚于开始时间和当前时间"),
        ({"valid_from": hours(-3)}, "valid_from", "开始时间已过，请重新选择"),
        ({"valid_until": hours(24 * 8)}, "valid_until", "有效期最长 7 天"),
        ({"valid_from": hours(24 * 91), "valid_until": hours(24 * 91 + 2)}, "valid_from", "最多提前 90 天登记"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    resident: Callable[..., Phone], unit_id: int, change: dict[str, Any], field: str, message: str
) -> None:
    answer = resident("dev-li").post("/visits", invitation(unit_id) | change)
    assert answer.status_code == 422
    assert answer.json is not None
    assert {"field": field, "message": message} in answer.json["errors"]


def test_a_unit_without_anybody_on_the_phone_cannot_be_asked(phone: PhoneOf, unit_id: int) -> None:
    answer = phone("dev-wang").post("/visits", invitation(unit_id, kind="application"))
    assert answer.status_code == 422
    assert "到前台登记" in answer.text


def test_a_host_registers_only_so_many_a_day(store: Store, resident: Callable[..., Phone], unit_id: int) -> None:
    host = resident("dev-li")
    with store() as session:
        settings.put(session, "visits.most_per_day", 2)
    assert [host.post("/visits", invitation(unit_id)).status_code for _turn in range(3)] == [201, 201, 409]


@pytest.mark.req("V1")
def test_a_cancelled_pass_opens_nothing_from_that_moment(
    app: Flask, store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    host = resident("dev-li")
    made = host.post("/visits", invitation(unit_id)).json
    assert made is not None
    shown = host.get(f"/visits/{made['id']}/pass").json
    assert shown is not None
    assert host.post(f"/visits/{made['id']}/cancel").json["state_text"] == "已取消"  # type: ignore[index]
    with store() as session:
        gate = make_gate(session, session.get_one(Visit, int(made["id"])))
        assert redeeming.redeem(session, gate, Scan(shown["token"])).reason == "revoked"
    page = app.test_client().get("/" + shown["share_url"].split("/", 3)[3])
    assert "已作废" in page.text
    assert "code.png" not in page.text
    assert host.post(f"/visits/{made['id']}/cancel").status_code == 409


def test_an_address_that_was_not_given_out_shows_nothing(app: Flask, store: Store, unit_id: int) -> None:
    client = app.test_client()
    for key in ("0" * 32, "x", "%00" * 16):
        answer = client.get(f"/p/{key}")
        assert answer.status_code == 404
        assert client.get(f"/p/{key}/code.png").status_code == 404
    assert "通行码不存在" in answer.text


def test_who_is_blocked_is_not_registered_and_what_was_expected_is_called_off(
    store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    host = resident("dev-li")
    made = host.post("/visits", invitation(unit_id)).json
    assert made is not None
    with store() as session:
        visit = session.get_one(Visit, int(made["id"]))
        values = {"community_id": visit.community_id, "name": "钟访客", "phone": "13800138000", "reason": "散发广告",
                  "ends_at": None, "active": True}  # fmt: skip
        entry = blocking.save(session, None, values).id
        assert visit.state == "revoked"
        gate = make_gate(session, visit)
        assert redeeming.redeem(session, gate, Scan(token_of(session, visit.id))).reason == "revoked"
    answer = host.post("/visits", invitation(unit_id))
    assert answer.status_code == 409
    assert "散发广告" not in answer.text
    assert host.post("/visits", invitation(unit_id, visitor_phone="13900139000")).status_code == 201
    with store() as session:
        blocked = session.get_one(blocking.BlockedVisitor, entry)
        blocking.save(session, blocked, {**values, "ends_at": clock.now() + timedelta(days=1)})
    with clock.travel(timedelta(days=2)):
        later = invitation(unit_id)
        assert host.post("/visits", later).status_code == 201


def test_what_nobody_came_for_expires_and_the_host_hears_of_it(
    app: Flask, store: Store, phone: PhoneOf, resident: Callable[..., Phone], unit_id: int
) -> None:
    host, visitor = resident("dev-li"), phone("dev-wang")
    made = host.post("/visits", invitation(unit_id)).json
    asked = visitor.post("/visits", invitation(unit_id, kind="application")).json
    assert made is not None
    assert asked is not None
    with clock.travel(timedelta(hours=5)):
        with store() as session:
            watching.expire(session, {})
        assert host.get(f"/visits/{made['id']}").json["state_text"] == "已过期"  # type: ignore[index]
    assert inbox(store, host)[-1] == "来访已过期"
    assert inbox(store, visitor) == ["来访申请已过期"]


def test_names_and_numbers_of_visitors_are_forgotten_in_time(
    store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    made = resident("dev-li").post("/visits", invitation(unit_id)).json
    assert made is not None
    with clock.travel(timedelta(days=100)), store() as session:
        watching.forget(session, {})
        assert session.get_one(Visit, int(made["id"])).visitor_name == "钟访客"
    with clock.travel(timedelta(days=181)), store() as session:
        watching.forget(session, {})
        visit = session.get_one(Visit, int(made["id"]))
        session.refresh(visit)
        assert (visit.visitor_name, visit.visitor_phone, visit.visitor_phone_tail, visit.plate) == (
            "已清除", None, None, ""
        )  # fmt: skip


def test_who_erases_their_account_leaves_no_visitor_behind(
    store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    host = resident("dev-li")
    made = host.post("/visits", invitation(unit_id)).json
    assert made is not None
    assert host.delete("/me").status_code == 204
    with store() as session:
        visit = session.get_one(Visit, int(made["id"]))
        assert (visit.state, visit.visitor_name, visit.visitor_phone) == ("cancelled", "已清除", None)


# ---- batches


def batch(unit_id: int, **values: Any) -> dict[str, Any]:
    return {"count": 12, "purpose": "产品发布会", "unit_id": str(unit_id), "valid_from": hours(0),
            "valid_until": hours(48), "names": ["钟志强", "冯雨晴"], **values}  # fmt: skip


@pytest.mark.req("V4")
def test_a_batch_waits_for_staff_and_then_its_cards_are_printed_ten_a_page(
    app: Flask, store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    host = resident("dev-li")
    made = host.post("/pass-batches", batch(unit_id))
    assert made.status_code == 201, made.text
    assert made.json is not None
    where = f"/pass-batches/{made.json['id']}"
    assert (made.json["state_text"], made.json["may_decide"]) == ("待审批", False)
    assert host.post(f"{where}/approve").status_code == 403
    assert host.get(f"{where}/cards.pdf").status_code == 409
    with store() as session:
        batches.approve(session, session.get_one(PassBatch, int(made.json["id"])))
    assert inbox(store, host) == ["批量来访卡已通过"]
    pdf = host.get(f"{where}/cards.pdf")
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    pages = pypdfium2.PdfDocument(pdf.data)
    assert len(pages) == 2
    read = [code.text for page in pages for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())]
    with store() as session:
        cards = session.scalars(select(Visit).where(Visit.batch_id == int(made.json["id"])).order_by(Visit.id)).all()
        assert [card.visitor_name for card in cards[:3]] == ["钟志强", "冯雨晴", "来访卡 003"]
        assert sorted(read) == sorted(token_of(session, card.id) for card in cards)
        gate = make_gate(session, cards[0])
        assert redeeming.redeem(session, gate, Scan(read[0])).allow
        batches.revoke(session, session.get_one(PassBatch, int(made.json["id"])), "活动取消")
        assert redeeming.redeem(session, gate, Scan(read[1])).reason == "revoked"
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert "钟志强" in text
    assert "可进入 1 次" in text


@pytest.mark.req("V4")
def test_a_company_that_was_granted_the_right_approves_its_own_up_to_its_limit(
    store: Store, resident: Callable[..., Phone], unit_id: int
) -> None:
    asking = resident("dev-li")
    with store() as session:
        link = select(CustomerMember).where(CustomerMember.member_id == int(asking.member["id"]))
        company = session.scalars(link).one().customer_id
        community = session.get_one(Unit, unit_id).community_id
        session.add(BatchGrant(community_id=community, customer_id=company, most_cards=20))
    boss, stranger = resident("dev-wang", company=company), resident("dev-zhao")
    small = asking.post("/pass-batches", batch(unit_id)).json
    large = asking.post("/pass-batches", batch(unit_id, count=21)).json
    assert small is not None
    assert large is not None
    listed = boss.get("/pass-batches").json["items"]  # type: ignore[index]
    assert [(one["id"], one["may_decide"]) for one in listed] == [(large["id"], False), (small["id"], True)]
    assert stranger.get(f"/pass-batches/{small['id']}").status_code == 404
    assert boss.post(f"/pass-batches/{large['id']}/approve").status_code == 403
    assert boss.post(f"/pass-batches/{small['id']}/approve").json["state_text"] == "已通过"  # type: ignore[index]
    assert boss.post(f"/pass-batches/{small['id']}/reject", {}).status_code == 409
    assert asking.post(f"/pass-batches/{large['id']}/cancel").json["state_text"] == "已取消"  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"count": 201}, "count"), ({"names": ["甲", "乙"], "count": 1}, "names"), ({"unit_id": "999999"}, "unit_id"),
     ({"valid_until": hours(24 * 40)}, "valid_until"), ({"count": 0}, "count"), ({"purpose": " "}, "purpose")],
)  # fmt: skip
def test_a_batch_that_cannot_be_is_refused_at_its_field(
    resident: Callable[..., Phone], unit_id: int, change: dict[str, Any], field: str
) -> None:
    answer = resident("dev-li").post("/pass-batches", batch(unit_id) | change)
    assert answer.status_code == 422
    assert answer.json is not None
    assert field in {error["field"] for error in answer.json["errors"]}


def test_times_without_an_offset_are_of_shanghai(resident: Callable[..., Phone], unit_id: int) -> None:
    begin = clock.local(clock.now()).replace(tzinfo=None, microsecond=0)
    end = begin + timedelta(hours=1)
    made = resident("dev-li").post(
        "/visits", invitation(unit_id, valid_from=begin.isoformat(), valid_until=end.isoformat())
    )  # fmt: skip
    assert made.json is not None
    assert datetime.fromisoformat(made.json["valid_from"]).utcoffset() == timedelta(hours=8)
