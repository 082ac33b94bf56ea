"""Record pages and forms: what they take, what they refuse in words, and what they never do."""

import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from app.core import clock, media
from app.core.audit import AuditEntry
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import Certification, Customer, Technician
from tests.conftest import Browse, Store
from tests.core.backoffice_screens.screens import TryCertificationView, TryCustomerView, TryUnitView
from tests.factories import (
    make_building,
    make_community,
    make_customer,
    make_member,
    make_technician,
    make_unit,
)
from tests.modules.notices.factories import make_notice

ALL_OF_CUSTOMERS = {("customers", action) for action in ("view", "edit", "delete")}


def text(client: FlaskClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def post(client: FlaskClient, url: str, expected: int, **data: Any) -> str:
    answer = client.post(url, data=data)
    assert answer.status_code == expected, answer.get_data(as_text=True)[:3000]
    return answer.get_data(as_text=True)


def version(page: str) -> str:
    return re.search(r'name="_version" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]


def test_a_record_is_added_shown_changed_and_deleted(browse: Browse, store: Store) -> None:
    with store() as session:
        community_id = make_community(session, name="科技园").id
    client = browse()
    assert 'type="hidden" name="csrf_token"' in text(client, "/try/building/new")
    post(client, "/try/building/new", 302, community=community_id, name="甲座", floors="12")
    with store() as session:
        building = session.scalars(select(Building)).one()
        assert (building.name, building.floors, building.community_id) == ("甲座", 12, community_id)
        building_id = building.id
    page = text(client, f"/try/building/{building_id}")
    assert "科技园" in page
    assert "已保存" in page
    edit = text(client, f"/try/building/{building_id}/edit")
    assert 'value="甲座"' in edit
    assert f'<option value="{community_id}" selected>科技园</option>' in edit
    post(client, f"/try/building/{building_id}/edit", 302, community=community_id, name="乙座", floors="3",
         _version=version(edit))  # fmt: skip
    assert "乙座" in text(client, f"/try/building/{building_id}")
    page = text(client, f"/try/building/{building_id}/delete")
    assert "楼栋：<b>乙座</b>" in page
    assert "删除后不能恢复" in page
    post(client, f"/try/building/{building_id}/delete", 302)
    text(client, f"/try/building/{building_id}", 404)
    with store() as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.record == "building").order_by(AuditEntry.seq)
        ).all()
        assert actions == ["create", "update", "delete"]


def test_a_get_never_deletes_or_moves(browse: Browse, store: Store) -> None:
    with store() as session:
        building_id = make_building(session).id
    client = browse()
    for _ in range(2):
        text(client, f"/try/building/{building_id}/delete")
    with store() as session:
        assert session.get(Building, building_id) is not None


def test_only_what_cannot_be_restored_has_a_red_button(browse: Browse, store: Store) -> None:
    with store() as session:
        building = f"/try/building/{make_building(session).id}/delete"
        passing = f"/try/certification/{certification(session).id}/move/approve"
    client = browse()
    assert re.search(r'btn-danger" type="submit">删除楼栋<', text(client, building))
    assert re.search(r'btn-primary" type="submit">通过<', text(client, passing))


def test_a_yes_can_be_made_a_no(browse: Browse, store: Store) -> None:
    with store() as session:
        community_id = make_community(session, code="K1", name="甲", active=True).id
    post(browse(), f"/try/community/{community_id}/edit", 302, code="K1", name="甲")
    with store() as session:
        assert session.get(Community, community_id).active is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("number", "", "请填写“房号”"),
        ("number", "x" * 33, "“房号”最多 32 个字"),
        ("number", "a\x00b", "“房号”含有不允许的字符"),
        ("floor", "三", "“楼层”应为整数"),
        ("floor", "1.5", "“楼层”应为整数"),
        ("floor", "99999999999", "“楼层”应为整数，且不能过大"),
        ("area_m2", "abc", "“面积（m²）”应为数字"),
        ("area_m2", "NaN", "“面积（m²）”应为数字"),
        ("area_m2", "1e30", "“面积（m²）”应为数字，且不能过大"),
        ("area_m2", "1.005", "“面积（m²）”最多 2 位小数"),
        ("kind", "castle", "请从列表中选择“类型”"),
        ("kind", "", "请填写“类型”"),
        ("building", "", "请填写“楼栋”"),
        ("building", "abc", "所选的“楼栋”不存在"),
        ("building", "987654321", "所选的“楼栋”不存在"),
        ("building", "9" * 30, "所选的“楼栋”不存在"),
    ],
)
def test_what_does_not_fit_is_said_at_the_field_and_nothing_typed_is_lost(
    browse: Browse, store: Store, field: str, typed: str, said: str
) -> None:
    with store() as session:
        building_id = make_building(session).id
    good = {
        "building": building_id,
        "number": "原样保留",
        "floor": "3",
        "kind": "shop",
        "area_m2": "10",
        "status": "vacant",
    }
    page = post(browse(), "/try/unit/new", 422, **{**good, field: typed})
    assert said in page
    assert "有 1 项需要修改" in page
    if field != "number":
        assert "原样保留" in page
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Unit)) == 0


def test_only_the_declared_columns_are_taken(browse: Browse, store: Store) -> None:
    with store() as session:
        community, other = make_community(session), make_community(session)
        building_id = make_building(session, community=community).id
        other_id = other.id
    post(browse(), "/try/unit/new", 302, building=building_id, number="1", floor="1", kind="shop", area_m2="1",
         status="vacant", community=other_id, community_id=other_id, id="777", created_at="2001-01-01")  # fmt: skip
    with store() as session:
        unit = session.scalars(select(Unit)).one()
        assert unit.community_id != other_id
        assert unit.id != 777
        assert unit.created_at.year > 2001


def test_a_duplicate_is_told_by_its_label_and_never_as_sql(browse: Browse, store: Store) -> None:
    with store() as session:
        make_community(session, code="K1", name="甲")
        building = make_building(session, name="甲座")
        make_unit(session, building=building, number="0101")
        building_id = building.id
    client = browse()
    page = post(client, "/try/community/new", 422, code="K1", name="乙", address="原样保留", active="1")
    assert "“园区编码”已存在" in page
    assert "原样保留" in page
    page += post(client, "/try/unit/new", 422, building=building_id, number="0101", floor="1", kind="shop", area_m2="1",
                 status="vacant")  # fmt: skip
    assert "“楼栋、房号”已存在" in page
    for leak in ("INSERT", "UNIQUE", "sqlite", "psycopg", "[SQL", "parameters"):
        assert leak not in page


def test_the_operations_refusal_stands_at_its_field(browse: Browse, store: Store) -> None:
    with store() as session:
        unit = make_unit(session, number="0101")
        unit_id, building_id = unit.id, unit.building_id
    page = post(browse(), f"/try/unit/{unit_id}/edit", 422, building=building_id, number="禁用", floor="9", kind="shop",
                area_m2="1", status="vacant")  # fmt: skip
    assert "房号不能为“禁用”" in page
    assert 'value="9"' in page
    with store() as session:
        assert session.get(Unit, unit_id).number == "0101"  # type: ignore[union-attr]


def test_deleting_what_others_refer_to_is_refused_in_words(browse: Browse, store: Store) -> None:
    with store() as session:
        building = make_building(session, name="甲座")
        make_unit(session, building=building)
        building_id = building.id
    client = browse()
    post(client, f"/try/building/{building_id}/delete", 302)
    assert "有其他记录与之关联" in text(client, f"/try/building/{building_id}")


def test_who_saves_over_anothers_change_is_told_first_and_sees_both_values(browse: Browse, store: Store) -> None:
    with store() as session:
        community = make_community(session)
        building = make_building(session, community=community, name="原名", floors=5)
        building_id, community_id = building.id, community.id
    client = browse()
    stale = version(text(client, f"/try/building/{building_id}/edit"))
    with clock.travel(timedelta(seconds=5)):
        post(browse("other", {("estate", "view"), ("estate", "edit")}), f"/try/building/{building_id}/edit", 302,
             community=community_id, name="他人改的", floors="5", _version=stale)  # fmt: skip
        page = post(client, f"/try/building/{building_id}/edit", 422, community=community_id, name="我改的", floors="5",
                    _version=stale)  # fmt: skip
        assert "已被他人修改" in page
        assert "当前值：他人改的" in page
        assert 'value="我改的"' in page
        assert page.count("当前值：") == 1
        post(client, f"/try/building/{building_id}/edit", 302, community=community_id, name="我改的", floors="5",
             _version=version(page))  # fmt: skip
    with store() as session:
        assert session.get(Building, building_id).name == "我改的"  # type: ignore[union-attr]


def test_several_choices_are_kept_as_a_list_in_their_order(browse: Browse, store: Store) -> None:
    with store() as session:
        technician_id = make_technician(session, name="老张", trades=["general"]).id
    client = browse()
    client.post(f"/try/technician/{technician_id}/edit",
                data={"name": "老张", "phone": "", "trades": ["", "lift", "plumbing"], "on_duty": "1"})  # fmt: skip
    with store() as session:
        technician = session.get(Technician, technician_id)
        assert technician is not None
        assert technician.trades == ["plumbing", "lift"]
        assert technician.community_id is None
    page = text(client, f"/try/technician/{technician_id}")
    assert "给排水" in page
    assert "电梯" in page
    page = post(client, f"/try/technician/{technician_id}/edit", 422, name="老张", trades="magic")
    assert "请从列表中选择“工种”" in page
    text(client, f"/try/technician/{technician_id}/delete", 404)


@pytest.mark.req("S2")
def test_a_masked_value_is_kept_when_left_empty_cleared_when_asked_and_never_shown(
    browse: Browse, store: Store
) -> None:
    with store() as session:
        customer_id = make_customer(session, name="王伟", phone="13800138000", id_number="440301199001011234").id
    client = browse("clerk", ALL_OF_CUSTOMERS)
    url = f"/try/customer/{customer_id}"
    for page in (text(client, url), text(client, f"{url}/edit")):
        assert "138****8000" in page
        assert "13800138000" not in page
        assert "440301199001011234" not in page
    base = {"kind": "merchant", "name": "王伟", "active": "1"}
    post(client, f"{url}/edit", 302, **base, phone="", id_number="")
    with store() as session:
        customer = session.get(Customer, customer_id)
        assert customer is not None
        assert (customer.phone, customer.id_number) == ("13800138000", "440301199001011234")
    post(client, f"{url}/edit", 302, **base, phone="13900139000", id_number="", id_number__clear="1")
    with store() as session:
        customer = session.get(Customer, customer_id)
        assert customer is not None
        assert (customer.phone, customer.id_number, customer.phone_tail) == ("13900139000", None, "9000")


@pytest.mark.req("S2")
def test_revealing_is_a_right_of_its_own_and_is_audited(browse: Browse, store: Store) -> None:
    with store() as session:
        customer_id = make_customer(session, name="王伟", id_number="440301199001011234").id
    url = f"/try/customer/{customer_id}"
    clerk, chief = browse("clerk", ALL_OF_CUSTOMERS), browse("chief", {*ALL_OF_CUSTOMERS, ("customers", "reveal")})
    assert "显示完整信息" not in text(clerk, url)
    post(clerk, f"{url}/reveal", 404)
    assert "显示完整信息" in text(chief, url)
    assert "440301199001011234" not in text(chief, url)
    assert "440301199001011234" in post(chief, f"{url}/reveal", 200)
    assert "440301199001011234" not in text(chief, url)
    with store() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "reveal")).one()
        assert (entry.record, entry.record_id) == ("customer", str(customer_id))
        assert "身份证号" in str(entry.changes)


def certification(session: Any) -> Certification:
    member = make_member(session)
    record = Certification(member_id=member.id, community_id=make_community(session).id, kind="merchant", name="王伟",
                           phone="13800138000")  # fmt: skip
    session.add(record)
    session.flush()
    return record


def test_a_move_is_asked_for_made_once_and_told_to_who_comes_late(browse: Browse, store: Store) -> None:
    with store() as session:
        url = f"/try/certification/{certification(session).id}"
    client = browse("reviewer", {("certification", "view"), ("certification", "approve")})
    page = text(client, url)
    assert "待审核" in page
    assert ">通过</a>" in page
    assert ">撤回</a>" not in page, "a move that is not declared here has no button"
    page = text(client, f"{url}/move/approve")
    assert re.search(r"认证申请：<b>[^<]+</b>", page)
    assert "申请人立即获得所申请的身份" in page
    post(client, f"{url}/move/approve", 302)
    page = text(client, url)
    assert "已通过" in page
    assert ">驳回</a>" not in page
    post(client, f"{url}/move/approve", 302)
    assert "当前状态为“已通过”（reviewer 于" in text(client, url)
    post(client, f"{url}/move/withdraw", 404)
    post(client, f"{url}/edit", 404, state="pending")
    post(browse("viewer", {("certification", "view")}), f"{url}/move/reject", 404)


def test_a_move_with_an_input_needs_it(browse: Browse, store: Store) -> None:
    with store() as session:
        record_id = certification(session).id
    client = browse()
    url = f"/try/certification/{record_id}/move/reject"
    assert "驳回原因" in text(client, url)
    assert "请填写“驳回原因”" in post(client, url, 422, reason="  ")
    assert "最多 500 个字" in post(client, url, 422, reason="x" * 501)
    post(client, url, 302, reason="照片不清晰")
    with store() as session:
        record = session.get(Certification, record_id)
        assert record is not None
        assert (record.state, record.reason) == ("rejected", "照片不清晰")


def test_a_record_page_shows_related_lists_and_history_to_those_who_may(browse: Browse, store: Store) -> None:
    with store() as session:
        building_id = make_building(session, name="甲座").id
        make_unit(session, building=session.get(Building, building_id), number="0101", area_m2=Decimal("88.00"))
    boss, viewer = browse(), browse("viewer", {("estate", "view")})
    post(boss, f"/try/building/{building_id}/edit", 302, name="乙座", floors="7",
         community=str(building_id and _community(store, building_id)))  # fmt: skip
    page = text(boss, f"/try/building/{building_id}")
    for shown in ("0101", "88.00", f"/try/unit/?building={building_id}", "操作记录", "楼栋名称：甲座 → 乙座", "boss"):
        assert shown in page
    page = text(viewer, f"/try/building/{building_id}")
    assert "0101" in page
    assert "操作记录" not in page


def picture() -> tuple[io.BytesIO, str]:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    content.seek(0)
    return content, "x.png"


def test_pictures_are_uploaded_at_once_kept_in_their_order_and_only_ones_own(browse: Browse, store: Store) -> None:
    client, other = browse(), browse("other", {("estate", "view"), ("estate", "edit")})
    keys = [client.post("/try/community/images", data={"file": picture()}).json["key"] for _ in range(3)]
    foreign = other.post("/try/community/images", data={"file": picture()}).json["key"]
    base = {"code": "K1", "name": "甲", "active": "1", "_images": "1"}
    client.post("/try/community/new", data={**base, "images": keys[:2]})

    def kept() -> list[str]:
        with store() as session:
            community = session.scalars(select(Community)).one()
            return [file.key for file in media.of(session, community)]

    assert kept() == keys[:2]
    with store() as session:
        url = f"/try/community/{session.scalars(select(Community.id)).one()}"
    page = text(client, f"{url}/edit")
    assert page.index(keys[0]) < page.index(keys[1])
    assert client.post(f"{url}/edit", data={**base, "images": [keys[2], keys[1]]}).status_code == 302
    assert kept() == [keys[2], keys[1]]
    assert keys[2] in text(client, url)
    for wrong in ([foreign], ["x" * 32], ["a\x00"], [*keys, "b", "c"]):
        assert client.post(f"{url}/edit", data={**base, "images": wrong}).status_code == 422
    assert client.post(f"{url}/edit", data={**base, "images": []}).status_code == 302
    assert kept() == []


def test_what_is_no_picture_is_refused_in_words(browse: Browse) -> None:
    client = browse()
    answer = client.post("/try/community/images", data={"file": (io.BytesIO(b"<svg onload=alert(1)>"), "x.svg")})
    assert answer.status_code == 422
    assert "无法识别的图片" in answer.json["message"]
    assert client.post("/try/community/images").status_code == 422
    assert client.post("/try/unit/images", data={"file": picture()}).status_code == 404
    viewer = browse("viewer", {("estate", "view")})
    assert viewer.post("/try/community/images", data={"file": picture()}).status_code == 404


@pytest.mark.parametrize(
    "declared",
    [
        {"columns": ("nmae",)}, {"filters": ("bulding",)}, {"search": ("numbr",)}, {"order": ("-born",)},
        {"sortable": ("size",)}, {"form": ("id",)}, {"form": ("created_at",)}, {"moves": ("approve",)},
        {"area": "nowhere"}, {"images": "nothing"}, {"sections": (("甲", ("nmae",)),)},
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist_stops_the_start(app: Flask, declared: dict[str, Any]) -> None:
    screen = type("Misspelt", (TryUnitView,), declared)
    with app.app_context(), pytest.raises((LookupError, AttributeError)):
        screen()


def test_a_state_or_a_sealed_column_cannot_be_misused(app: Flask) -> None:
    with app.app_context():
        for base, declared in (
            (TryCertificationView, {"form": ("state",)}),
            (TryCustomerView, {"sortable": ("phone",)}),
        ):
            with pytest.raises(LookupError):
                type("Wrong", (base,), declared)()


def _community(store: Store, building_id: int) -> int:
    with store() as session:
        return session.get(Building, building_id).community_id  # type: ignore[union-attr]


def test_the_history_tells_moments_as_the_clock_here_and_nothing_that_did_not_change(
    browse: Browse, store: Store
) -> None:
    with clock.travel(datetime(2026, 11, 25, 9, 7, tzinfo=clock.SHANGHAI)), store() as session:
        notice = make_notice(session)
        url = f"/notices/notice/{notice.id}"
    client = browse()
    assert "发布时间：空 → 2026-11-25 09:07" in text(client, url)
    post(client, f"{url}/move/unpublish", 302)
    post(client, f"{url}/move/publish", 302)
    told = text(client, url).partition("操作记录")[2]
    assert told.count("发布时间：") == 1
    assert "T01:07" not in told
