"""The back office: dispatch, intake, the steps of staff, board, calendar, export, stickers (R2, R6, R7)."""

import io
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from python_calamine import load_workbook
from sqlalchemy import select

from app.core import clock
from app.core.messages.models import Message
from app.core.rights import StaffScope
from app.modules.billing.models import Bill
from app.modules.members.models import Technician
from app.modules.repairs import queries
from app.modules.repairs.models import Equipment, FollowUp, WorkOrder, WorkOrderEvent
from app.modules.repairs.operations import assignment, fees, work
from app.modules.repairs.operations.steps import Who
from tests.conftest import Browse, Store
from tests.factories import make_staff
from tests.modules.repairs.factories import (
    bring_to,
    make_category,
    make_equipment,
    make_home,
    make_order,
    make_plumber,
)

ORDERS = "/repairs/work_order"


def state_of(store: Store, order_id: int) -> str:
    with store() as session:
        return session.get_one(WorkOrder, order_id).state


@pytest.fixture
def public_order(store: Store) -> tuple[int, list[int]]:
    """An order of a public area, and three technicians: a plumber with a job, a free one, one of another trade."""
    with store() as session:
        home = make_home(session)
        busy, free = make_plumber(session, name="忙师傅"), make_plumber(session, name="闲师傅")
        other = make_plumber(session, name="电工师傅", trades=["electrical"])
        bring_to(session, make_order(session, home), busy, "grabbed")
        return make_order(session, home, area="public").id, [free.id, busy.id, other.id]


@pytest.mark.req("R2")
def test_suggestions_are_ordered_by_duty_trade_and_load(store: Store, public_order: tuple[int, list[int]]) -> None:
    order_id, expected = public_order
    with store() as session:
        order = session.get_one(WorkOrder, order_id)
        assert [one.technician.id for one in queries.suggestions(session, order)] == expected
        session.get_one(Technician, expected[0]).on_duty = False
        session.flush()
        assert [one.technician.id for one in queries.suggestions(session, order)] == [*expected[1:], expected[0]]


@pytest.mark.req("R2", "R7")
def test_one_click_dispatches_and_a_reason_reassigns(
    browse: Browse, store: Store, public_order: tuple[int, list[int]]
) -> None:
    order_id, (free, busy, _other) = public_order
    desk = browse("desk", {("work_orders", "view"), ("work_orders", "edit")})
    page = desk.get(f"{ORDERS}/{order_id}")
    assert page.text.index("闲师傅") < page.text.index("忙师傅") < page.text.index("电工师傅")
    desk.post(f"{ORDERS}/{order_id}/assign", data={"technician_id": free})
    assert state_of(store, order_id) == "dispatched"
    refused = desk.post(f"{ORDERS}/{order_id}/assign", data={"technician_id": busy}, follow_redirects=True)
    assert "请填写原因" in refused.text
    desk.post(f"{ORDERS}/{order_id}/assign", data={"technician_id": busy, "reason": "闲师傅请假"})
    with store() as session:
        assert session.get_one(WorkOrder, order_id).technician_id == busy
        steps = list(session.scalars(select(WorkOrderEvent.step).where(WorkOrderEvent.work_order_id == order_id)))
    assert steps == ["report", "dispatch", "reassign"]


@pytest.mark.req("G8")
def test_each_step_needs_its_own_right(browse: Browse, store: Store, public_order: tuple[int, list[int]]) -> None:
    order_id, (free, *_rest) = public_order
    viewer = browse("viewer", {("work_orders", "view")})
    for path in ("assign", "comment", "follow-up", "answer/confirm", "cancel", "close", "waive"):
        assert viewer.post(f"{ORDERS}/{order_id}/{path}", data={"technician_id": free}).status_code == 404
    desk = browse("desk", {("work_orders", "view"), ("work_orders", "edit")})
    for path in ("cancel", "close", "waive"):
        assert desk.post(f"{ORDERS}/{order_id}/{path}", data={"reason": "测试"}).status_code == 404
    chief = browse("chief", {("work_orders", "view"), ("work_orders", "approve")})
    chief.post(f"{ORDERS}/{order_id}/close", data={"reason": "重复报修"})
    assert state_of(store, order_id) == "cancelled"


def test_an_order_of_another_park_is_absent(browse: Browse, store: Store, public_order: tuple[int, list[int]]) -> None:
    with store() as session:
        mine = make_home(session).unit.community_id
        person = make_staff(session, "scoped", {("work_orders", "view"), ("work_orders", "edit")})
        session.add(StaffScope(user_id=person.id, community_id=mine))
    scoped = browse("scoped")
    assert scoped.get(f"{ORDERS}/{public_order[0]}").status_code == 404
    assert scoped.post(f"{ORDERS}/{public_order[0]}/assign", data={"technician_id": 1}).status_code == 404
    for path in ("/repairs/board/", "/repairs/calendar/", f"{ORDERS}/"):
        assert "水龙头漏水" not in scoped.get(path).text


@pytest.mark.req("R1", "R4")
def test_the_desk_files_for_a_caller_and_answers_in_their_place(browse: Browse, store: Store, app: Flask) -> None:
    with store() as session:
        home, category, plumber = make_home(session), make_category(session), make_plumber(session)
        values = {"community": home.unit.community_id, "area": "leased", "unit": home.unit.id, "category": category.id,
                  "priority": "normal", "description": "客户来电：卫生间漏水", "contact_name": "何女士",
                  "contact_phone": "13900001234"}  # fmt: skip
        plumber_id, customer_id = plumber.id, home.customer.id
    desk = browse("desk", {("work_orders", "view"), ("work_orders", "edit")})
    wrong = desk.post(f"{ORDERS}/new", data={**values, "unit": ""})
    assert wrong.status_code == 422
    assert "租赁区域报修请选择房号" in wrong.text
    assert "客户来电" in wrong.text, "what was typed stays"
    assert desk.post(f"{ORDERS}/new", data=values).status_code == 302
    with store() as session:
        order = session.scalars(select(WorkOrder).order_by(WorkOrder.id.desc()).limit(1)).one()
        order_id = order.id
        assert (order.channel, order.reporter_id, order.customer_id) == ("phone", None, customer_id)
        me, technician = Who.technician(plumber_id), session.get_one(Technician, plumber_id)
        assignment.grab(session, order, technician)
        work.propose(session, order, me, clock.now() + timedelta(hours=2), None)
        assert order.state == "accepted", "agreed on the telephone"
        fees.quote(session, order, me, 8000, "疏通")
    desk.post(f"{ORDERS}/{order_id}/answer/accept_quote")
    with store() as session:
        order = session.get_one(WorkOrder, order_id)
        work.start(session, order, me)
        work.finish(session, order, me, solution="已疏通")
    assert "代为确认完成" in desk.get(f"{ORDERS}/{order_id}").text
    desk.post(f"{ORDERS}/{order_id}/answer/confirm")
    assert state_of(store, order_id) == "confirmed"
    desk.post(f"{ORDERS}/{order_id}/follow-up", data={"outcome": "satisfied", "note": "很满意"})
    chief = browse("chief", {("work_orders", "view"), ("work_orders", "approve")})
    chief.post(f"{ORDERS}/{order_id}/waive", data={"reason": "首单优惠"})
    with store() as session:
        assert session.get_one(WorkOrder, order_id).fee_state == "waived"
        assert session.scalar(select(Bill.state)) == "void"
        assert session.scalar(select(FollowUp.outcome)) == "satisfied"


@pytest.mark.req("R8")
def test_a_bill_voided_in_billing_ends_the_fee_of_its_order(browse: Browse, store: Store) -> None:
    with store() as session:
        home, plumber = make_home(session), make_plumber(session)
        order = bring_to(session, make_order(session, home), plumber, "confirmed", fee_fen=8000)
        order_id, bill_id = order.id, order.bill_id
        assert order.fee_state == "due"
    cashier = browse("chief", {("billing", "view"), ("billing", "approve"), ("billing", "edit")})
    assert cashier.post(f"/billing/bill/{bill_id}/move/void", data={"note": "重复开单"}).status_code == 302
    with store() as session:
        order = session.get_one(WorkOrder, order_id)
        last = session.scalars(select(WorkOrderEvent).order_by(WorkOrderEvent.id.desc()).limit(1)).one()
        assert (order.fee_state, last.step, last.note) == ("waived", "void_fee", "重复开单")
        told = session.scalars(select(Message.title).where(Message.member_id == order.reporter_id)).all()
        assert "维修费账单已作废，无需缴费" in told


@pytest.mark.req("R4")
def test_only_the_reporter_with_a_phone_confirms(browse: Browse, store: Store) -> None:
    with store() as session:
        order_id = bring_to(session, make_order(session, make_home(session)), make_plumber(session), "finished").id
    boss = browse("boss")
    assert "代为确认完成" not in boss.get(f"{ORDERS}/{order_id}").text
    refused = boss.post(f"{ORDERS}/{order_id}/answer/confirm", follow_redirects=True)
    assert "由报修人在小程序中处理" in refused.text
    assert state_of(store, order_id) == "finished"


@pytest.mark.req("R5", "R6")
def test_board_overdue_list_and_calendar_show_what_they_should(browse: Browse, store: Store) -> None:
    with store() as session:
        home, plumber = make_home(session), make_plumber(session)
        with clock.travel(clock.now() - timedelta(days=20)):
            late = make_order(session, home, description="早就该来了").number
        agreed = bring_to(session, make_order(session, home, description="约好了"), plumber, "accepted")
        number, day = agreed.number, clock.local(agreed.appointment_at or clock.now()).date()
    boss = browse("boss")
    board = boss.get("/repairs/board/").text
    assert "早就该来了" in board
    assert "约好了" in board
    only_late = boss.get("/repairs/board/?late=1&trade=plumbing&community=abc").text
    assert "早就该来了" in only_late
    assert "约好了" not in only_late
    overdue = boss.get("/repairs/overdue/").text
    assert late in overdue
    assert number not in overdue
    assert "水龙头漏水" in boss.get(f"/repairs/calendar/?week={day}").text
    for week in ("x", "0001-01-01", "9999-12-31", f"{day + timedelta(days=70)}"):
        assert boss.get(f"/repairs/calendar/?week={week}").status_code == 200


@pytest.mark.req("R6")
def test_the_filtered_list_is_exported_with_masked_numbers(browse: Browse, store: Store) -> None:
    with store() as session:
        home = make_home(session)
        bring_to(
            session, make_order(session, home, description="=1+1"), make_plumber(session, name="王师傅"), "finished"
        )
        make_order(session, home)
    client = browse("exporter", {("work_orders", "view"), ("work_orders", "export")})
    answer = client.post(f"{ORDERS}/export?state=finished")
    rows = load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    head, row = rows[0], rows[1]
    cell = dict(zip(head, row, strict=False))
    assert len([one for one in rows[1:] if one[0]]) == 1
    assert (cell["状态"], cell["维修师傅"], cell["故障描述"]) == ("待确认", "王师傅", "'=1+1")
    assert "****" in str(cell["联系电话"])
    assert browse("viewer", {("work_orders", "view")}).post(f"{ORDERS}/export").status_code == 404


@pytest.mark.req("R1")
def test_the_stickers_of_a_page_can_be_scanned(browse: Browse, store: Store) -> None:
    with store() as session:
        home, category = make_home(session), make_category(session)
        for n in range(9):
            make_equipment(session, home.unit, category, name=f"{n}号配电箱", place="地下一层配电间东侧第三排")
        codes = set(session.scalars(select(Equipment.code)))
    answer = browse("boss").get("/repairs/equipment/stickers.pdf")
    assert answer.content_type == "application/pdf"
    document = pypdfium2.PdfDocument(answer.data)
    assert len(document) == 2
    found = {code.text for page in document for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil())}
    assert {text.rsplit("point=", 1)[1] for text in found} == codes
    assert all("/m/#/pkg-repairs/report?" in text for text in found)
    assert "9号" not in document[0].get_textpage().get_text_range()


def test_limits_and_the_tree_of_categories_are_checked(browse: Browse, store: Store) -> None:
    with store() as session:
        group = make_category(session)
        leaf = make_category(session, parent_id=group.id)
        group_id, leaf_id = group.id, leaf.id
    boss = browse("boss")
    values = {"name": "新类别", "trade": "plumbing", "priority": "normal", "position": "1", "active": "1"}
    limits = {f"{part}_{level}": "60" for part in ("respond", "finish") for level in ("urgent", "normal", "low")}
    deep = boss.post("/repairs/repair_category/new", data={**values, **limits, "parent": leaf_id})
    assert deep.status_code == 422
    none = boss.post("/repairs/repair_category/new", data={**values, **limits, "respond_low": "0"})
    assert "时限应为" in none.text
    assert boss.post("/repairs/repair_category/new", data={**values, **limits, "parent": group_id}).status_code == 302
