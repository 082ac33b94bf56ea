"""Complaints and suggestions from the filing to the rating, and what is never said about anonymous ones (C1, C2)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.audit import AuditEntry, verify
from app.core.db import db
from app.core.errors import Conflict
from app.core.jobs import run_due
from app.core.media import MediaFile
from app.core.messages.models import Message
from app.core.reports import Asked
from app.core.settings import put
from app.modules.feedback import operations
from app.modules.feedback.models import Feedback, FeedbackType
from app.modules.feedback.reports import by_type
from app.modules.members.models import CustomerMember
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_community, make_customer, make_member, make_staff
from tests.modules.feedback.factories import make_feedback, make_type
from tests.modules.members.races import AT_ONCE, race
from tests.phones import Phone
from tests.postgresql import both_databases

CLERK = {("feedback", "view"), ("feedback", "edit")}
CHIEF = CLERK | {("feedback", "approve"), ("feedback", "export"), ("feedback", "reveal"), ("feedback", "delete")}


@pytest.fixture
def resident(phone: PhoneOf, store: Store) -> Phone:
    """A tenant's phone in a park with one type."""
    found = phone("dev-resident")
    with store() as session:
        make_community(session, name="甲园")
        make_type(session, name="垃圾清运", hours=24)
        customer = make_customer(session, kind="tenant")
        session.add(CustomerMember(customer_id=customer.id, member_id=int(found.member["id"])))
    return found


def type_id(phone: Phone) -> str:
    answer = phone.get("/feedback-types").json
    assert answer is not None
    return str(answer["items"][0]["id"])


def words(phone: Phone, **values: Any) -> dict[str, Any]:
    return {"kind": "complaint", "type_id": type_id(phone), "content": "垃圾房有异味", **values}


def filed(phone: Phone, **values: Any) -> str:
    answer = phone.post("/feedback", words(phone, **values))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["id"])


@pytest.mark.req("C1", "C2")
def test_a_complaint_is_answered_rated_and_closed(resident: Phone, browse: Browse, store: Store) -> None:
    picture = resident.upload(purpose="feedback").json
    assert picture is not None
    number = filed(resident, media_ids=[picture["id"]])
    clerk, at = browse("clerk", CLERK), f"/feedback/feedback/{number}"
    assert "待受理投诉建议" in clerk.get("/").get_data(as_text=True)
    assert resident.post(f"/feedback/{number}/rate", {"rating": 5}).status_code == 409, "not before an answer"
    assert clerk.post(f"{at}/move/accept").status_code == 302
    clerk.post(f"{at}/reply", data={"content": "正在联系清运", "final": "0"})
    assert resident.post(f"/feedback/{number}/replies", {"content": "今天还是有味道"}).status_code == 200
    clerk.post(f"{at}/reply", data={"content": "已清运并消杀", "final": "1"})
    seen = resident.get(f"/feedback/{number}").json
    assert seen is not None
    assert seen["state"] == "answered"
    assert seen["moves"] == ["reply", "rate", "reopen"]
    assert [(reply["by"], reply["content"]) for reply in seen["replies"]] == [
        ("staff", "正在联系清运"), ("me", "今天还是有味道"), ("staff", "已清运并消杀"),
    ]  # fmt: skip
    assert resident.get(f"/media/{picture['id']}").status_code == 200
    rated = resident.post(f"/feedback/{number}/rate", {"rating": 4, "comment": "还可以"}).json
    assert rated is not None
    assert (rated["state"], rated["rating"]) == ("closed", 4)
    assert resident.post(f"/feedback/{number}/rate", {"rating": 1}).status_code == 409
    assert resident.post(f"/feedback/{number}/replies", {"content": "再说一句"}).status_code == 409
    with store() as session:
        told = session.scalars(select(Message.title).order_by(Message.id)).all()
        assert told == ["您的投诉已受理", "您的投诉有新的答复", "您的投诉有新的答复"]
        assert verify(session)[1] is None
    page = clerk.get(at).get_data(as_text=True)
    assert "今天还是有味道" in page
    assert "按时答复" in page


@pytest.mark.req("C1", "G5", "G6")
def test_only_residents_complain(phone: PhoneOf, resident: Phone) -> None:
    body = words(resident)
    assert phone().post("/feedback", body).status_code == 401
    assert phone("dev-visitor").post("/feedback", body).status_code == 403
    assert phone("dev-visitor").get("/feedback-types").status_code == 403


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"type_id": "999999"}, "type_id"), ({"content": " \n"}, "content"), ({"kind": "praise"}, "kind"),
     ({"media_ids": ["0" * 32]}, "media_ids"), ({"media_ids": ["0" * 32], "anonymous": True}, "media_ids"),
     ({"community_id": "999999"}, "community_id"), ({"member_id": "1"}, "member_id")],
)  # fmt: skip
def test_what_does_not_hold_is_said_at_its_field(resident: Phone, changed: dict[str, Any], field: str) -> None:
    refused = resident.post("/feedback", words(resident, **changed))
    assert refused.status_code == 422
    assert refused.json is not None
    assert [error["field"] for error in refused.json["errors"]] == [field]


def test_a_type_serves_the_kind_that_it_is_for(resident: Phone, store: Store) -> None:
    with store() as session:
        only = make_type(session, kind="suggestion").id
        off = make_type(session, active=False).id
    assert resident.post("/feedback", words(resident, type_id=str(only))).status_code == 422
    assert resident.post("/feedback", words(resident, type_id=str(only), kind="suggestion")).status_code == 201
    assert resident.post("/feedback", words(resident, type_id=str(off))).status_code == 422


@pytest.mark.req("C1")
def test_nothing_says_who_wrote_an_anonymous_one(
    app: Flask, resident: Phone, phone: PhoneOf, browse: Browse, store: Store
) -> None:
    me = resident.member["id"]
    uploaded = resident.upload(purpose="feedback").json
    assert uploaded is not None
    with store() as session:
        before = session.scalar(select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)) or 0
        original = session.scalars(select(MediaFile).where(MediaFile.key == uploaded["id"])).one()
        traits = (original.sha256, original.size)
    number = filed(resident, anonymous=True, media_ids=[uploaded["id"]])
    resident.post(f"/feedback/{number}/replies", {"content": "补充一句"})
    chief, at = browse("chief", CHIEF), f"/feedback/feedback/{number}"
    chief.post(f"{at}/move/accept")
    chief.post(f"{at}/reply", data={"content": "已处理", "final": "1"})
    assert resident.post(f"/feedback/{number}/rate", {"rating": 2}).status_code == 200
    assert resident.post(f"/feedback/{number}/reopen", {"content": "没有解决"}).status_code == 200
    with store() as session:
        kept = session.get_one(Feedback, int(number))
        assert kept.member_id is None
        entries = list(session.scalars(select(AuditEntry).where(AuditEntry.seq > before)))
        mine = [one for one in entries if one.actor_kind == "member"]
        assert {(one.actor_id, one.actor_name, one.ip) for one in mine} == {("", "匿名用户", "")}
        said = json.dumps([one.changes for one in entries], ensure_ascii=False)
        assert "author_index" not in said
        assert f"member:{me}" not in said
        assert '"member_id"' not in said
        assert uploaded["id"] not in said
        [copy] = session.scalars(select(MediaFile).where(MediaFile.record == "feedback"))
        assert (copy.owner_kind, copy.owner_id) == ("anonymous", "")
        assert copy.key != uploaded["id"]
        assert copy.sha256 != traits[0]
        assert copy.size != traits[1]
        assert session.scalars(select(Message)).all() == [], "a message names its receiver"
    boss = browse("boss")
    for person, pages in ((chief, (at, "/feedback/feedback/")), (boss, (at,))):
        for path in pages:
            text = person.get(path).get_data(as_text=True)
            assert "匿名" in text
            assert f"member:{me}" not in text
            assert f"用户{me}" not in text
            assert resident.member["nickname"] == "" or resident.member["nickname"] not in text
    assert chief.post(f"{at}/reveal").status_code == 404, "there is nothing to reveal"
    own = resident.get("/feedback").json
    assert own is not None
    assert [(item["id"], item["anonymous"]) for item in own["items"]] == [(number, True)]
    assert phone("dev-other").get(f"/feedback/{number}").status_code == 403


@pytest.mark.req("C2")
def test_the_export_is_by_type_and_names_no_author(
    resident: Phone, browse: Browse, store: Store, tmp_path: Any
) -> None:
    with store() as session:
        other = make_type(session, name="车位占用").id
    filed(resident, content="=1+1 垃圾")
    filed(resident, content="车位被占", type_id=str(other), anonymous=True)
    chief = browse("chief", CHIEF)
    page = chief.get(f"/feedback/feedback/?type={other}").get_data(as_text=True)
    assert "车位被占" in page
    assert "垃圾" not in page
    file = tmp_path / "投诉.xlsx"
    file.write_bytes(chief.post(f"/feedback/feedback/export?type={other}").get_data())
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["类型"], line["内容"], line["匿名"], line["状态"]) == ("车位占用", "车位被占", "是", "待受理")
    assert not {"提交人", "作者标识"} & line.keys()
    file.write_bytes(chief.post("/feedback/feedback/export").get_data())
    assert len(CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()) == 3
    assert browse("clerk", CLERK).post("/feedback/feedback/export").status_code == 404


def test_what_is_late_goes_to_whom_the_settings_name(app: Flask, browse: Browse, resident: Phone, store: Store) -> None:
    number = int(filed(resident))
    with store() as session:
        make_staff(session, "manager", CLERK)
        put(session, "feedback.escalate_to", "manager")
    for hours, late in ((23, False), (25, True)):
        with clock.travel(timedelta(hours=hours)):
            run_due(app)
        with store() as session:
            found = session.get_one(Feedback, number)
            assert (found.escalated_at is not None) == (found.assigned_to is not None) == late
    with clock.travel(timedelta(hours=26)):
        run_due(app)
        assert "已超时" in browse("clerk", CLERK).get(f"/feedback/feedback/{number}").get_data(as_text=True)
    with store() as session:
        escalated = select(AuditEntry).where(AuditEntry.action == "escalate")
        assert len(session.scalars(escalated).all()) == 1, "once"


def test_what_was_answered_and_left_is_closed_and_may_be_reopened_for_a_while(
    app: Flask, resident: Phone, browse: Browse, store: Store
) -> None:
    number = filed(resident)
    clerk = browse("clerk", CLERK)
    clerk.post(f"/feedback/feedback/{number}/reply", data={"content": "已处理", "final": "1"})
    with clock.travel(timedelta(days=8)):
        run_due(app)
        with store() as session:
            assert session.get_one(Feedback, int(number)).state == "closed"
        again = resident.post(f"/feedback/{number}/reopen", {"content": "还是没解决"}).json
        assert again is not None
        assert (again["state"], again["rating"]) == ("processing", None)
        assert datetime.fromisoformat(again["deadline_at"]) > clock.now(), "a new deadline"
        clerk = browse("clerk", CLERK)  # a week later one has been signed out
        clerk.post(f"/feedback/feedback/{number}/reply", data={"content": "再次处理", "final": "1"})
        clerk.post(f"/feedback/feedback/{number}/move/close")
        closed = resident.get(f"/feedback/{number}").json
        assert closed is not None
        assert (closed["state"], closed["moves"]) == ("closed", ["rate", "reopen"])
    with clock.travel(timedelta(days=24)):
        rated = resident.post(f"/feedback/{number}/rate", {"rating": 3}).json
        assert rated is not None
        assert (rated["rating"], rated["moves"], rated["closed_at"]) == (3, [], closed["closed_at"])
        assert resident.post(f"/feedback/{number}/rate", {"rating": 5}).status_code == 409, "once"
        late = resident.post(f"/feedback/{number}/reopen", {"content": "又来了"})
        assert late.status_code == 409
        assert late.json is not None
        assert late.json["code"] == "too_late"


def test_the_chief_assigns_and_reopens_and_a_clerk_does_not(browse: Browse, resident: Phone, store: Store) -> None:
    at = f"/feedback/feedback/{filed(resident)}"
    chief, clerk = browse("chief", CHIEF), browse("clerk", CLERK)
    with store() as session:
        outsider = make_staff(session, "outsider", {("estate", "edit")}).id
        clerk_id = outsider - 1
    assert clerk.post(f"{at}/assign", data={"staff_id": clerk_id}).status_code == 404
    chief.post(f"{at}/assign", data={"staff_id": outsider})
    page = chief.get(at).get_data(as_text=True)
    assert f'<option value="{clerk_id}">clerk</option>' in page
    assert "outsider" not in page, "who may not work on complaints is not offered"
    chief.post(f"{at}/assign", data={"staff_id": clerk_id})
    assert f'<option value="{clerk_id}" selected>clerk</option>' in chief.get(at).get_data(as_text=True)
    assert clerk.post(f"{at}/reopen", data={"content": "x"}).status_code == 404


def test_types_come_and_go_by_sheet_and_form(browse: Browse, store: Store) -> None:
    boss = browse("boss")
    typed = {"name": "夜间噪音", "kind": "complaint", "hours": "12", "position": "1", "active": "1"}
    assert boss.post("/feedback/feedback_type/new", data=typed).status_code == 302
    assert boss.post("/feedback/feedback_type/new", data=typed).status_code == 422, "a name once"
    assert boss.post("/feedback/feedback_type/new", data=typed | {"name": "x", "hours": "0"}).status_code == 422
    assert boss.get("/import/feedback_type/").status_code == 200
    assert boss.post("/feedback/feedback_type/export").status_code == 200


@both_databases
def test_of_several_who_answer_at_once_one_does(app: Flask, store: Store) -> None:
    with store() as session:
        number = make_feedback(session, make_member(session).id).id
        staff = [make_staff(session, f"clerk{n}", set()).id for n in range(AT_ONCE)]

    def answer(n: int) -> Any:
        found = db.session.get_one(Feedback, number)
        return operations.reply(db.session(), found, staff[n], f"答复{n}", final=True).id

    results = race(app, answer)
    assert len([one for one in results if isinstance(one, int)]) == 1
    assert len([one for one in results if isinstance(one, Conflict)]) == AT_ONCE - 1


@pytest.mark.req("C2")
def test_statistics_by_type(browse: Browse, store: Store) -> None:
    """Of one type three: answered after 2 h in time and rated 5; after 30 h, late, rated 2; open and late. Of another
    one, a suggestion, fresh. One filed the month before does not count."""
    now = datetime(2026, 11, 23, 12, tzinfo=clock.SHANGHAI)
    hour = timedelta(hours=1)

    def add(session: Session, chosen: FeedbackType, hours: int, answered: int | None, **values: Any) -> None:
        at = now - hours * hour
        make_feedback(session, make_member(session).id, type=chosen, created_at=at, deadline_at=at + 24 * hour,
                      answered_at=None if answered is None else at + answered * hour, **values)  # fmt: skip

    with clock.travel(now), store() as session:
        noise, parking = make_type(session, name="噪音"), make_type(session, name="停车")
        add(session, noise, 100, 2, state="closed", rating=5)
        add(session, noise, 90, 30, state="answered", rating=2)
        add(session, noise, 80, None, state="processing")
        add(session, noise, 24 * 40, 1, state="closed", rating=1)
        add(session, parking, 1, None, kind="suggestion")
        start, end = now.date().replace(day=1), now.date()
        assert by_type(session, Asked(start, end, None, "type")) == [
            ("噪音", 3, 3, 0, 1, 1, 1, 2, 2 / 3, 960, 3.5),
            ("停车", 1, 0, 1, 0, 0, 0, 0, 0.0, None, None),
        ]
        assert [row[:3] for row in by_type(session, Asked(start, end, None, "kind"))] == [
            ("投诉", 3, 3),
            ("建议", 1, 0),
        ]
        assert by_type(session, Asked(start, end, [], "community")) == []
    assert browse("boss").get("/reports/feedback/").status_code == 200


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["accept", "reply", "answer", "close", "rate", "reopen"]), max_size=8))
def test_whatever_is_pressed_the_record_stays_consistent(app: Flask, store: Store, steps: list[str]) -> None:
    with store() as session:
        number = make_feedback(session, make_member(session).id).id
        staff = session.scalar(select(operations.User.id)) or make_staff(session, "clerk", set()).id
    for step in steps:
        with app.test_request_context():
            session = db.session()
            found = session.get_one(Feedback, number)
            work: dict[str, Any] = {
                "accept": lambda f=found, s=session: operations.accept(s, f, staff),
                "reply": lambda f=found, s=session: operations.reply(s, f, staff, "回复", final=False),
                "answer": lambda f=found, s=session: operations.reply(s, f, staff, "答复", final=True),
                "close": lambda f=found, s=session: operations.close(s, f),
                "rate": lambda f=found, s=session: operations.rate(s, f, 3, ""),
                "reopen": lambda f=found, s=session: operations.reopen(s, f, "未解决", by_author=True),
            }
            try:
                work[step]()
                session.commit()
            except Conflict:
                session.rollback()
            db.session.remove()
        with store() as session:
            found = session.get_one(Feedback, number)
            assert (found.closed_at is not None) == (found.state == "closed")
            assert found.rating is None or found.state == "closed"
            assert found.answered_at is not None or found.state in ("submitted", "processing")
            assert found.state == "submitted" or found.assigned_to is not None
