"""The back office: reception, approval of batches, gates, who may not come, files and figures (V4, V6)."""

import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import load_workbook
from sqlalchemy import select

from app.core import clock
from app.core.reports import Asked
from app.core.rights import StaffScope
from app.modules.estate.models import Building, Community, Unit
from app.modules.visits import reports
from app.modules.visits.models import AccessPass, BlockedVisitor, Gate, GateGroup, Passage, PassBatch, Visit
from app.modules.visits.operations import redeeming
from app.modules.visits.scans import Scan
from tests.conftest import Browse, Store
from tests.factories import make_staff, make_unit
from tests.modules.visits.factories import make_batch, make_gate, make_place, make_visit, token_of
from tests.uploading import upload

DESK = {("visits", "view"), ("visits", "edit"), ("visits", "approve")}


@pytest.fixture
def reception(browse: Browse) -> FlaskClient:
    return browse("desk", DESK)


@pytest.mark.req("V6")
def test_the_reception_finds_by_phone_tail_name_and_plate(store: Store, reception: FlaskClient) -> None:
    with store() as session:
        unit = make_unit(session)
        make_visit(session, unit, visitor_name="欧阳雪", visitor_phone="13912345678", plate="粤B88888")
        make_visit(session, unit, visitor_name="陈平", visitor_phone="13800001111")
    page = reception.get("/visits/desk/")
    assert page.text.count("待来访") >= 2
    for typed in ("5678", "13912345678", "欧阳", "粤b88888"):
        found = reception.post("/visits/desk/find", data={"q": typed}).text.split("现场登记")[0]
        assert "欧阳雪" in found, typed
        assert "陈平" not in found, typed
        assert "13912345678" not in found.replace(f'value="{typed}"', ""), "masked"
    assert "没有找到" in reception.post("/visits/desk/find", data={"q": "%"}).text


@pytest.mark.req("V6")
def test_somebody_who_was_not_expected_gets_a_pass_on_the_spot(
    app: Flask, store: Store, reception: FlaskClient
) -> None:
    with store() as session:
        unit = make_unit(session)
        unit_id, gate_id = unit.id, make_gate(session, unit).id
    typed = {"visitor_name": "快递小哥", "visitor_phone": "1380", "unit": str(unit_id), "purpose": "送货", "span": "2"}
    wrong = reception.post("/visits/desk/register", data=typed)
    assert wrong.status_code == 422
    assert "不是有效的手机号" in wrong.text
    assert 'value="快递小哥"' in wrong.text, "what was typed stays"
    made = reception.post("/visits/desk/register", data={**typed, "visitor_phone": "13800138000"})
    assert made.status_code == 302
    page = reception.get(made.location)
    [address] = set(re.findall(r"/p/[0-9a-f]{32}", page.text))
    assert app.test_client().get(address).status_code == 200
    with store() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.kind, visit.state, visit.ends_at - visit.starts_at) == ("desk", "approved", timedelta(hours=2))
        assert redeeming.redeem(session, session.get_one(Gate, gate_id), Scan(token_of(session, visit.id))).allow


def test_the_desk_registers_only_in_its_own_park(store: Store, browse: Browse) -> None:
    with store() as session:
        here, there = make_unit(session), make_unit(session)
        person = make_staff(session, "desk", DESK)
        session.add(StaffScope(user_id=person.id, community_id=here.community_id))
        make_visit(session, there, visitor_name="别处来客")
        there_id = there.id
    desk = browse("desk", DESK)
    assert "别处来客" not in desk.get("/visits/desk/").text
    typed = {"visitor_name": "某人", "unit": str(there_id), "span": "2"}
    assert desk.post("/visits/desk/register", data=typed).status_code == 422


@pytest.mark.req("V3")
def test_staff_decide_let_in_by_hand_and_take_back(store: Store, reception: FlaskClient) -> None:
    with store() as session:
        unit = make_unit(session)
        asked = make_visit(session, unit, kind="application", state="pending").id
        present, revoked = make_visit(session, unit).id, make_visit(session, unit).id
    base = "/visits/visit"
    reception.post(f"{base}/{asked}/move/approve")
    reception.post(f"{base}/{present}/move/arrive")
    assert "不能" in reception.post(f"{base}/{present}/move/arrive", follow_redirects=True).text
    reception.post(f"{base}/{present}/move/leave")
    again = reception.post(f"{base}/{present}/move/arrive", follow_redirects=True)
    assert "通行码已使用或不在有效时间内" in again.text
    reception.post(f"{base}/{revoked}/move/revoke", data={"reason": "临时管控"})
    with store() as session:
        states = [session.get_one(Visit, one).state for one in (asked, present, revoked)]
        assert states == ["approved", "left", "revoked"]
        assert session.scalars(select(AccessPass.state).where(AccessPass.visit_id == revoked)).one() == "revoked"


@pytest.mark.req("V4")
def test_a_permitted_administrator_approves_a_batch_and_prints_it_others_cannot(store: Store, browse: Browse) -> None:
    with store() as session:
        number = make_batch(session, make_unit(session)).id
    looker = browse("looker", {("pass_batches", "view")})
    assert looker.post(f"/visits/pass_batch/{number}/move/approve").status_code == 404
    boss = browse("approver", {("pass_batches", "view"), ("pass_batches", "approve")})
    assert "产品发布会" in boss.get("/visits/pass_batch/?state=pending").text
    boss.post(f"/visits/pass_batch/{number}/move/approve")
    with store() as session:
        assert session.get_one(PassBatch, number).state == "approved"
        assert len(session.scalars(select(AccessPass.id)).all()) == 3
    pdf = boss.get(f"/visits/pass_batch/{number}/cards.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert "没有可打印" not in boss.get(f"/visits/pass_batch/{number}").text


def test_gates_are_registered_checked_and_given_secrets_once(store: Store, browse: Browse) -> None:
    boss = browse()
    with store() as session:
        gate = make_gate(session, make_unit(session))
        number, community, group, before = gate.id, gate.community_id, gate.group_id, gate.secret
        elsewhere = make_gate(session, make_unit(session)).group_id
    form = {"number": "N-7", "community": community, "group": group, "place": "B座大堂", "direction": "in",
            "protocol": "vguang", "device_serial": "", "addresses": "", "takes_codes": "1", "active": "1"}  # fmt: skip
    assert boss.post("/visits/gate/new", data=form).status_code == 302
    for change, message in (
        ({"number": "N 8"}, "闸机编号由字母、数字和短横线组成"),
        ({"number": "N-8", "group": elsewhere}, "请选择同一园区的闸机组"),
        ({"number": "N-8", "addresses": "10.0.0.999"}, "请每行填写一个 IP 地址或网段"),
        ({"number": "N-8", "protocol": "zkteco"}, "请填写设备序列号和允许的 IP"),
    ):
        answer = boss.post("/visits/gate/new", data={**form, **change})
        assert answer.status_code == 422, change
        assert message in answer.text
    assert before not in boss.get(f"/visits/gate/{number}").text
    shown = boss.post(f"/visits/gate/{number}/secret")
    with store() as session:
        fresh = session.get_one(Gate, number).secret
    assert fresh != before
    assert fresh in shown.text
    assert fresh not in boss.get(f"/visits/gate/{number}").text


def test_a_community_has_one_group_for_each_building_and_one_for_the_rest(store: Store, browse: Browse) -> None:
    boss = browse()
    with store() as session:
        unit = make_unit(session)
        community, building = unit.community_id, unit.building_id
    for place, status in ((building, 302), (building, 422), ("", 302), ("", 422)):
        form = {"name": "入口", "community": community, "building": place}
        assert boss.post("/visits/gate_group/new", data=form).status_code == status


def test_the_pass_of_a_building_opens_its_own_gates(store: Store) -> None:
    with store() as session:
        place = make_place(session)
        unit = session.get_one(Unit, place.unit_id)
        own = make_gate(session, unit)
        group = GateGroup(community_id=unit.community_id, building_id=unit.building_id, name="一号楼")
        session.add(group)
        session.flush()
        inner = make_gate(session, unit, group_id=group.id)
        text = token_of(session, make_visit(session, unit).id)
        assert redeeming.redeem(session, own, Scan(text)).reason == "wrong_gate"
        assert redeeming.redeem(session, inner, Scan(text)).allow


def test_who_is_put_on_the_list_is_called_off_and_the_number_is_masked(store: Store, browse: Browse) -> None:
    boss = browse()
    with store() as session:
        visit = make_visit(session)
        number, community = visit.id, visit.community_id
    form = {"community": community, "name": "邵某", "phone": "13800138000", "reason": "散发广告", "active": "1"}
    assert boss.post("/visits/blocked_visitor/new", data=form).status_code == 302
    page = boss.get("/visits/blocked_visitor/").text
    assert "138****8000" in page
    assert "13800138000" not in page
    with store() as session:
        assert session.scalars(select(BlockedVisitor.reason)).one() == "散发广告"
        assert session.get_one(Visit, number).state == "revoked"


def test_live_passages_and_conflicts_are_seen(store: Store, browse: Browse) -> None:
    boss = browse()
    with store() as session:
        place = make_place(session)
        gate = session.get_one(Gate, place.entrance_id)
        assert redeeming.redeem(session, gate, Scan(place.token)).allow
        session.add(
            Passage(community_id=gate.community_id, gate_id=gate.id, direction="in", outcome="allowed",
                    conflict="used", offline=True, serial="7", scanned_at=clock.now())
        )  # fmt: skip
    page = boss.get("/visits/live/").text
    assert "钟访客" in page
    assert "冲突：已使用" in page
    assert boss.get("/visits/conflicts/").text.count("已使用") >= 1


def test_keys_are_changed_at_the_press_of_a_button(store: Store, browse: Browse) -> None:
    boss = browse()
    with store() as session:
        make_place(session)
    assert boss.post("/visits/keys/rotate", follow_redirects=True).text.count("签名中") == 1
    assert boss.get("/visits/keys/").text.count("停用</span>") == 1


# ---- files and figures


def rows(answer: bytes) -> list[list[object]]:
    return load_workbook(io.BytesIO(answer)).get_sheet_by_index(0).to_python()


@pytest.mark.req("V6")
def test_visits_and_passages_are_exported_with_rights(store: Store, browse: Browse) -> None:
    with store() as session:
        place = make_place(session)
        redeeming.redeem(session, session.get_one(Gate, place.entrance_id), Scan(place.token))
    boss = browse()
    visits = rows(boss.post("/visits/visit/export").data)
    assert ["钟访客" in line for line in visits][1:] == [True]
    assert any("已到访" in line for line in visits)
    passages = rows(boss.post("/visits/passage/export").data)
    assert any("放行" in line and "钟访客" in line for line in passages)
    assert browse("looker", {("passages", "view")}).post("/visits/passage/export").status_code == 404


@pytest.mark.req("V6")
def test_visits_are_counted_by_day_host_purpose_and_kind(store: Store) -> None:
    day = clock.start_of(clock.today() - timedelta(days=2)) + timedelta(hours=9)
    with store() as session:
        unit = make_unit(session, number="801")
        hour = timedelta(hours=1)
        for values in (
            {"state": "left", "arrived_at": day, "left_at": day + hour, "purpose": "面试"},
            {"state": "left", "arrived_at": day, "left_at": day + 2 * hour, "purpose": "面试"},
            {"state": "expired", "purpose": "送货"},
            {"state": "cancelled"},
        ):
            make_visit(session, unit, **{"starts_at": day, "ends_at": day + 4 * hour, **values})
        later = day + timedelta(days=1)
        make_visit(session, unit, starts_at=later, ends_at=later + hour, state="arrived", arrived_at=later)

        def asked(by: str) -> Asked:
            return Asked(day.date(), later.date(), None, by)

        assert reports.visits_by(session, asked("day")) == [
            (f"{day:%Y-%m-%d}", 4, 2, 1, 1, 0.5, 90.0), (f"{later:%Y-%m-%d}", 1, 1, 0, 0, 1.0, None)
        ]  # fmt: skip
        assert [row[:3] for row in reports.visits_by(session, asked("purpose"))] == [
            ("面试", 2, 2), ("（未填写）", 2, 1), ("送货", 1, 0)
        ]  # fmt: skip
        [host] = reports.visits_by(session, asked("host"))
        assert (host[0].endswith("801"), host[1:3]) == (True, (5, 3))
        assert reports.visits_by(session, Asked(day.date(), later.date(), [], "kind")) == []


@pytest.mark.req("V6")
def test_passages_are_counted_by_day_gate_and_outcome(store: Store) -> None:
    with store() as session:
        place = make_place(session)
        gates = [session.get_one(Gate, number) for number in (place.entrance_id, place.exit_id)]
        for gate, code in ((gates[0], place.token), (gates[0], place.token), (gates[1], place.token), (gates[0], "x")):
            redeeming.redeem(session, gate, Scan(code))
        today = clock.today()

        def asked(by: str) -> Asked:
            return Asked(today, today, None, by)

        assert reports.passages_by(session, asked("day")) == [(f"{today}", 4, 1, 1, 2, 0)]
        assert reports.passages_by(session, asked("gate")) == [
            (str(gates[0]), 3, 1, 0, 2, 0), (str(gates[1]), 1, 0, 1, 0, 0)
        ]  # fmt: skip
        assert sorted(reports.passages_by(session, asked("outcome"))) == [
            ("已使用", 1, 0, 0, 1, 0), ("放行", 2, 1, 1, 0, 0), ("无效码", 1, 0, 0, 1, 0)
        ]  # fmt: skip


HEADER = ["园区", "楼栋", "房号", "来访人", "来访人手机", "来访事由", "来访开始", "来访截止", "可进入次数"]


@pytest.mark.req("V6")
def test_regular_visitors_are_imported_with_their_passes_or_not_at_all(
    app: Flask, store: Store, browse: Browse
) -> None:
    boss = browse()
    assert 'href="/import/regular_visit/"' in boss.get("/visits/visit/").text
    with store() as session:
        place = make_place(session)
        unit = session.get_one(Unit, place.unit_id)
        community = session.get_one(Community, unit.community_id)
        where = [community.name, session.get_one(Building, unit.building_id).name, unit.number]
        session.add(BlockedVisitor(community_id=community.id, name="邵某", phone="13900139000", reason="x"))
    begin = clock.local(clock.now())
    start, end = f"{begin:%Y-%m-%d} 23:00", f"{begin + timedelta(days=20):%Y-%m-%d} 20:00"
    good = [[*where, "保洁刘阿姨", "13800138001", "日常保洁", start, end, 40],
            [*where, "快递小王", "", "送件", start, end, 200]]  # fmt: skip
    bad = [[*where, "邵某", "13900139000", "闲逛", start, end, 1],
           [*where, "太久", "", "", start, f"{begin + timedelta(days=60):%Y-%m-%d}", 1],
           [*where, "太多", "", "", start, end, 256]]  # fmt: skip
    page = upload(app, boss, "regular_visit", HEADER, good + bad)
    assert "该访客暂不能登记来访" in page
    assert "有效期最长 31 天" in page
    with store() as session:
        assert len(session.scalars(select(Visit.id)).all()) == 1, "none of the file"
    upload(app, boss, "regular_visit", HEADER, good)
    with store() as session:
        made = session.scalars(select(Visit).where(Visit.kind == "desk").order_by(Visit.id)).all()
        assert [(visit.visitor_name, visit.state) for visit in made] == [
            ("保洁刘阿姨", "approved"), ("快递小王", "approved")
        ]  # fmt: skip
        uses = select(AccessPass.uses).join(Visit).where(Visit.kind == "desk").order_by(AccessPass.id)
        assert list(session.scalars(uses)) == [40, 200]
    upload(app, boss, "regular_visit", HEADER, good)
    with store() as session:
        assert len(session.scalars(select(AccessPass.id)).all()) == 3, "again changes nothing"
