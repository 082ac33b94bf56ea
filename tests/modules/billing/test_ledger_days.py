"""The ledger's sums by day: reports say what the rows say, whatever has been summed so far (B3)."""

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from app.core import clock, jobs
from app.core.db import db
from app.core.reports import Asked
from app.modules.billing import books
from app.modules.billing.models import LedgerDay, LedgerEntry
from app.modules.billing.operations import ledger_days, payments
from app.modules.billing.reports import collection, daily_cash
from tests.conftest import Store
from tests.modules.billing.factories import make_bill, make_household
from tests.modules.members.races import race
from tests.postgresql import both_databases


def _money_moves(store: Store) -> None:
    with store() as session:
        customer, unit, _member = make_household(session)
        for _time in range(2):
            bill = make_bill(session, customer, unit, 5_000)
            payments.receive(
                session, community_id=unit.community_id, customer_id=customer.id, bill_ids=[bill.id],
                amount_fen=6_000, channel="cash", paid_on=clock.today(),
            )  # fmt: skip


def _sum_up(app: Flask, store: Store) -> None:
    with store() as session:
        jobs.put(session, "billing.sum_ledger", {})
    jobs.run_due(app)


def _summed(store: Store) -> int:
    with store() as session:
        return ledger_days.summed_through(session)


def _last(store: Store) -> int:
    with store() as session:
        return session.scalar(select(func.max(LedgerEntry.id))) or 0


@both_databases
@pytest.mark.req("B3")
def test_reports_are_the_same_before_and_after_and_while_more_comes(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_days, "ROWS_AT_ONCE", 2)

    def figures() -> tuple[object, object]:
        with store() as session:
            asked = Asked(clock.today().replace(month=1, day=1), clock.today(), None, "fee")
            return collection(session, asked), daily_cash(session, asked)

    _money_moves(store)
    rates, cash = before = figures()
    assert [row[1:6] for row in rates] == [(10_000, 0, 10_000, 10_000, 0)]
    assert [row[-1] for row in cash] == [12_000]
    _sum_up(app, store)
    assert _summed(store) == _last(store) > 0
    assert figures() == before
    _money_moves(store)
    rates, cash = figures()
    assert [row[1:6] for row in rates] == [(20_000, 0, 20_000, 20_000, 0)]
    assert [row[-1] for row in cash] == [24_000]
    _sum_up(app, store)
    assert figures() == (rates, cash)
    with store() as session:
        assert books.problems(session) == []
        assert (
            session.scalar(select(func.count()).select_from(LedgerDay)) == 6
        )  # issued, paid and prepaid, in each park


@both_databases
def test_of_several_at_once_each_row_is_summed_once(app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_days, "ROWS_AT_ONCE", 1)
    _money_moves(store)
    wanted = {"through_id": _last(store)}
    for _round in range(2):
        race(app, lambda _n: ledger_days.sum_part(db.session(), wanted), 8)
    with store() as session:
        assert ledger_days.summed_through(session) > 0
        assert ledger_days.differing(session) == 0


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_while_somebody_is_writing_nothing_is_summed_because_a_smaller_number_may_still_come(
    app: Flask, store: Store
) -> None:
    _money_moves(store)
    names = ("community_id", "customer_id", "booked_on", "kind", "debit", "credit", "amount_fen", "created_at",
             "updated_at")  # fmt: skip
    again = select(*(getattr(LedgerEntry, name) for name in names)).limit(1)
    with app.app_context(), db.engine.connect() as writer:
        writer.execute(insert(LedgerEntry).from_select(names, again))
        _money_moves(store)  # numbered after it, committed before it
        _sum_up(app, store)
        assert _summed(store) == 0
        writer.commit()
    _sum_up(app, store)
    assert _summed(store) == _last(store)
    with store() as session:
        assert ledger_days.differing(session) == 0


def test_the_doctor_sees_a_sum_that_is_not_that_of_its_rows(app: Flask, store: Store) -> None:
    _money_moves(store)
    _sum_up(app, store)
    with store() as session:
        session.execute(update(LedgerDay).where(LedgerDay.kind == "issue").values(amount_fen=1))
        assert books.problems(session) == ["账目日汇总与账目不符：2 行"]
