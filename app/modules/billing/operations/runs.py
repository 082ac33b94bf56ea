"""Bill runs: what a scope and period would be charged, and making it so at once (B5).

``issue`` has the database compute the lines and inserts bills, lines and ledger rows with one statement each; what is
billed already is left out, so a second run of the same scope and period adds nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import BigInteger, String, and_, case, cast, func, insert, literal, literal_column, or_, select, update
from sqlalchemy.orm import Session

from app.core import clock, jobs
from app.core.db import Exact, Moment, conflict_insert, execute, units
from app.core.errors import Conflict, Invalid
from app.modules.billing.models import (
    Bill,
    BillLine,
    BillRun,
    LedgerEntry,
    Meter,
    Tariff,
    TariffAssignment,
    TariffVersion,
)
from app.modules.billing.models.bills import ISSUING, UNPAID, VOID
from app.modules.billing.models.ledger import INCOME, ISSUE, RECEIVABLE, VOIDING
from app.modules.billing.operations import staging
from app.modules.billing.operations.expressions import day_number, day_of, json_of
from app.modules.billing.operations.plan import Planned, Scope, due, of_tariffs
from app.modules.billing.operations.staging import LINES
from app.modules.estate.models import Building, Community

JOB = "billing.run"
AT_ONCE = 5_000
"""A run over more assignments than this goes building by building in the background."""
L = LINES.c


def start(session: Session, scope: Scope, staff_id: int | None) -> BillRun:
    """Make the run: at once, or in the background when it is big. Raises Invalid when nothing is due."""
    planned = due_tariffs(session, scope)
    big = size(session, scope, planned) > AT_ONCE
    steps = _buildings(session, scope) if big else []
    run = BillRun(
        community_id=scope.community_id, building_id=scope.building_id, fee_item_id=scope.fee_item_id,
        period=scope.period, issued_by=staff_id, steps=max(1, len(steps)),
    )  # fmt: skip
    session.add(run)
    session.flush()
    if not big:
        return issue(session, run)
    BillRun.flow.apply(session, run, "begin")
    jobs.put(session, JOB, {"run_id": run.id, "building_ids": steps})
    return run


def issue(session: Session, run: BillRun) -> BillRun:
    """Make the bills of a run in this transaction. Raises Conflict when it would make none."""
    made = _make(session, run, Scope(run.community_id, run.period, run.building_id, run.fee_item_id))
    if made["bills"] == run.bills:
        raise Conflict(_("没有可出的账单：范围内的收费对象都已出账或不满足出账条件"))
    return BillRun.flow.apply(session, run, "issue", steps_done=run.steps, issued_at=clock.now(), **made)


def issue_part(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: the bills of one building, then ask for the next; a part that was done before adds nothing."""
    run = session.get_one(BillRun, payload["run_id"])
    if run.state != ISSUING:
        return
    building_id, *rest = payload["building_ids"]
    made = _make(session, run, Scope(run.community_id, run.period, building_id, run.fee_item_id))
    if rest:
        BillRun.flow.apply(session, run, "go_on", steps_done=run.steps_done + 1, **made)
        jobs.put(session, JOB, {"run_id": run.id, "building_ids": rest})
    else:
        BillRun.flow.apply(session, run, "issue", steps_done=run.steps, issued_at=clock.now(), **made)


def cancel(session: Session, run: BillRun) -> BillRun:
    """Void all bills of a run, in one statement each for bills and ledger.

    Raises Conflict when something is paid or waived of one of them, and changes nothing then.
    """
    BillRun.flow.apply(session, run, "cancel")
    mine = and_(Bill.run_id == run.id, Bill.state != VOID)
    untouched = and_(mine, Bill.state == UNPAID, Bill.paid_fen == 0, Bill.late_paid_fen == 0, Bill.waived_fen == 0)
    count = session.scalar(select(func.count()).where(mine)) or 0
    at = clock.now()
    done = execute(
        session,
        update(Bill).where(untouched).values(state=VOID, note=_("撤销出账批次"), updated_at=at),
    )
    if done != count:
        raise Conflict(
            _("本批次有 %(count)s 张账单已缴费或已减免，不能整批撤销；请在账单页逐张作废未缴的账单", count=count - done)
        )
    voided = and_(Bill.run_id == run.id, Bill.note == _("撤销出账批次"))
    execute(session, _ledger_rows(VOIDING, INCOME, RECEIVABLE, voided, at))
    return run


def due_tariffs(session: Session, scope: Scope) -> list[Planned]:
    planned = due(session, scope)
    if not planned:
        raise Invalid.field("period", _("该账期没有需要出账的收费标准：按季、半年、年收取的在周期的第一个月出账"))
    return planned


def _make(session: Session, run: BillRun, scope: Scope) -> dict[str, int]:
    """Insert what the scope comes to; what the run's sums are then. One run of a community at a time."""
    session.execute(select(Community.id).where(Community.id == run.community_id).with_for_update(key_share=True))
    staging.fill(session, scope, due(session, scope))
    at = clock.now()
    last = session.scalar(select(func.max(Bill.id)).where(Bill.run_id == run.id)) or 0
    bills = execute(session, _bills(session, run, at))
    # found by the index that says what is charged once, so not by run: SQLite would walk all of the run's for each line
    joined = and_(
        Bill.assignment_id == L.assignment_id, Bill.customer_id == L.customer_id, Bill.period == run.period,
        Bill.starts_on == L.starts_on, literal_column("bill.state <> 'void'"), Bill.run_id + 0 == run.id,
    )  # fmt: skip
    execute(session, _lines(joined, at))
    new = and_(Bill.run_id == run.id, Bill.id > last)
    execute(session, _ledger_rows(ISSUE, RECEIVABLE, INCOME, new, at))
    amount = select(func.coalesce(func.sum(Bill.amount_fen), 0)).where(new)
    return {"bills": run.bills + bills, "amount_fen": run.amount_fen + (session.scalar(amount) or 0)}


def _bills(session: Session, run: BillRun, at: Any) -> Any:
    """One bill for each assignment, payer and time; the first line's version says when it is due and what is late."""
    today = clock.today()
    in_order = func.row_number().over(order_by=(L.unit_id, L.tariff_id, L.assignment_id, L.starts_on))
    tail = func.substr(cast(literal(10_000_000 + run.bills) + in_order, String(12)), 2)
    moment, zero = literal(at, Moment), literal(0, BigInteger)
    values: dict[str, Any] = {
        "community_id": literal(run.community_id, BigInteger),
        "number": literal(f"B{run.period.replace('-', '')}-{run.id}-", String(40)).concat(tail),
        "customer_id": L.customer_id,
        "unit_id": L.unit_id,
        "fee_item_id": Tariff.fee_item_id,
        "tariff_id": L.tariff_id,
        "tariff_version_id": L.version_id,
        "assignment_id": L.assignment_id,
        "run_id": literal(run.id, BigInteger),
        "period": literal(run.period, String(7)),
        "starts_on": L.starts_on,
        "ends_on": L.ends_on,
        "issued_on": literal(today),
        "due_on": day_of(day_number(literal(today)) + TariffVersion.due_days),
        "amount_fen": L.bill_fen,
        **dict.fromkeys(
            ("paid_fen", "waived_fen", "late_fee_fen", "late_paid_fen", "late_waived_fen", "late_micro_fen"), zero
        ),
        "late_rate": TariffVersion.late_rate,
        "grace_days": TariffVersion.grace_days,
        "late_cap_percent": TariffVersion.late_cap_percent,
        "state": literal(UNPAID),
        "note": literal(""),
        "created_at": moment,
        "updated_at": moment,
    }
    query = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(LINES)
        .join(Tariff, Tariff.id == L.tariff_id)
        .join(TariffVersion, TariffVersion.id == L.version_id)
        .where(L.position == 1)
    )
    return conflict_insert(session, Bill).from_select(list(values), query).on_conflict_do_nothing()


def _lines(joined: Any, at: Any) -> Any:
    """The lines of the bills that this run has made, with what explains them."""
    moment = literal(at, Moment)
    unit = case((Meter.kind == "water", "m³"), else_="kWh")
    metered = json_of(
        "meter", Meter.number, "unit", unit, "start", L.start_value, "end", L.end_value, "multiplier",
        units(Meter.multiplier), "usage", L.usage, "step", L.step, "low", L.low, "high", L.high, "months",
        L.step_months, "first", cast(L.first_on, String(10)), "last", cast(L.last_on, String(10)),
    )  # fmt: skip
    by_day = json_of("first", cast(L.first_on, String(10)), "last", cast(L.last_on, String(10)), "vacant", L.vacant)
    values: dict[str, Any] = {
        "bill_id": Bill.id,
        "position": L.position,
        "title": Tariff.name,
        "method": Tariff.method,
        "quantity": _exact(L.quantity),
        "unit_price": _exact(L.unit_price),
        "months": L.months,
        "days": L.days,
        "period_days": L.period_days,
        "percent": L.percent,
        "snapshot": case((L.meter_id.is_not(None), metered), else_=by_day),
        "amount_fen": L.amount_fen,
        "created_at": moment,
        "updated_at": moment,
    }
    query = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(LINES)
        .join(Bill, joined)
        .join(Tariff, Tariff.id == L.tariff_id)
        .outerjoin(Meter, Meter.id == L.meter_id)
    )
    return insert(BillLine).from_select(list(values), query, include_defaults=False)


def _ledger_rows(kind: str, debit: str, credit: str, condition: Any, at: Any) -> Any:
    """What issuing (or voiding) the run's bills moves: what is owed of each."""
    moment = literal(at, Moment)
    values: dict[str, Any] = {
        "community_id": Bill.community_id,
        "customer_id": Bill.customer_id,
        "booked_on": literal(clock.today()),
        "kind": literal(kind),
        "debit": literal(debit),
        "credit": literal(credit),
        "amount_fen": Bill.amount_fen,
        "bill_id": Bill.id,
        "fee_item_id": Bill.fee_item_id,
        "period": Bill.period,
        "created_at": moment,
        "updated_at": moment,
    }
    query = select(*(value.label(name) for name, value in values.items())).where(condition)
    return insert(LedgerEntry).from_select(list(values), query, include_defaults=False)


def _exact(column: Any) -> Any:
    """A staged whole number for an ``Exact(4)`` column."""
    return func.coalesce(column, column, type_=Exact(4))


def held(scope: Scope, planned: list[Planned]) -> Any:
    """The assignments that hold in the period of their tariff."""
    held = [
        and_(
            TariffAssignment.tariff_id == item.tariff.id,
            TariffAssignment.starts_on <= item.period.last,
            or_(TariffAssignment.ends_on.is_(None), TariffAssignment.ends_on >= item.period.first),
        )
        for item in planned
    ]
    return of_tariffs(scope, [item.tariff.id for item in planned]).where(or_(*held))


def size(session: Session, scope: Scope, planned: list[Planned]) -> int:
    return session.scalar(select(func.count()).select_from(held(scope, planned).subquery())) or 0


def _buildings(session: Session, scope: Scope) -> list[int]:
    query = select(Building.id).where(Building.community_id == scope.community_id).order_by(Building.id)
    return [scope.building_id] if scope.building_id else list(session.scalars(query))
