"""Notices: who sees them and when, reading them, and the messages that go with them (N1)."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from python_calamine import load_workbook

from app.core import clock, jobs
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.messages.models import Message
from app.modules.estate.models import Community
from app.modules.members.models import CustomerMember
from app.modules.notices import operations
from app.modules.notices.models import Notice, NoticePlace, NoticeRead
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_building, make_customer, make_member, make_occupancy, make_technician, make_unit
from tests.modules.members.races import race
from tests.modules.notices.factories import make_notice
from tests.phones import Phone
from tests.uploading import upload

PATH = "/notices/notice"


def titles(somebody: Phone) -> list[str]:
    answer = somebody.get("/notices")
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json["items"]]  # type: ignore[index]


@pytest.mark.req("N1")
def test_what_staff_publish_is_in_the_next_answer_and_gone_when_taken_down(
    browse: Browse, phone: PhoneOf, store: Store
) -> None:
    clerk = browse("clerk", {("notices", "view"), ("notices", "edit")})
    answer = clerk.post(
        f"{PATH}/new", data={"title": "电梯检修", "category": "1", "body": "<p>明天 <b>9:00</b></p>", "roles": ""}
    )
    assert answer.status_code == 302, answer.text
    page = answer.headers["Location"]
    assert titles(phone()) == []
    assert clerk.post(f"{page}/move/publish").status_code == 302
    assert titles(phone()) == ["电梯检修"]
    number = page.rsplit("/", 1)[1]
    assert phone().get(f"/notices/{number}").json["body"] == "<p>明天 <b>9:00</b></p>"  # type: ignore[index]
    assert [n["title"] for n in phone().get("/home").json["notices"]] == ["电梯检修"]  # type: ignore[index]
    assert clerk.post(f"{page}/move/unpublish").status_code == 302
    assert titles(phone()) == []
    assert phone().get(f"/notices/{number}").status_code == 404


def test_a_scheduled_notice_appears_and_vanishes_by_the_clock(phone: PhoneOf, store: Store) -> None:
    now = clock.now()
    with store() as session:
        make_notice(session, starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=5))
    assert titles(phone()) == []
    with clock.travel(timedelta(hours=3)):
        assert titles(phone()) == ["停水通知"]
    with clock.travel(timedelta(hours=6)):
        assert titles(phone()) == []


def test_pinned_ones_come_first_then_the_newest(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        for title, days, pinned in (("旧", 5, False), ("顶", 9, True), ("新", 1, False)):
            make_notice(session, title=title, pinned=pinned, starts_at=clock.now() - timedelta(days=days))
    assert titles(phone()) == ["顶", "新", "旧"]
    first = phone().get("/notices?limit=2").json
    assert [item["title"] for item in first["items"]] == ["顶", "新"]  # type: ignore[index]
    rest = phone().get(f"/notices?limit=2&cursor={first['next']}").json  # type: ignore[index]
    assert [item["title"] for item in rest["items"]] == ["旧"]  # type: ignore[index]


@pytest.mark.req("N1", "G5")
def test_a_notice_reaches_its_building_its_community_and_its_roles_alone(phone: PhoneOf, store: Store) -> None:
    tenant, visitor, technician = phone("dev-tenant"), phone("dev-visitor"), phone("dev-tech")
    with store() as session:
        home, elsewhere = make_unit(session), make_building(session)
        customer = make_customer(session, kind="tenant")
        session.add(CustomerMember(customer_id=customer.id, member_id=int(tenant.member["id"])))
        make_occupancy(session, customer, home)
        make_technician(session, member_id=int(technician.member["id"]))
        make_notice(session, title="本楼", buildings=[home.building_id])
        make_notice(session, title="他楼", buildings=[elsewhere.id])
        make_notice(session, title="本园区", communities=[home.community_id])
        make_notice(session, title="他园区", communities=[elsewhere.community_id])
        make_notice(session, title="租客", roles=["tenant"])
        make_notice(session, title="师傅", roles=["technician"])
    assert set(titles(tenant)) == {"本楼", "本园区", "租客"}
    assert set(titles(visitor)) == {"本园区", "他园区"}
    assert set(titles(technician)) == {"本园区", "他园区", "师傅"}
    assert set(titles(phone())) == {"本园区", "他园区"}


@pytest.mark.parametrize("app", ["sqlite", "postgresql"], indirect=True)
def test_each_reader_counts_once_however_many_come_at_once(app: Flask, store: Store) -> None:
    with store() as session:
        number = make_notice(session).id
        readers = [make_member(session).id for _ in range(5)]
    for _again in range(3):
        race(app, lambda n: [operations.read(db.session(), number, one, "visitor") for one in readers])
    with store() as session:
        assert session.get_one(Notice, number).read_count == len(readers)
        assert session.query(NoticeRead).count() == len(readers)


def test_reading_marks_the_notice_for_its_reader(phone: PhoneOf, store: Store, browse: Browse) -> None:
    li = phone("dev-li")
    with store() as session:
        number = make_notice(session).id
    assert li.get("/notices").json["items"][0]["read"] is False  # type: ignore[index]
    for _twice in range(2):
        assert li.post(f"/notices/{number}/read").status_code == 204
    assert li.get("/notices").json["items"][0]["read"] is True  # type: ignore[index]
    assert phone("dev-wang").get("/notices").json["items"][0]["read"] is False  # type: ignore[index]
    page = browse("boss").get(f"{PATH}/{number}").get_data(as_text=True)
    assert "<dt>应读</dt><dd>2 人</dd>" in page
    assert "<dt>已读</dt><dd>1 人</dd>" in page


def test_its_message_goes_out_in_batches_when_it_appears_and_once(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "BATCH", 2)
    with store() as session:
        for _ in range(5):
            make_member(session)
        notice = make_notice(session, push=True, starts_at=clock.now() + timedelta(hours=1))
        number = notice.id
    jobs.run_due(app)
    with store() as session:
        assert session.query(Message).count() == 0
    with clock.travel(timedelta(hours=2)):
        jobs.run_due(app)
        with store() as session:
            assert session.query(Message).count() == 5
            notice = session.get_one(Notice, number)
            Notice.flow.apply(session, notice, "unpublish")
            operations.publish(session, notice)
        jobs.run_due(app)
    with store() as session:
        assert session.query(Message).count() == 5


def test_a_notice_that_was_taken_down_tells_nobody(app: Flask, store: Store) -> None:
    with store() as session:
        make_member(session)
        notice = make_notice(session, push=True)
        Notice.flow.apply(session, notice, "unpublish")
    jobs.run_due(app)
    with store() as session:
        assert session.query(Message).count() == 0


@pytest.mark.req("G8")
def test_staff_of_one_community_publish_for_it_alone(browse: Browse, store: Store) -> None:
    from app.core.rights import StaffScope
    from app.modules.system.staff import User

    clerk = browse("clerk", {("notices", "view"), ("notices", "edit")})
    with store() as session:
        unit = make_unit(session)
        person = session.query(User).filter_by(username="clerk").one()
        session.add(StaffScope(user_id=person.id, community_id=unit.community_id))
        community = unit.community_id
    form = {"title": "通知", "category": "1", "body": "<p>内容</p>"}
    refused = clerk.post(f"{PATH}/new", data=form)
    assert refused.status_code == 422
    assert "请选择园区" in refused.get_data(as_text=True)
    assert clerk.post(f"{PATH}/new", data=form | {"communities": str(community)}).status_code == 302


def test_a_switched_off_module_says_so(phone: PhoneOf, store: Store) -> None:
    from app.modules.system.models import MenuModule

    with store() as session:
        make_notice(session)
        session.query(MenuModule).filter_by(key="notices").one().enabled = False
    answer = phone().get("/notices")
    assert (answer.status_code, answer.json["code"]) == (404, "module_off")  # type: ignore[index]
    assert phone().get("/home").json["notices"] == []  # type: ignore[index]


@pytest.mark.req("N1")
def test_one_notice_is_for_several_places_and_nobody_else(browse: Browse, phone: PhoneOf, store: Store) -> None:
    li, wang, zhao, guest = phone("dev-li"), phone("dev-wang"), phone("dev-zhao"), phone("dev-guest")
    with store() as session:
        homes = [make_unit(session) for _ in range(3)]
        for somebody, unit in zip((li, wang, zhao), homes, strict=True):
            customer = make_customer(session, kind="tenant")
            session.add(CustomerMember(customer_id=customer.id, member_id=int(somebody.member["id"])))
            make_occupancy(session, customer, unit)
        next_door = make_building(session, community=session.get_one(Community, homes[1].community_id))
        places = {"communities": [str(homes[0].community_id)], "buildings": [str(homes[1].building_id), ""]}
        beside, elsewhere = str(next_door.id), str(homes[2].community_id)
    boss = browse("boss")
    form = {"title": "停电", "category": "2", "body": "<p>周六</p>"}
    page = boss.post(f"{PATH}/new", data=form | places).headers["Location"]
    boss.post(f"{page}/move/publish")
    assert (titles(li), titles(wang), titles(zhao)) == (["停电"], ["停电"], [])
    assert titles(guest) == ["停电"], "a visitor sees what is for any community"
    assert "<dt>应读</dt><dd>3 人</dd>" in boss.get(page).get_data(as_text=True)
    assert 'name="communities" id="f-communities" multiple' in boss.get(f"{page}/edit").get_data(as_text=True)
    for community, found in ((places["communities"][0], True), (elsewhere, False)):
        assert (page in boss.get(f"{PATH}/?communities={community}").get_data(as_text=True)) == found
    assert boss.post(f"{page}/edit", data=form | {"communities": "", "buildings": beside}).status_code == 302
    assert (titles(li), titles(wang), titles(guest)) == ([], [], [])
    with store() as session:
        [said] = [one.changes for one in session.query(AuditEntry).filter_by(record="notice", action="update")
                  if "buildings" in one.changes and one.changes["buildings"][0]]  # fmt: skip
        assert (len(said["communities"][0]), said["communities"][1]) == (1, [])
    wrong = boss.post(f"{page}/edit", data=form | {"communities": ["999999"]})
    assert wrong.status_code == 422
    assert "不存在" in wrong.get_data(as_text=True)


@pytest.mark.req("N1")
def test_staff_keep_the_categories_themselves(browse: Browse, phone: PhoneOf, store: Store) -> None:
    boss = browse("boss")
    page = boss.post("/notices/notice_category/new", data={"name": "疫情防控", "position": "5", "active": "1"})
    number = page.headers["Location"].rsplit("/", 1)[1]
    with store() as session:
        make_notice(session, title="其他", category_id=1)
        make_notice(session, title="防控", category_id=int(number))
    names = [one["name"] for one in phone().get("/notice-categories").json]  # type: ignore[union-attr]
    assert names == ["疫情防控", "物业通知", "停水停电", "安全提示", "社区活动", "政策法规"]
    found = phone().get(f"/notices?category={number}").json["items"]  # type: ignore[index]
    assert [(one["title"], one["category"], one["category_text"]) for one in found] == [("防控", number, "疫情防控")]
    home = phone().get("/home").json["notices"]  # type: ignore[index]
    assert {one["category_text"] for one in home} == {"疫情防控", "物业通知"}
    assert boss.post(f"/notices/notice_category/{number}/delete").status_code == 302
    assert len(phone().get("/notice-categories").json) == 6, "one in use stays"  # type: ignore[arg-type]


def test_an_import_names_category_and_community(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        park = session.get_one(Community, make_unit(session).community_id)
        name, number = park.name, park.id
    rows = [["年检", "安全提示", "各位业主", name], ["开会", "社区活动", "欢迎", None]]
    said = upload(app, browse("boss"), "notice", ["标题", "分类", "正文", "园区"], rows)
    assert "导入成功" in said or "已导入" in said, said
    with store() as session:
        places = session.query(NoticePlace).all()
        assert [(session.get_one(Notice, one.notice_id).title, one.community_id) for one in places] == [
            ("年检", number)
        ]
    exported = load_workbook(io.BytesIO(browse("boss").post(f"{PATH}/export").data))
    assert any(name in row for row in exported.get_sheet_by_index(0).to_python())
