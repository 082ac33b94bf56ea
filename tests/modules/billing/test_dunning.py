"""Reminders (B4): by the ladder and by hand, once each, never for what is paid, void or held."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, settings
from app.core.db import db
from app.core.jobs import run_due
from app.core.messages.models import Message
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.operations import charges, dunning, payments
from app.modules.billing.operations.dunning import BY_HAND, BY_LETTER, BY_PHONE, LADDER
from app.modules.members.models import CustomerMember
from tests.bulk import work_off
from tests.conftest import Browse, PhoneOf, Store
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import keep_to, make_bill, make_household
from tests.modules.billing.printing import words_of
from tests.modules.members.races import race
from tests.postgresql import both_databases

NOON = clock.start_of(clock.today()) + timedelta(hours=12)


def household(session: Any, *overdue_days: int) -> tuple[Any, list[int]]:
    """A household with bills that many days past their due date, and the ladder that ships."""
    dunning.install(session)
    customer, unit, _member = make_household(session)
    dates = [clock.today() - timedelta(days=days) for days in overdue_days]
    return customer, [make_bill(session, customer, unit, 10_000, due_on=day).id for day in dates]


def sent(session: Any) -> list[tuple[int, str]]:
    rows = session.execute(
        select(DunningNotice.bill_id, DunningStage.name)
        .outerjoin(DunningStage, DunningStage.id == DunningNotice.stage_id)
        .order_by(DunningNotice.bill_id)
    )
    return [tuple(row) for row in rows]


def dun(app: Flask, community_id: int) -> None:
    with app.app_context(), clock.travel(NOON):
        dunning.dun(db.session(), {"community_id": community_id})
        db.session.commit()


@pytest.mark.req("B4")
def test_each_bill_gets_the_step_it_has_reached_once_and_one_message_for_all(app: Flask, store: Store) -> None:
    with store() as session:
        _customer, bills = household(session, -3, 1, 2, 15, 40, -10)
        community = session.get_one(Bill, bills[0]).community_id
    for _time in range(2):
        dun(app, community)
    with store() as session:
        assert sent(session) == [
            (bills[0], "到期提醒"), (bills[1], "逾期提醒"), (bills[2], "逾期提醒"), (bills[3], "再次提醒"),
        ]  # fmt: skip
        texts = session.scalars(select(Message.body).order_by(Message.id)).all()
        assert len(texts) == 3  # one for each step that is sent as a message
        assert "2 张账单共 ¥200.00" in texts[1]


@pytest.mark.req("B4")
def test_a_letter_waits_for_somebody_who_prints_it_and_is_then_on_record(
    app: Flask, browse: Browse, store: Store
) -> None:
    with store() as session:
        customer, bills = household(session, 2, 40)
        community, who = session.get_one(Bill, bills[0]).community_id, customer.id
    dun(app, community)
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    assert "待发催告函的账单" in boss.get("/").get_data(as_text=True)
    assert "将打印 1 份催告函" in boss.get("/billing/arrears/letters").get_data(as_text=True)
    printed = boss.post("/billing/arrears/letters")
    assert printed.headers["Location"] == f"/billing/arrears/letters.pdf?payers={community}-{who}"
    assert boss.get(printed.headers["Location"]).content_type == "application/pdf"
    with store() as session:
        noted = session.execute(
            select(DunningNotice.bill_id, DunningNotice.outcome, DunningStage.name, DunningNotice.staff_id > 0)
            .outerjoin(DunningStage, DunningStage.id == DunningNotice.stage_id)
            .where(DunningNotice.channel == "letter")
            .order_by(DunningNotice.bill_id)
        )
        assert [tuple(row) for row in noted] == [(bills[0], "printed", None, 1), (bills[1], "printed", "催告函", 1)]
    assert "目前没有需要打印的催告函" in boss.get("/billing/arrears/letters", follow_redirects=True).text


def test_letters_are_printed_for_ticked_bills_and_calls_noted(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        ours, first = household(session, 4)
        other, second = household(session, 5)
        held, third = household(session, 6)
        place = [session.get_one(Bill, ids[0]).community_id for ids in (first, second, third)]
        session.add(DunningHold(community_id=place[2], customer_id=held.id, reason="dispute"))
        payers = f"{place[0]}-{ours.id},{place[1]}-{other.id}"
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    ticked = {"ids": [str(number) for number in (*first, *second, *third)], "confirmed": "1"}
    printed = boss.post("/billing/arrears/bulk/print_letters", data=ticked)
    assert unquote(printed.headers["Location"]).endswith(f"payers={payers}")
    progress = boss.post("/billing/arrears/bulk/note_call", data=ticked).location
    work_off(app)
    told = boss.get(progress).get_data(as_text=True)
    assert "成功 2 条，失败 1 条" in told
    assert "已缴清或暂缓催缴，未催缴" in told
    with store() as session:
        outcomes = session.scalars(
            select(DunningNotice.outcome).where(DunningNotice.bill_id == first[0]).order_by(DunningNotice.id)
        ).all()
        assert outcomes == ["printed", "called"]
        assert not session.scalar(select(DunningNotice.id).where(DunningNotice.bill_id == third[0]))
    only_held = {"ids": [str(third[0])], "confirmed": "1"}
    assert "暂缓催缴" in boss.post("/billing/arrears/bulk/print_letters", data=only_held, follow_redirects=True).text


def test_nobody_prints_letters_of_a_community_that_is_not_theirs(browse: Browse, store: Store) -> None:
    with store() as session:
        customer, bills = household(session, 40)
        payer = f"{session.get_one(Bill, bills[0]).community_id}-{customer.id}"
        elsewhere = make_household(session)[1].community_id
    here = browse("here", {("dunning", "view"), ("dunning", "edit")})
    with store() as session:
        keep_to(session, "here", elsewhere)
    assert "没有需要打印" in here.get("/billing/arrears/letters", follow_redirects=True).text
    assert "没有需要打印" in here.get(f"/billing/arrears/letters?payer={payer}", follow_redirects=True).text
    words = words_of(here.get(f"/billing/arrears/letters.pdf?payers={payer}").data)
    assert "目前没有需要催告的客户" in words
    for odd in ("x", "1-", "1-99999999999999999999", "-", ",,"):
        assert here.get(f"/billing/arrears/letters.pdf?payers={odd}").status_code == 200


@pytest.mark.req("B4")
def test_nobody_is_reminded_of_what_is_paid_void_or_held(app: Flask, store: Store) -> None:
    with store() as session:
        customer, (paid, void, held, plain) = household(session, 2, 2, 2, 2)
        who = customer.id
        bill = session.get_one(Bill, paid)
        community = bill.community_id
        payments.receive(
            session, community_id=community, customer_id=customer.id, bill_ids=[paid], amount_fen=10_000,
            channel="cash", paid_on=clock.today(),
        )  # fmt: skip
        charges.void(session, session.get_one(Bill, void), "错")
        session.add(DunningHold(community_id=community, customer_id=customer.id, bill_id=held, reason="dispute"))
    dun(app, community)
    with store() as session:
        assert [bill_id for bill_id, _stage in sent(session)] == [plain]
        session.add(DunningHold(community_id=community, customer_id=who, reason="instalment", until=clock.today()))
        session.flush()
        assert dunning.remind(session, [paid, void, held, plain], None) == set()
    with store() as session, clock.travel(timedelta(days=1)):
        assert dunning.remind(session, [paid, void, held, plain], None) == {plain}  # the promise has run out


@both_databases
def test_two_jobs_at_once_send_each_reminder_once(app: Flask, store: Store) -> None:
    with store() as session:
        _customer, bills = household(session, 2, 3, 16)
        community = session.get_one(Bill, bills[0]).community_id
    with clock.travel(NOON):
        race(app, lambda _n: dunning.dun(db.session(), {"community_id": community}), 4)
    with store() as session:
        assert [bill_id for bill_id, _stage in sent(session)] == bills


@both_databases
def test_a_payment_in_the_midst_of_dunning_is_paid_or_reminded_before_but_never_reminded_after(
    app: Flask, store: Store
) -> None:
    with store() as session:
        customer, bills = household(session, 2, 3, 4)
        community, who = session.get_one(Bill, bills[0]).community_id, customer.id
        session.add(DunningHold(community_id=community, customer_id=who, bill_id=bills[2], reason="dispute"))

    def work(n: int) -> None:
        if n % 2:
            payments.receive(
                db.session(), community_id=community, customer_id=who, bill_ids=[bills[n // 2]], amount_fen=10_000,
                channel="cash", paid_on=clock.today(),
            )  # fmt: skip
        else:
            dunning.dun(db.session(), {"community_id": community})

    with clock.travel(NOON):
        race(app, work, 4)
        race(app, lambda _n: dunning.dun(db.session(), {"community_id": community}), 2)
    with store() as session:
        assert {session.get_one(Bill, number).state for number in bills[:2]} == {"paid"}
        reminded = session.scalars(select(DunningNotice)).all()
        assert len({notice.bill_id for notice in reminded}) == len(reminded)
        assert bills[2] not in {notice.bill_id for notice in reminded}
        assert all(notice.amount_fen == 10_000 for notice in reminded), "reminded of a bill that was paid"
        check_books(session, community)


def test_quiet_hours_wait_for_the_morning(app: Flask, store: Store) -> None:
    with store() as session:
        _customer, bills = household(session, 2)
        community = session.get_one(Bill, bills[0]).community_id
    with app.app_context(), clock.travel(clock.start_of(clock.today()) + timedelta(hours=22)):
        dunning.dun(db.session(), {"community_id": community})
        db.session.commit()
    with store() as session:
        assert sent(session) == []
    with clock.travel(clock.start_of(clock.today()) + timedelta(days=1, hours=9, minutes=5)):
        run_due(app, 50)
    with store() as session:
        assert len(sent(session)) == 1


def test_the_administrator_can_switch_it_off_and_change_the_ladder(app: Flask, browse: Browse, store: Store) -> None:
    with store() as session:
        household(session, 2)
        settings.put(session, "billing.dunning", False)
    with clock.travel(NOON):
        run_due(app, 50)
    with store() as session:
        assert sent(session) == []
        stage = session.scalars(select(DunningStage.id)).first()
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    form = {"name": "提醒", "days": "5", "channel": "message", "title": "提醒", "active": "1", "body": "{客户}欠{数额}"}
    answer = boss.post(f"/billing/dunning_stage/{stage}/edit", data=form)
    assert answer.status_code == 422
    assert "“{数额}”不是可用的内容" in answer.get_data(as_text=True)
    half = boss.post(f"/billing/dunning_stage/{stage}/edit", data=form | {"body": "{客户}欠{金额"})
    assert "大括号没有成对" in half.get_data(as_text=True)
    assert boss.post(f"/billing/dunning_stage/{stage}/edit", data=form | {"body": "{客户}欠{金额}"}).status_code == 302


def test_hours_that_leave_no_time_are_read_as_one_hour(app: Flask, store: Store) -> None:
    with store() as session:
        _customer, bills = household(session, 2)
        community = session.get_one(Bill, bills[0]).community_id
        settings.put(session, "billing.dunning_from", 12)
        settings.put(session, "billing.dunning_until", 9)
    dun(app, community)
    with store() as session:
        assert len(sent(session)) == 1


@pytest.mark.req("B4")
def test_selected_bills_are_reminded_by_hand_and_the_resident_reads_it(
    app: Flask, browse: Browse, store: Store, phone: PhoneOf
) -> None:
    li = phone("dev-li")
    with store() as session:
        customer, bills = household(session, 4, 5)
        session.add(CustomerMember(customer_id=customer.id, member_id=int(li.member["id"])))
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    answer = boss.post("/billing/arrears/bulk/remind", data={"ids": [str(bill) for bill in bills], "confirmed": "1"})
    work_off(app)
    assert "成功 2 条，失败 0 条" in boss.get(answer.location).get_data(as_text=True)
    messages = li.get("/messages").json["items"]  # type: ignore[index]
    assert [message["title"] for message in messages] == ["物业费用缴纳提醒"]
    assert "2 张账单共 ¥200.00" in messages[0]["body"]
    with store() as session:
        assert session.scalar(select(func.count()).select_from(DunningNotice)) == 2


def test_no_text_that_ships_threatens_to_cut_anything() -> None:
    shipped = [*(text for stage in LADDER for text in map(str, stage)), BY_HAND, BY_PHONE, BY_LETTER]
    for words in shipped:
        for threat in ("停水", "停电", "断水", "断电", "停止供", "限制通行", "曝光", "黑名单"):
            assert threat not in words
