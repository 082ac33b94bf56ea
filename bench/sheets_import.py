"""Import of units from .xlsx: read, validate, insert; ours against openpyxl read-only, marshmallow and the ORM."""

import argparse
import io
from typing import Any

import openpyxl
from flask_appbuilder.security.sqla.models import User
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from app.core.db import db, reading, transaction
from app.core.sheets.check import Plan, check
from app.core.sheets.files import Source
from app.core.sheets.models import ImportJob
from app.core.sheets.write import write
from app.core.sheets.xlsx import write_xlsx
from app.modules.estate.models import UNIT_KINDS, UNIT_STATUSES, Building, Community, Unit
from app.modules.estate.sheets import UNITS
from bench.measure import keep
from bench.sheets_ground import BUILDINGS, application, fill_units, in_turns, show, timed

OURS, DRY = "ours: read, check, write", "ours: dry run, then read, check, write"


def workbook(count: int) -> bytes:
    """A file of units as staff would fill it in."""
    kinds, statuses = list(UNIT_KINDS.values()), list(UNIT_STATUSES.values())
    stream = io.BytesIO()
    rows = (
        ["量度园", f"{n % BUILDINGS}号楼", f"{n // BUILDINGS:06d}", n % 30 + 1,
         kinds[n % 5], 50 + n % 400 / 4, statuses[n % 4]]
        for n in range(count)
    )  # fmt: skip
    write_xlsx(stream, "房屋", [column.title for column in UNITS.columns], rows)
    return stream.getvalue()


def examine(data: bytes, keep_rows: bool) -> Plan:
    """Read and check, as the job does."""
    with reading():
        plan = check(db.session(), UNITS, Source(data, "xlsx").batches(), scope=None, keep=keep_rows)
        db.session.rollback()
    assert not plan.failed
    return plan


def ours(data: bytes) -> None:
    """Read, check against the database, and write with what is needed for the undo."""
    plan = examine(data, True)
    with transaction():
        session = db.session()
        user_id = session.scalars(select(User.id)).first()
        job = ImportJob(sheet="unit", filename="bench.xlsx", file_key="", sha256="", user_id=user_id)
        session.add(job)
        session.flush()
        write(session, UNITS, job, plan, None)


class UnitSchema(Schema):
    """The same rules as the sheet, as one would write them with marshmallow."""

    community = fields.String(required=True, validate=validate.Length(1, 64))
    building = fields.String(required=True, validate=validate.Length(1, 64))
    number = fields.String(required=True, validate=validate.Length(1, 32))
    floor = fields.Integer(validate=validate.Range(-20, 300))
    kind = fields.String(validate=validate.OneOf(list(UNIT_KINDS.values())))
    area_m2 = fields.Decimal(places=2, validate=validate.Range(min=0))
    status = fields.String(validate=validate.OneOf(list(UNIT_STATUSES.values())))


def usual(data: bytes) -> None:
    """openpyxl read-only, marshmallow, ORM objects; references from dictionaries that were read beforehand."""
    names = ("community", "building", "number", "floor", "kind", "area_m2", "status")
    kinds = {title: key for key, title in UNIT_KINDS.items()}
    statuses = {title: key for key, title in UNIT_STATUSES.items()}
    schema = UnitSchema()
    with transaction():
        session = db.session()
        communities = dict(session.execute(select(Community.name, Community.id)).all())
        buildings = {
            (community_id, name): key
            for community_id, name, key in session.execute(select(Building.community_id, Building.name, Building.id))
        }
        known = {(u.building_id, u.number): u for u in session.scalars(select(Unit))}
        page: Any = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
        for row in page.iter_rows(min_row=2, values_only=True):
            values: Any = schema.load(dict(zip(names, row, strict=True)))
            community_id = communities[values["community"]]
            building_id = buildings[community_id, values["building"]]
            assert (building_id, values["number"]) not in known
            session.add(
                Unit(
                    community_id=community_id, building_id=building_id, number=values["number"], floor=values["floor"],
                    kind=kinds[values["kind"]], area_m2=values["area_m2"], status=statuses[values["status"]],
                )
            )  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="100,000 rows")
    options.add_argument("--rows", type=int)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    count = chosen.rows or (100_000 if chosen.full else 10_000)
    data = workbook(count)

    def fresh(run: Any) -> Any:
        def once() -> float:
            fill_units(0)
            seconds = timed(lambda: run(data))
            assert db.session.query(Unit.id).count() == count
            db.session.rollback()
            return seconds

        return once

    def twice(data: bytes) -> None:
        examine(data, False)
        ours(data)

    with application():
        contenders = {OURS: ours, DRY: twice, "openpyxl read-only + marshmallow + ORM": usual}
        seconds = in_turns({name: fresh(run) for name, run in contenders.items()}, chosen.rounds)
    show(f"Import of {count:,} units into SQLite", seconds, OURS)
    print(keep("sheets_import", {"rows": count, "seconds": seconds}))


if __name__ == "__main__":
    main()
