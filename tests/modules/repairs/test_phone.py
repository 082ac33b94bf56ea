"""Both routes on the phone, by those who take part, and closed to everybody else (R1–R8, G4, G6)."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock
from app.core.messages.models import Message
from app.modules.billing.models import Bill
from app.modules.billing.operations import payments
from app.modules.estate.models import Unit
from app.modules.members.models import Technician
from app.modules.repairs.models import RepairCategory, WorkOrder, WorkOrderEvent
from app.modules.repairs.operations import assignment, care
from app.modules.repairs.operations.steps import Who
from tests.conftest import PhoneOf, Store
from tests.factories import make_building, make_technician, make_unit
from tests.modules.repairs.factories import make_category, make_equipment, make_home, make_order
from tests.phones import Phone, picture


class Park:
    """A park with a tenant, a neighbour, two plumbers and an electrician, each with a phone."""

    def __init__(self, phone: PhoneOf, store: Store) -> None:
        self.technicians: dict[Phone, int] = {}
        self.lin, self.zhou = phone("dev-lin"), phone("dev-zhou")
        self.wang, self.li, self.zhang = phone("dev-wang"), phone("dev-li"), phone("dev-zhang")
        with store() as session:
            building = make_building(session)
            home = make_home(session, make_unit(session, building=building), self.id(self.lin), kind="tenant")
            make_home(session, make_unit(session, building=building), self.id(self.zhou))
            self.unit_id, self.community_id = home.unit.id, building.community_id
            self.number = home.customer.phone
            self.category_id = make_category(session).id
            people = {
                "王师傅": (self.wang, "plumbing"),
                "李师傅": (self.li, "plumbing"),
                "张师傅": (self.zhang, "electrical"),
            }
            for name, (person, trade) in people.items():
                made = make_technician(session, name=name, trades=[trade], member_id=self.id(person))
                self.technicians[person] = made.id

    @staticmethod
    def id(phone: Phone) -> int:
        return int(phone.member["id"])

    def technician_id(self, phone: Phone) -> int:
        return self.technicians[phone]

    def upload(self, phone: Phone) -> str:
        answer = phone.client.post(
            "/api/v1/media", headers=phone.headers,
            data={"file": (io.BytesIO(picture()), "漏水.jpg"), "purpose": "repair"},
        )  # fmt: skip
        assert answer.json is not None
        return str(answer.json["id"])

    def report(self, **values: Any) -> dict[str, Any]:
        body = {"area": "leased", "category_id": str(self.category_id), "unit_id": str(self.unit_id),
                "description": "厨房水龙头一直滴水", **values}  # fmt: skip
        return ok(self.lin.post("/work-orders", {key: value for key, value in body.items() if value is not None}), 201)


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json


def step(phone: Phone, order: dict[str, Any], name: str, body: Any = None, status: int = 200) -> Any:
    return ok(phone.post(f"/work-orders/{order['id']}/{name}", body), status)


@pytest.fixture
def park(phone: PhoneOf, store: Store) -> Park:
    return Park(phone, store)


def tomorrow(hours: int = 0) -> str:
    return (clock.now() + timedelta(days=1, hours=hours)).isoformat()


@pytest.mark.req("R1", "R3", "R4", "R8", "G4", "G6")
def test_the_leased_route_from_a_photo_to_a_rated_and_paid_job(park: Park, store: Store) -> None:
    lin, wang = park.lin, park.wang
    order = park.report(media_ids=[park.upload(lin)])
    assert (order["state"], order["technician"], order["moves"]) == ("submitted", None, ["cancel"])

    pool = ok(wang.get("/work-orders?box=pool"))["items"]
    assert [one["id"] for one in pool] == [order["id"]]
    order = step(wang, order, "grab")
    assert order["technician"]["name"] == "王师傅"
    assert ok(park.li.get("/work-orders?box=pool"))["items"] == []
    late = step(park.li, order, "grab", status=409)
    assert (late["code"], "王师傅" in late["detail"]) == ("taken", True)
    assert step(wang, order, "grab")["state"] == "grabbed", "pressed twice is once"

    order = step(wang, order, "quote", {"amount_fen": 12050, "note": "阀芯 80.50 元，人工 40 元"})
    assert "accept_quote" in ok(lin.get(f"/work-orders/{order['id']}"))["moves"]
    order = step(wang, order, "propose-time", {"starts_at": tomorrow()})
    assert step(wang, order, "agree-time", {}, 409)["code"] == "own_proposal"
    order = step(lin, order, "propose-time", {"starts_at": tomorrow(3)})
    changed = step(wang, order, "agree-time", {"starts_at": tomorrow()}, 409)
    assert changed["code"] == "proposal_changed", "what was seen is not what is proposed now"
    order = step(wang, order, "agree-time", {})
    assert (order["state"], order["proposed_by"]) == ("accepted", "")
    assert step(wang, order, "start", status=409)["code"] == "quote_open"
    assert step(lin, order, "accept-quote", {"amount_fen": 1}, 409)["code"] == "quote_changed"
    step(lin, order, "accept-quote", {"amount_fen": 12050})
    order = step(wang, order, "start")
    assert order["contact_phone"] == park.number, "the technician can call"
    step(wang, order, "pause", {"cause": "waiting_parts", "reason": "等待阀芯到货"})
    step(lin, order, "comment", {"text": "门口有备用钥匙"})
    order = step(wang, order, "finish", {
        "solution": "更换阀芯并试水", "materials": [{"name": "陶瓷阀芯", "quantity": "1 个"}],
        "media_ids": [park.upload(wang)],
    })  # fmt: skip
    assert order["clock"] == "running", "work that ends ends the pause"

    seen = ok(lin.get(f"/work-orders/{order['id']}"))
    work_photo = next(line for line in seen["timeline"] if line["step"] == "finish")["pictures"][0]
    for viewer, url in ((lin, work_photo["url"]), (wang, seen["pictures"][0]["url"])):
        assert viewer.get(f"{url.removeprefix('/api/v1')}?size=thumb").status_code == 200
    step(lin, order, "not-done", {"reason": "还有一点渗水"})
    order = step(wang, order, "finish", {"solution": "重新缠生料带"})
    order = step(lin, order, "confirm")
    assert (order["state"], order["fee_state"]) == ("confirmed", "due")
    assert step(lin, order, "confirm", status=409)["code"] == "wrong_state"

    bills = ok(lin.get("/bills"))["items"]
    assert [(bill["fee"], bill["amount_fen"], bill["id"]) for bill in bills] == [("repair", 12050, order["bill_id"])]
    with store() as session:
        bill = session.get_one(Bill, int(order["bill_id"]))
        payments.receive(session, community_id=bill.community_id, customer_id=bill.customer_id, bill_ids=[bill.id],
                         amount_fen=12050, channel="cash", paid_on=clock.today())  # fmt: skip
    order = step(lin, order, "rate", {"speed": 5, "attitude": 4, "quality": 5, "comment": "师傅很细心"})
    assert order["fee_state"] == "settled"
    assert step(lin, order, "rate", {"speed": 1, "attitude": 1, "quality": 1}, 409)["code"] == "wrong_state"
    assert [line["step"] for line in order["timeline"]] == [
        "report", "grab", "quote", "propose", "propose", "agree", "accept_quote", "start", "wait_parts", "comment",
        "resume", "finish", "not_done", "finish", "confirm", "charge", "settle", "rate",
    ]  # fmt: skip
    with store() as session:
        counts = session.execute(select(Message.member_id, func.count()).group_by(Message.member_id))
        told = {row[0]: row[1] for row in counts}
    assert told[park.id(lin)] >= 6
    assert told[park.id(wang)] >= 5


@pytest.mark.req("R2", "R4", "R7")
def test_the_public_route_is_dispatched_handed_on_and_confirmed(park: Park, store: Store) -> None:
    lin, wang, li = park.lin, park.wang, park.li
    order = park.report(area="public", unit_id=None, place="A座大堂东侧", description="门禁旁的灯不亮")
    assert ok(wang.get("/work-orders?box=pool"))["items"] == [], "staff decide who does it"
    step(wang, order, "grab", status=404)
    with store() as session:
        row = session.get_one(WorkOrder, int(order["id"]))
        assignment.dispatch(session, row, park.technician_id(wang), 1)
    assert [one["id"] for one in ok(wang.get("/work-orders"))["items"]] == [order["id"]]
    assert step(wang, order, "grab")["state"] == "grabbed"
    colleagues = ok(wang.get(f"/work-orders/{order['id']}/colleagues"))
    assert [(one["name"], one["fits"]) for one in colleagues] == [("李师傅", True), ("张师傅", False)]
    step(wang, order, "transfer", {"technician_id": colleagues[0]["id"], "reason": "今天请假"}, 204)
    step(wang, order, "start", status=404)
    order = step(li, order, "propose-time", {"starts_at": tomorrow(), "ends_at": tomorrow(2)})
    assert order["state"] == "grabbed", "who proposes a time has taken it"
    step(lin, order, "agree-time", {"starts_at": order["proposed_from"]})
    step(li, order, "return", {"reason": "需要登高车"}, 204)
    seen = ok(lin.get(f"/work-orders/{order['id']}"))
    assert (seen["state"], seen["technician"], seen["appointment_at"]) == ("submitted", None, None)
    step(lin, order, "cancel", {"reason": "已自行恢复"})
    assert step(lin, order, "cancel", {"reason": "再来一次"}, 409)["code"] == "wrong_state"


@pytest.mark.req("R1", "G4")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unit_id": "999999"}, "unit_id"),
        ({"area": "public", "unit_id": None}, "place"),
        ({"area": "public", "unit_id": None, "place": "大堂", "community_id": "999999"}, "community_id"),
        ({"area": "moon"}, "area"),
        ({"category_id": "999999"}, "category_id"),
        ({"description": "  "}, "description"),
        ({"preferred_time": "2020-01-01T08:00:00+08:00"}, "preferred_time"),
        ({"preferred_time": "2026-12-01T08:00:00"}, "preferred_time"),
        ({"media_ids": ["0" * 32]}, "media_ids"),
        ({"state": "confirmed"}, "state"),
        ({"technician_id": "1"}, "technician_id"),
    ],
)
def test_a_report_that_does_not_hold_names_the_field(park: Park, changed: dict[str, Any], field: str) -> None:
    body = {"area": "leased", "category_id": str(park.category_id), "unit_id": str(park.unit_id), "description": "漏水",
            **changed}  # fmt: skip
    answer = park.lin.post("/work-orders", {key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert not answer.json["errors"][0]["message"].isascii()


BODIES: dict[str, Any] = {
    "propose-time": {"starts_at": "2027-01-05T10:00:00+08:00"},
    "agree-time": {},
    "comment": {"text": "您好"},
    "confirm": None,
    "not-done": {"reason": "没修好"},
    "cancel": {"reason": "不用了"},
    "accept-quote": {"amount_fen": 1},
    "decline-quote": {},
    "rate": {"speed": 1, "attitude": 1, "quality": 1},
    "grab": None,
    "start": None,
    "pause": {"cause": "waiting_parts", "reason": "等待"},
    "resume": None,
    "quote": {"amount_fen": 100, "note": "人工"},
    "finish": {"solution": "完成"},
    "return": {"reason": "退回"},
    "transfer": {"technician_id": "1", "reason": "转派"},
}


def test_every_step_is_in_the_table_above(app: Flask) -> None:
    path = "/api/v1/work-orders/<work_order_id>/"
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(path) and "POST" in (rule.methods or ())]
    assert {rule.rule.removeprefix(path) for rule in rules} == BODIES.keys()


@pytest.mark.req("G4", "G6")
def test_somebody_elses_order_is_absent(park: Park, store: Store) -> None:
    """A neighbour, and a technician who has nothing to do with it, get the answer of what does not exist."""
    order = park.report()
    with store() as session:
        row = session.get_one(WorkOrder, int(order["id"]))
        assignment.grab(session, row, session.get_one(Technician, park.technician_id(park.wang)))
        before = row.updated_at
    for name, body in BODIES.items():
        for stranger in (park.zhou, park.zhang):
            foreign = stranger.post(f"/work-orders/{order['id']}/{name}", body)
            absent = stranger.post(f"/work-orders/999999/{name}", body)
            assert foreign.status_code == absent.status_code, name
            assert foreign.status_code in (403, 404), name
    for path in ("", "/colleagues"):
        assert park.zhang.get(f"/work-orders/{order['id']}{path}").status_code == 404
    assert park.zhou.get(f"/work-orders/{order['id']}").status_code == 404
    with store() as session:
        assert session.get_one(WorkOrder, int(order["id"])).updated_at == before


@pytest.mark.req("R3", "G6")
def test_a_technician_sees_the_pool_of_trade_and_park_and_what_is_theirs(park: Park, store: Store) -> None:
    mine = park.report()
    with store() as session:
        elsewhere = make_order(session, make_home(session), session.get_one(RepairCategory, park.category_id))
        other_park = str(elsewhere.id)
        wang = session.get_one(Technician, park.technician_id(park.wang))
        wang.community_id = park.community_id
    seen = lambda who, path: {one["id"] for one in ok(who.get(f"/work-orders?box={path}"))["items"]}  # noqa: E731
    assert seen(park.wang, "pool") == {mine["id"]}
    assert seen(park.li, "pool") == {mine["id"], other_park}, "belongs to no park: works in all"
    assert seen(park.zhang, "pool") == set(), "no plumber"
    assert park.wang.get(f"/work-orders/{other_park}").status_code == 404
    pooled = ok(park.wang.get(f"/work-orders/{mine['id']}"))
    assert "****" in pooled["contact_phone"], "numbers are for who has the job"
    ok(park.wang.patch("/me/duty", {"on_duty": False}))
    assert seen(park.wang, "pool") == set()
    assert step(park.wang, mine, "grab", status=409)["code"] == "off_duty"
    assert ok(park.wang.patch("/me/duty", {"on_duty": True})) == {
        "on_duty": True, "open_jobs": 0, "open_jobs_most": 5,
    }  # fmt: skip


def test_pictures_of_other_records_are_not_served_through_an_order(park: Park) -> None:
    order = park.report(media_ids=[park.upload(park.lin)])
    loose = park.upload(park.zhou)
    for key in (loose, "0" * 32, "x"):
        assert park.lin.get(f"/work-orders/{order['id']}/pictures/{key}").status_code == 404
    assert park.zhou.get(f"/work-orders/{order['id']}/pictures/{order['pictures'][0]['id']}").status_code == 404


def test_an_internal_remark_stays_inside(park: Park, store: Store) -> None:
    order = park.report()
    with store() as session:
        care.comment(session, session.get_one(WorkOrder, int(order["id"])), Who.staff(1), "客户脾气急", shared=False)
    assert "客户脾气急" not in park.lin.get(f"/work-orders/{order['id']}").text
    with store() as session:
        assert session.scalar(select(WorkOrderEvent.note).where(WorkOrderEvent.step == "comment")) == "客户脾气急"


@pytest.mark.req("R1")
def test_the_code_of_a_sticker_fills_in_place_and_category(park: Park, store: Store) -> None:
    with store() as session:
        unit, category = session.get_one(Unit, park.unit_id), session.get_one(RepairCategory, park.category_id)
        code = make_equipment(session, unit, category).code
    found = ok(park.lin.get(f"/repair-points/{code.lower()}"))
    assert (found["name"], found["place"], found["area"]) == ("1号客梯", "大堂东侧", "public")
    order = park.report(area="public", unit_id=None, place=found["place"], point_code=code)
    with store() as session:
        row = session.get_one(WorkOrder, int(order["id"]))
        assert (row.channel, row.community_id) == ("sticker", park.community_id)
    assert park.lin.get("/repair-points/AAAAAAAAAAAA").status_code == 404


def test_the_list_goes_on_where_the_last_page_ended(park: Park) -> None:
    made = [park.report()["id"] for _n in range(5)]
    first = ok(park.lin.get("/work-orders?limit=3"))
    second = ok(park.lin.get(f"/work-orders?limit=3&cursor={first['next']}"))
    assert [one["id"] for one in first["items"] + second["items"]] == made[::-1]
    assert ok(park.lin.get("/work-orders?state=done"))["items"] == []
