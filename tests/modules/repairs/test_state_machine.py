"""Any steps by anybody in any order: no impossible state, no step without its line, a fee settled once (R4, R7, R8)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.errors import DomainError
from app.modules.billing.models import Bill
from app.modules.billing.operations import charges, payments
from app.modules.members.models import Technician
from app.modules.repairs.models import (
    ASSIGNED,
    MOVES,
    OPEN,
    WorkOrder,
    WorkOrderEvent,
)
from app.modules.repairs.operations import assignment, care, fees, work
from app.modules.repairs.operations.steps import NOBODY, Who
from tests.factories import make_staff
from tests.modules.repairs.factories import make_category, make_home, make_order, make_plumber

PAID: list[int] = []
AFTER_TAKING = ("grabbed", "accepted", "in_progress", "finished", "confirmed")


class Orders(RuleBasedStateMachine):
    """One order, two technicians, a reporter and the staff, who press whatever they like."""

    app: Flask

    @initialize(
        priority=st.sampled_from(["normal", "urgent"]), area=st.sampled_from(["leased", "public"]),
        head_start=st.integers(0, 12), quoted=st.booleans(),
    )  # fmt: skip
    def report(self, priority: str, area: str, head_start: int, quoted: bool) -> None:
        """A life begins anywhere on the way of a good one; left to chance, few would ever reach its end."""
        self.context = self.app.app_context()
        self.context.push()
        self.session = db.session()
        session = self.session
        home = make_home(session)
        order = make_order(session, home, make_category(session, priority=priority), area=area)
        self.order_id, self.member_id = order.id, home.member.id
        self.plumbers = [make_plumber(session).id for _n in range(2)]
        self.staff = make_staff(session, f"staff{order.id}", set()).id
        self.refused = self.done = self.comments = 0
        self.told = 1
        session.flush()
        for _step in range(head_start):
            self.next_step(quoted)
            self.nothing_is_impossible()

    def press(self, act: Callable[[Any, WorkOrder], Any]) -> None:
        """Try a step in a savepoint; a refusal must leave nothing behind."""
        session, steps = self.session, self.steps()
        order = session.get_one(WorkOrder, self.order_id)
        before = {column.key: getattr(order, column.key) for column in WorkOrder.__table__.columns}
        kept = list(session.info.get("audit", []))
        nested = session.begin_nested()
        try:
            act(session, order)
            session.flush()
            nested.commit()
        except DomainError:
            nested.rollback()
            session.info["audit"] = kept
            session.expire_all()
            order = session.get_one(WorkOrder, self.order_id)
            assert {key: getattr(order, key) for key in before} == before
            assert self.steps() == steps
            self.refused += 1
        else:
            self.done += 1
            session.refresh(order)
            moved = [name for name in ("state", "clock", "fee_state") if getattr(order, name) != before[name]]
            assert self.steps() > steps or not moved, f"{moved} changed without a line in the timeline"

    def steps(self) -> int:
        query = select(func.count()).where(WorkOrderEvent.work_order_id == self.order_id)
        return self.session.scalar(query) or 0

    def order(self) -> WorkOrder:
        return self.session.get_one(WorkOrder, self.order_id)

    @property
    def reporter(self) -> Who:
        return Who.reporter(self.member_id)

    def technician(self, n: int) -> Technician:
        return self.session.get_one(Technician, self.plumbers[n])

    @rule(n=st.integers(0, 1))
    def grab(self, n: int) -> None:
        self.press(lambda session, order: assignment.grab(session, order, self.technician(n)))

    @rule(n=st.integers(0, 1))
    def take(self, n: int) -> None:
        self.press(lambda session, order: assignment.take(session, order, self.technician(n)))

    @rule(n=st.integers(0, 1))
    def dispatch(self, n: int) -> None:
        self.press(lambda session, order: assignment.dispatch(session, order, self.plumbers[n], self.staff))

    @rule(n=st.integers(0, 1))
    def reassign(self, n: int) -> None:
        self.press(lambda session, order: assignment.reassign(session, order, self.plumbers[n], self.staff, "换人"))

    @rule(n=st.integers(0, 1))
    def transfer(self, n: int) -> None:
        to = self.plumbers[1 - n]
        self.press(lambda session, order: assignment.transfer(session, order, self.technician(n), to, "请假"))

    @rule(n=st.integers(0, 1))
    def give_back(self, n: int) -> None:
        self.press(lambda session, order: assignment.give_back(session, order, self.technician(n), "缺工具"))

    @rule(who=st.integers(0, 2), hours=st.integers(1, 72))
    def propose(self, who: int, hours: int) -> None:
        actor = self.reporter if who == 2 else Who.technician(self.plumbers[who])
        starts = clock.now() + timedelta(hours=hours)
        self.press(lambda session, order: work.propose(session, order, actor, starts, None))

    @rule(who=st.integers(0, 2))
    def agree(self, who: int) -> None:
        actor = self.reporter if who == 2 else Who.technician(self.plumbers[who])
        self.press(lambda session, order: work.agree(session, order, actor))

    @rule(n=st.integers(0, 1), amount=st.sampled_from([0, 8000, 12000]))
    def quote(self, n: int, amount: int) -> None:
        who = Who.technician(self.plumbers[n])
        self.press(lambda session, order: fees.quote(session, order, who, amount, "阀芯与人工"))

    @rule(accepted=st.booleans())
    def answer_quote(self, accepted: bool) -> None:
        self.press(lambda session, order: fees.answer_quote(session, order, self.reporter, accepted, reason="太贵"))

    @rule(n=st.integers(0, 1))
    def start(self, n: int) -> None:
        self.press(lambda session, order: work.start(session, order, Who.technician(self.plumbers[n])))

    @rule(n=st.integers(0, 1), cause=st.sampled_from(["waiting_customer", "waiting_parts"]))
    def pause(self, n: int, cause: str) -> None:
        who = Who.technician(self.plumbers[n])
        self.press(lambda session, order: work.pause(session, order, who, cause, "等待"))

    @rule(n=st.integers(0, 1))
    def resume(self, n: int) -> None:
        self.press(lambda session, order: work.resume(session, order, Who.technician(self.plumbers[n])))

    @rule(n=st.integers(0, 1))
    def finish(self, n: int) -> None:
        who = Who.technician(self.plumbers[n])
        self.press(lambda session, order: work.finish(session, order, who, solution="更换阀芯"))

    @rule(who=st.sampled_from(["reporter", "staff", "system"]))
    def confirm(self, who: str) -> None:
        actor = {"reporter": self.reporter, "staff": Who.staff(self.staff), "system": NOBODY}[who]
        self.press(lambda session, order: work.confirm(session, order, actor))

    @rule()
    def not_done(self) -> None:
        self.press(lambda session, order: work.not_done(session, order, self.reporter, "还在漏"))

    @rule(staff=st.booleans())
    def cancel(self, staff: bool) -> None:
        who = Who.staff(self.staff) if staff else self.reporter
        self.press(lambda session, order: work.cancel(session, order, who, "不用修了"))

    @precondition(lambda self: self.done > 6)
    @rule()
    def force_close(self) -> None:
        self.press(lambda session, order: work.force_close(session, order, Who.staff(self.staff), "无法联系"))

    @rule()
    def rate(self) -> None:
        self.press(lambda session, order: care.rate(session, order, self.reporter, 5, 4, 5, "很好"))

    @precondition(lambda self: self.order().bill_id is not None)
    @rule(how=st.sampled_from(["pay", "waive", "void"]))
    def end_the_bill(self, how: str) -> None:
        ways = {
            "pay": lambda session, order: self.pay(order),
            "waive": lambda session, order: fees.waive(session, order, Who.staff(self.staff), "客户投诉"),
            "void": lambda session, order: charges.void(session, session.get_one(Bill, order.bill_id), "开错账单"),
        }
        self.press(ways[how])

    def pay(self, order: WorkOrder) -> None:
        bill = self.session.get_one(Bill, order.bill_id)
        payments.receive(
            self.session, community_id=bill.community_id, customer_id=bill.customer_id, bill_ids=[bill.id],
            amount_fen=bill.outstanding_fen, channel="cash", paid_on=clock.today(), cashier_id=self.staff,
        )  # fmt: skip
        PAID.append(bill.id)

    @rule(times=st.integers(1, 12), quoted=st.booleans())
    def advance(self, times: int, quoted: bool) -> None:
        """What would come next in a good life, so that many lives reach their end."""
        for _time in range(times):
            self.next_step(quoted)
            self.nothing_is_impossible()

    def next_step(self, quoted: bool) -> None:
        order = self.order()
        match order.state:
            case "submitted":
                (self.grab if order.area == "leased" else self.dispatch)(0)
            case "dispatched":
                self.take(self.plumbers.index(order.technician_id))
            case "grabbed" | "accepted" if quoted and order.fee_state == "none":
                self.quote(self.plumbers.index(order.technician_id), 8000)
            case "grabbed" | "accepted" if order.fee_state in ("quoted", "declined"):
                self.answer_quote(True)
            case "grabbed" if order.proposed_by:
                mine = self.plumbers.index(order.technician_id)
                self.agree(2 if order.proposed_by == "technician" else mine)
            case "grabbed":
                self.propose(2, 5)
            case "accepted":
                self.start(self.plumbers.index(order.technician_id))
            case "in_progress":
                self.finish(self.plumbers.index(order.technician_id))
            case "finished":
                self.confirm("reporter")
            case "confirmed" if order.fee_state == "due":
                self.end_the_bill("pay")
            case "confirmed":
                self.rate()

    @invariant()
    def nothing_is_impossible(self) -> None:
        if not hasattr(self, "session"):
            return
        order = self.order()
        self.session.refresh(order)
        assert (order.technician_id is not None) >= (order.state in (*ASSIGNED, "finished", "confirmed"))
        assert order.state != "submitted" or order.technician_id is None
        assert (order.closed_at is not None) == (order.state not in OPEN)
        finished = order.state in ("finished", "confirmed")
        assert order.state == "cancelled" or (order.finished_at is not None) == finished
        assert (order.paused_at is not None) == (order.clock != "running")
        assert order.paused_at is None or order.state in ASSIGNED
        assert order.state not in AFTER_TAKING or order.taken_at is not None
        assert (order.appointment_at is not None) >= (order.state == "accepted")
        assert order.state not in ("in_progress", "finished", "confirmed") or order.fee_state not in (
            "quoted", "declined",
        ), "no work before the reporter accepts"  # fmt: skip
        assert order.state != "confirmed" or order.fee_state != "agreed", "what was agreed is billed"
        assert (order.quote_fen > 0) == (order.fee_state != "none")
        bills = self.session.scalars(select(Bill).where(Bill.origin == f"work_order:{order.id}")).all()
        assert len(bills) == (order.bill_id is not None)
        for bill in bills:
            assert bill.amount_fen == order.quote_fen
            assert (bill.state == "paid") == (order.fee_state == "settled")
            assert (bill.state == "void") == (order.fee_state == "waived")
        count = select(WorkOrderEvent.step, func.count()).where(WorkOrderEvent.work_order_id == order.id)
        lines = {row[0]: row[1] for row in self.session.execute(count.group_by(WorkOrderEvent.step))}
        assert lines["report"] == 1
        assert lines.get("settle", 0) == (order.fee_state == "settled")
        assert lines.get("charge", 0) == len(bills)
        moves = [row for row in self.session.info.get("audit", []) if row[2] == "work_order" and row[1] in MOVES]
        assert len(moves) == sum(n for step, n in lines.items() if step in MOVES), "each move has its line"

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.rollback()
            db.session.remove()
            self.context.pop()


@pytest.mark.req("R4", "R7", "R8")
def test_whatever_is_pressed_an_order_stays_possible(app: Flask) -> None:
    Orders.app = app
    chosen = settings(
        max_examples=60, stateful_step_count=60, deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    run_state_machine_as_test(Orders, settings=chosen)
    assert PAID, "some lives end with a paid bill"
