"""Reminders (B4): by the ladder and by hand, once each, never for what is paid, void or held."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, settings
from app.core.db import db
from app.core.jobs import run_due
from app.core.messages.models import Message
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.operations import charges, dunning, payments
from app.modules.billing.operations.dunning import LADDER
from app.modules.members.models import CustomerMember
from tests.conftest import Browse, PhoneOf, Store
from tests.modules.billing.factories import make_bill, make_household
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
            (bills[4], "催告函"),
        ]  # fmt: skip
        texts = session.scalars(select(Message.body).order_by(Message.id)).all()
        assert len(texts) == 3  # one for each step that is sent as a message
        assert "2 张账单共 ¥200.00" in texts[1]


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
        assert dunning.remind(session, [paid, void, held, plain], None) == 0
    with store() as session, clock.travel(timedelta(days=1)):
        assert dunning.remind(session, [paid, void, held, plain], None) == 1  # the promise has run out


@both_databases
def test_two_jobs_at_once_send_each_reminder_once(app: Flask, store: Store) -> None:
    with store() as session:
        _customer, bills = household(session, 2, 3, 16)
        community = session.get_one(Bill, bills[0]).community_id
    with clock.travel(NOON):
        race(app, lambda _n: dunning.dun(db.session(), {"community_id": community}), 4)
    with store() as session:
        assert [bill_id for bill_id, _stage in sent(session)] == bills


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
    assert boss.post(f"/billing/dunning_stage/{stage}/edit", data=form | {"body": "{客户}欠{金额}"}).status_code == 302


@pytest.mark.req("B4")
def test_selected_bills_are_reminded_by_hand_and_the_resident_reads_it(
    browse: Browse, store: Store, phone: PhoneOf
) -> None:
    li = phone("dev-li")
    with store() as session:
        customer, bills = household(session, 4, 5)
        session.add(CustomerMember(customer_id=customer.id, member_id=int(li.member["id"])))
    boss = browse("boss", {("dunning", "view"), ("dunning", "edit")})
    answer = boss.post("/billing/arrears/bulk/remind", data={"ids": [str(bill) for bill in bills], "confirmed": "1"})
    assert answer.status_code == 302
    page = boss.get("/billing/arrears/").get_data(as_text=True)
    assert "已催缴 2 张账单" in page
    messages = li.get("/messages").json["items"]  # type: ignore[index]
    assert [message["title"] for message in messages] == ["物业费用缴纳提醒"]
    assert "2 张账单共 ¥200.00" in messages[0]["body"]
    with store() as session:
        assert session.scalar(select(func.count()).select_from(DunningNotice)) == 2


def test_no_text_that_ships_threatens_to_cut_anything() -> None:
    for words in (text for stage in LADDER for text in map(str, stage)):
        for threat in ("停水", "停电", "断水", "断电", "停止供", "限制通行", "曝光", "黑名单"):
            assert threat not in words
