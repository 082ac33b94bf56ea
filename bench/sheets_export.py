"""Export of a list as .xlsx: our streamed writer against openpyxl's write-only mode and a Rust-backed writer."""

import argparse
import subprocess
import sys
import tempfile
from typing import Any

import openpyxl
import rustpy_xlsxwriter
from sqlalchemy import select

from app.core.db import db, reading
from app.core.sheets import Choice, Date, Decimal, Integer, Lookup, Sheet, Text
from app.core.sheets.export import write_export
from app.modules.estate.models import Building, Community, Unit
from bench.measure import keep
from bench.sheets_ground import application, fill_units, in_turns, show, timed

OURS = "ours"


def _of_building(column: Any) -> Any:
    return select(column).where(Building.id == Unit.building_id).correlate(Unit).scalar_subquery()


TWELVE = Sheet(
    Unit,
    name="bench",
    key=("building_id", "number"),
    area="estate",
    columns=[
        Lookup("community_id", "园区", Community, by=("name",)),
        Lookup("building_id", "楼栋", Building, by=("name",), within={"community_id": "community_id"}),
        Text("number"),
        Integer("floor"),
        Choice("kind"),
        Decimal("area_m2"),
        Choice("status"),
        Integer("id"),
        Integer("floors", "总层数", extra=True, source=lambda: _of_building(Building.floors)),
        Text("name_again", "楼栋名", extra=True, source=lambda: _of_building(Building.name)),
        Date("day", "登记日", extra=True, source=lambda: _of_building(Building.community_id)),
        Text("number_again", "门牌", extra=True, source=lambda: Unit.number),
    ],
)


def ours() -> float:
    """Query, render, write."""

    def run() -> None:
        with tempfile.TemporaryFile() as stream, reading():
            write_export(db.session(), stream, TWELVE, select(Unit).order_by(Unit.id), reveal=False)
            db.session.rollback()

    return timed(run)


def rows() -> Any:
    """The same query and the same values, for the others."""
    query = select(Unit).order_by(Unit.id).with_only_columns(*(column.exported() for column in TWELVE.columns))
    kinds = [column.render if isinstance(column, Choice) else None for column in TWELVE.columns]
    with reading():
        for row in db.session.execute(query, execution_options={"yield_per": 2000}):
            yield [render(value) if render else value for render, value in zip(kinds, row, strict=True)]
        db.session.rollback()


def with_openpyxl() -> float:
    """openpyxl in write-only mode."""

    def run() -> None:
        book = openpyxl.Workbook(write_only=True)
        page = book.create_sheet()
        page.append([column.title for column in TWELVE.columns])
        for row in rows():
            page.append(row)
        with tempfile.TemporaryFile() as stream:
            book.save(stream)

    return timed(run)


def with_rust() -> float:
    """rust_xlsxwriter in constant-memory mode."""

    def run() -> None:
        titles = [column.title for column in TWELVE.columns]
        records = (
            {t: float(v) if v.__class__.__name__ == "Decimal" else v for t, v in zip(titles, row, strict=True)}
            for row in rows()
        )
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
            rustpy_xlsxwriter.write_worksheet(records, file.name, sheet_name="units")

    return timed(run)


def memory(count: int) -> int:
    """Megabytes at the peak of a process that exports so many rows."""
    code = (
        "import resource\nfrom bench import sheets_export as b\n"
        "from bench.sheets_ground import application, fill_units\n"
        f"with application():\n    fill_units(100)\n    b.ours()\n    b.grow({count})\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n    b.ours()\n"
        "    print(before // 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split()[-2:])
    return after - before


def grow(count: int) -> None:
    """Fill the table without holding its rows in this process's memory."""
    session = db.session()
    session.execute(Unit.__table__.delete())
    first = session.query(Building).order_by(Building.id).first()
    assert first
    session.connection().exec_driver_sql(
        "INSERT INTO unit (community_id, building_id, number, floor, kind, area_m2, status, created_at, updated_at) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "SELECT ?, ?, printf('%08d', i), i % 30, 'office', 86.5, 'vacant', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM n",
        (count, first.community_id, first.id),
    )
    session.commit()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="100,000 rows; memory at 1,000,000")
    options.add_argument("--rows", type=int)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    count = chosen.rows or (100_000 if chosen.full else 20_000)
    with application():
        fill_units(count)
        contenders = {OURS: ours, "openpyxl write-only": with_openpyxl, "rust_xlsxwriter, constant memory": with_rust}
        seconds = in_turns(contenders, chosen.rounds)
    show(f"Export of {count:,} × {len(TWELVE.columns)} from SQLite", seconds, OURS)
    sizes = (count, count * 10)
    grown = {size: memory(size) for size in sizes}
    print(
        "memory that the export adds:", ", ".join(f"{size:,} rows {megabytes} MB" for size, megabytes in grown.items())
    )
    print(keep("sheets_export", {"rows": count, "seconds": seconds, "megabytes_added": grown}))


if __name__ == "__main__":
    main()
