"""Background work: asked for with its business rows, done exactly once, whatever fails meanwhile."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import db
from app.core.jobs import Dispatcher, Outside, Timed, extend_lease, put, run_due
from app.core.jobs.models import DEAD, DONE, RUNNING, WAITING, JobRun, OutboxEntry
from app.core.jobs.runner import LEASE, MOST_ATTEMPTS, claim
from app.modules.estate.models import Community
from tests.conftest import Store
from tests.postgresql import both_databases

Handle = Callable[[str, Any], None]


class KilledError(BaseException):
    """The process is gone in the midst of the work."""


@pytest.fixture
def handle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """``handle("kind", handler)``: the application's only work is of the kinds that the test names."""
    registry = app.extensions["registry"]
    monkeypatch.setattr(registry, "handlers", {})
    monkeypatch.setattr(registry, "modules", ())
    return registry.handlers.__setitem__


def found(session: Any, payload: Any) -> None:
    """An effect that shows how often it happened: a second one would break the unique code."""
    session.add(Community(code=payload["code"], name=payload["code"]))


def entries(store: Store) -> list[OutboxEntry]:
    with store() as session:
        rows = list(session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)))
        session.expunge_all()
        return rows


def founded(store: Store) -> int:
    with store() as session:
        return session.scalar(select(func.count()).select_from(Community))


def test_work_is_done_if_and_only_if_its_transaction_commits(app: Flask, store: Store, handle: Handle) -> None:
    handle("found", found)
    with store() as session:
        put(session, "found", {"code": "rolled-back"})
        session.flush()
        session.rollback()
        put(session, "found", {"code": "committed"})
    assert run_due(app) == 1
    assert run_due(app) == 0
    with store() as session:
        assert session.scalars(select(Community.code)).all() == ["committed"]


def test_work_in_a_serving_process_rests_after_each_piece(app: Flask, store: Store, handle: Handle) -> None:
    handle("found", found)
    with store() as session:
        for code in ("a", "b"):
            put(session, "found", {"code": code})
    rests: list[float] = []
    assert run_due(app, 10, rests.append) == 2
    assert len(rests) == 2
    assert min(rests) > 0


def test_a_payload_is_plain_json(store: Store) -> None:
    with store() as session, pytest.raises(TypeError):
        put(session, "found", {"code": object()})


def test_work_waits_for_its_time(app: Flask, store: Store, handle: Handle) -> None:
    handle("found", found)
    with store() as session:
        put(session, "found", {"code": "later"}, run_at=clock.now() + timedelta(hours=1))
    assert run_due(app) == 0
    with clock.travel(timedelta(hours=1, seconds=1)):
        assert run_due(app) == 1


@both_databases
def test_with_failures_and_killed_processes_each_effect_happens_once(app: Flask, store: Store, handle: Handle) -> None:
    calls = iter(range(10_000))

    def unreliable(session: Any, payload: Any) -> None:
        n = next(calls)
        if n % 10 == 3:
            raise KilledError
        found(session, payload)
        session.flush()
        if n % 10 == 6:
            raise RuntimeError
        if n % 10 == 9:
            raise KilledError

    handle("unreliable", unreliable)
    with store() as session:
        for n in range(60):
            put(session, "unreliable", {"code": f"c{n}"})
    passed = timedelta()
    while any(entry.state != DONE for entry in entries(store)):
        with clock.travel(passed):
            try:
                ran = run_due(app, 1000)
            except KilledError:
                ran = 1
        if not ran:
            passed += timedelta(minutes=6)
        assert passed < timedelta(days=1)
    assert founded(store) == 60


@both_databases
def test_many_workers_at_once_do_each_piece_once(app: Flask, store: Store, handle: Handle) -> None:
    handle("found", found)
    with store() as session:
        for n in range(40):
            put(session, "found", {"code": f"c{n}"})
    ran: list[int] = []
    workers = [Thread(target=lambda: ran.append(run_due(app, 100))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while run_due(app):
        pass
    assert founded(store) == 40
    assert {(entry.state, entry.attempts) for entry in entries(store)} == {(DONE, 1)}


@both_databases
def test_who_lost_the_lease_changes_nothing(app: Flask, store: Store, handle: Handle) -> None:
    """The first worker stalls for longer than its lease; a second takes over; then the first goes on."""

    def slow(session: Any, payload: Any) -> None:
        handle("slow", found)
        with clock.travel(LEASE + timedelta(seconds=1)):
            other = Thread(target=run_due, args=(app,))
            other.start()
            other.join()

    outside = Outside(lambda session, payload: dict(payload), lambda prepared: slow(None, prepared), found_late)
    handle("slow", outside)
    with store() as session:
        put(session, "slow", {"code": "once"})
    run_due(app)
    assert founded(store) == 1
    assert [(entry.state, entry.attempts) for entry in entries(store)] == [(DONE, 2)]


def found_late(session: Any, payload: Any, outcome: Any) -> None:
    found(session, {"code": f"late-{payload['code']}"})


def test_failing_work_is_tried_at_growing_intervals_then_dead_and_can_be_retried_by_hand(
    app: Flask, store: Store, handle: Handle
) -> None:
    secret = "13912345678"

    def fail(session: Any, payload: Any) -> None:
        raise ValueError(secret)

    handle("fragile", fail)
    with store() as session:
        put(session, "fragile", {"code": "fragile"})
    waits, passed = [], timedelta()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with clock.travel(passed):
            before = clock.now()
            assert run_due(app) == 1
            assert run_due(app) == 0
        [entry] = entries(store)
        assert entry.attempts == attempt
        assert entry.error == "ValueError"
        if entry.state == WAITING:
            waits.append((entry.due_at - before) // timedelta(seconds=1))
            passed += entry.due_at - before + timedelta(seconds=1)
    assert waits == sorted(set(waits))
    assert entry.state == DEAD

    handle("fragile", found)
    with clock.travel(passed), store() as session:
        OutboxEntry.flow.apply(session, session.get_one(OutboxEntry, entry.id), "retry")
    with clock.travel(passed):
        assert run_due(app) == 1
    assert founded(store) == 1


def test_work_that_takes_the_process_down_each_time_ends_dead(app: Flask, store: Store, handle: Handle) -> None:
    def kill(session: Any, payload: Any) -> None:
        raise KilledError

    handle("deadly", kill)
    with store() as session:
        put(session, "deadly", {})
    for n in range(MOST_ATTEMPTS):
        with clock.travel((LEASE + timedelta(seconds=1)) * n), pytest.raises(KilledError):
            run_due(app)
    with clock.travel((LEASE + timedelta(seconds=1)) * MOST_ATTEMPTS):
        assert run_due(app) == 0
    assert [(entry.state, entry.error) for entry in entries(store)] == [(DEAD, "LeaseExpired")]


def test_work_of_an_unknown_kind_is_kept_with_its_error(app: Flask, store: Store, handle: Handle) -> None:
    with store() as session:
        put(session, "from-a-later-version", {})
    run_due(app)
    assert [(entry.state, entry.error) for entry in entries(store)] == [(WAITING, "KeyError")]


def test_outside_parties_are_called_with_no_transaction_open(app: Flask, store: Store, handle: Handle) -> None:
    def call(prepared: str) -> str:
        assert not db.session().in_transaction()
        return prepared.upper()

    def keep(session: Any, payload: Any, outcome: str) -> None:
        found(session, {"code": outcome})

    handle("outside", Outside(lambda session, payload: payload["code"], call, keep))
    handle("nothing", Outside(lambda session, payload: None, call, keep))
    with store() as session:
        put(session, "outside", {"code": "answer"})
        put(session, "nothing", {})
    assert run_due(app) == 2
    with store() as session:
        assert session.scalars(select(Community.code)).all() == ["ANSWER"]
    assert {entry.state for entry in entries(store)} == {DONE}


def test_long_work_extends_its_lease(app: Flask, store: Store, handle: Handle) -> None:
    with store() as session:
        put(session, "long", {})
    with app.app_context():
        claimed = claim()
        assert claimed is not None
    with clock.travel(LEASE - timedelta(seconds=5)), app.app_context():
        extend_lease(db.session(), claimed.entry_id)
    with clock.travel(LEASE + timedelta(seconds=5)), app.app_context():
        assert claim() is None
    assert [entry.state for entry in entries(store)] == [RUNNING]


@pytest.mark.parametrize(
    ("timed", "now", "slot"),
    [
        (Timed("x", daily_at="02:30"), "2026-03-01T02:29+08:00", "2026-02-28T02:30+08:00"),
        (Timed("x", daily_at="02:30"), "2026-03-01T02:30+08:00", "2026-03-01T02:30+08:00"),
        (Timed("x", daily_at="00:00"), "2026-02-28T16:00+00:00", "2026-03-01T00:00+08:00"),
        (Timed("x", every_minutes=15), "2026-03-01T10:44:59+08:00", "2026-03-01T10:30+08:00"),
        (Timed("x", every_minutes=60), "2026-03-01T00:01+08:00", "2026-03-01T00:00+08:00"),
    ],
)
def test_days_and_hours_of_timed_work_are_those_of_shanghai(timed: Timed, now: str, slot: str) -> None:
    assert timed.slot(datetime.fromisoformat(now)) == datetime.fromisoformat(slot)


@both_databases
def test_each_slot_of_timed_work_runs_once_on_however_many_nodes(
    app: Flask, store: Store, handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots: list[datetime] = []
    handle("daily", lambda session, payload: slots.append(clock.now()))
    monkeypatch.setattr(app.extensions["registry"], "modules", (Scheduled(Timed("daily", daily_at="02:30")),))
    start = datetime(2026, 3, 1, 3, 0, tzinfo=clock.SHANGHAI)
    for hour in range(0, 24 * 3, 6):
        with clock.travel(start + timedelta(hours=hour)):
            nodes = [Thread(target=run_due, args=(app,)) for _ in range(3)]
            for node in nodes:
                node.start()
            for node in nodes:
                node.join()
            while run_due(app):
                pass
    assert len(slots) == 3
    with clock.travel(start + timedelta(days=30)):  # after a long standstill: once, not once for each lost day
        run_due(app)
    assert len(slots) == 4
    with store() as session:
        assert session.scalar(select(func.count()).select_from(JobRun)) == 4


class Scheduled:
    """A module as the dispatcher sees it."""

    def __init__(self, *schedule: Timed) -> None:
        self.schedule = schedule


def test_work_done_long_ago_is_forgotten_and_dead_work_is_kept(app: Flask, store: Store) -> None:
    with clock.travel(timedelta(days=-40)), store() as session:
        old, dead = put(session, "media.sweep", {}), put(session, "media.sweep", {})
        session.flush()
        for entry, state in ((old, DONE), (dead, DEAD)):
            session.execute(
                update(OutboxEntry).where(OutboxEntry.id == entry.id).values(state=state, finished_at=clock.now())
            )
    run_due(app)
    kept = entries(store)
    assert DEAD in {entry.state for entry in kept}
    assert all(entry.finished_at > clock.now() - timedelta(days=1) for entry in kept if entry.state == DONE)


def test_every_timed_job_of_the_modules_has_its_handler(app: Flask) -> None:
    registry = app.extensions["registry"]
    assert {timed.kind for module in registry for timed in module.schedule} <= registry.handlers.keys()


def test_timed_work_of_an_empty_installation_succeeds(app: Flask, store: Store) -> None:
    run_due(app)
    due = [entry for entry in entries(store) if entry.due_at <= clock.now()]
    assert {(entry.state, entry.error) for entry in due} == {(DONE, "")}


def test_the_queue_stands_in_no_audit_trail_but_a_retry_does(app: Flask, store: Store, handle: Handle) -> None:
    with store() as session:
        entry = put(session, "unknown", {})
        session.flush()
        session.execute(update(OutboxEntry).values(state=DEAD))
        session.refresh(entry)
        OutboxEntry.flow.apply(session, entry, "retry")
    with store() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.record == "outbox")).all() == ["retry"]


@pytest.fixture
def dispatcher(app: Flask, handle: Handle) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(app, every_seconds=0.02)
    yield dispatcher
    dispatcher.stop()


def test_the_dispatcher_does_what_comes_and_stops_when_told(
    app: Flask, store: Store, handle: Handle, dispatcher: Dispatcher
) -> None:
    handle("found", found)
    dispatcher.start()
    with store() as session:
        put(session, "found", {"code": "dispatched"})
    for _ in range(500):
        if all(entry.state == DONE for entry in entries(store)):
            break
        dispatcher.join(0.02)
    dispatcher.stop()
    assert founded(store) == 1
    assert not dispatcher.is_alive()


def test_the_operator_can_run_what_is_due(app: Flask, store: Store, handle: Handle) -> None:
    handle("found", found)
    with store() as session:
        put(session, "found", {"code": "by-hand"})
    result = app.test_cli_runner().invoke(args=["jobs", "run", "--once"])
    assert "已执行 1 个任务" in result.output
    assert founded(store) == 1


def test_moments_are_stored_in_utc(store: Store) -> None:
    with store() as session:
        put(session, "x", {}, run_at=datetime(2026, 3, 1, 8, 0, tzinfo=clock.SHANGHAI))
    assert entries(store)[0].due_at == datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
