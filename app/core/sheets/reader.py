"""Reads a spreadsheet in a process of its own, under limits of memory and time.

A file can be small and still ask for any amount of memory (one far cell, one long text used a million
times), so it is never parsed in the web process. This program stands alone: it reads the file from its
standard input and writes frames (length, MessagePack) to its standard output — first one with the size,
then batches of rows ``[number, cells]``, and a last one that says how it ended. A missing last frame
means that the limits, or the file, ended the program.

Usage: reader.py <xlsx|xls|csv> <most rows>
"""

import contextlib
import csv
import io
import itertools
import resource
import struct
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

import msgspec
import python_calamine as calamine

MEMORY = 1536 * 1024 * 1024
SECONDS = 90
BATCH = 2000
MOST_COLUMNS = 200
EXPLANATIONS = "说明"
"""The page of explanations in our templates."""

encode = msgspec.msgpack.Encoder().encode


class Refused(Exception):
    """The file cannot be read; the argument is a code that the caller puts into words."""


def plain(cell: Any) -> Any:
    """Cells as text, numbers and flags; dates as ISO text."""
    if isinstance(cell, (str, bool, int, float)):
        return cell
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def rows_of_workbook(data: bytes, most: int) -> tuple[dict[str, Any], Iterable[list[Any]]]:
    """Size and rows of the first visible sheet that has content."""
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == calamine.SheetVisibleEnum.Visible and meta.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        filled = []
        for name in names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                filled.append(sheet)
                break
    except calamine.PasswordError:
        raise Refused("encrypted") from None
    except calamine.CalamineError:
        raise Refused("broken") from None
    if not filled:
        raise Refused("empty")
    sheet = filled[0]
    if sheet.width > MOST_COLUMNS:
        raise Refused("too_many_columns")
    if sheet.total_height > most + 20:
        raise Refused("too_many_rows")
    offset = [""] * (sheet.start[1] if sheet.start else 0)
    about = {"sheet": sheet.name, "sheets": len([name for name in names if name != EXPLANATIONS]), "rows": sheet.height}
    return about, ([*offset, *map(plain, row)] for row in sheet.iter_rows())


def rows_of_text(data: bytes, most: int) -> tuple[dict[str, Any], Iterable[list[Any]]]:
    """Size and rows of a CSV file in UTF-8, UTF-16 or GB 18030."""
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        with contextlib.suppress(UnicodeError):
            text = data.decode(encoding)
            break
    else:
        raise Refused("encoding")
    if not text.strip():
        raise Refused("empty")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    return {"sheet": "", "sheets": 1, "rows": text.count("\n")}, csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter
    )


def batches(rows: Iterable[list[Any]], most: int) -> Iterator[list[Any]]:
    """Rows that are not blank, with their numbers, some thousand at a time."""
    numbered = ((number, row) for number, row in enumerate(rows, 1) if any(cell != "" for cell in row))
    count = 0
    while batch := list(itertools.islice(numbered, BATCH)):
        count += len(batch)
        if count > most + 2:
            raise Refused("too_many_rows")
        if any(len(row) > MOST_COLUMNS for _number, row in batch):
            raise Refused("too_many_columns")
        yield batch


def main(kind: str, most: int) -> None:
    """Read standard input, write frames."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    out = sys.stdout.buffer

    def put(frame: Any) -> None:
        data = encode(frame)
        out.write(struct.pack(">I", len(data)) + data)

    try:
        about, rows = (rows_of_text if kind == "csv" else rows_of_workbook)(sys.stdin.buffer.read(), most)
        put(about)
        for batch in batches(rows, most):
            put(batch)
        put({"end": ""})
    except Refused as refusal:
        put({"end": str(refusal)})
    except (csv.Error, MemoryError):
        put({"end": "broken"})
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
