"""Export: exactly the rows of a filtered list as .xlsx, personal columns masked unless revealed, and recorded."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from flask import Response, send_file
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, literal
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.core.replica import apart
from app.core.sheets.columns import Column
from app.core.sheets.models import ExportJob
from app.core.sheets.sheet import Sheet
from app.core.sheets.xlsx import MOST_ROWS, write_xlsx

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 4 * 1024 * 1024
FETCH = 2000


def export_response(
    sheet: Sheet, query: Select[Any], *, reveal: bool, filters: Mapping[str, str] | None = None
) -> Response:
    """The rows that ``query`` selects (entities of the sheet's model, filtered and ordered) as a download.

    Who exports what, how many rows and whether in full is written to the audit trail before anything is sent.
    Raises Invalid beyond a million rows.
    """
    stream: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the response closes it)
    db.session.rollback()  # what the request has read so far is over; the export reads one state of the data
    try:
        with apart() as session:
            count = write_export(session, stream, sheet, query, reveal=reveal)
    except OverflowError:
        raise Invalid(_("超过 %(limit)s 行，请缩小筛选范围后再导出", limit=f"{MOST_ROWS:,}")) from None
    finally:
        db.session.rollback()
    chosen = dict(filters or {})
    with transaction():
        session = db.session()
        session.add(ExportJob(sheet=sheet.name, user_id=current_user.id, filters=chosen, rows=count, revealed=reveal))
        audit.record(
            session, "export", sheet.model.__tablename__, {"rows": count, "revealed": reveal, "filters": chosen}
        )
    return _download(stream, f"{sheet.title}-{clock.today():%Y%m%d}")


def table_response(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]], name: str) -> Response:
    """Rows that are no records (a report, a statement) as a download; the caller has recorded who takes it."""
    stream: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the response closes it)
    write_xlsx(stream, title, header, rows, [18] * len(header))
    return _download(stream, name)


def _download(stream: IO[bytes], name: str) -> Response:
    stream.seek(0)
    response = send_file(
        stream, mimetype=MIMETYPE, as_attachment=True, download_name=f"{name.replace('/', '与')}.xlsx", max_age=0
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def write_export(session: Session, stream: IO[bytes], sheet: Sheet, query: Select[Any], *, reveal: bool) -> int:
    """Write the rows of a query; returns how many. Memory does not grow with their number."""
    expressions = [column.exported() for column in sheet.columns]
    selected = query.with_only_columns(
        *(literal(None) if expression is None else expression for expression in expressions),
        maintain_column_froms=True,
    )
    found = session.execute(selected, execution_options={"yield_per": FETCH})
    renderers = [(index, render) for index, column in enumerate(sheet.columns) if (render := _renderer(column, reveal))]

    def rows() -> Iterator[list[Any]]:
        for row in found:
            values = list(row)
            for index, render in renderers:
                if values[index] is not None:
                    values[index] = render(values[index])
            yield values

    header = [column.title for column in sheet.columns]
    return write_xlsx(stream, sheet.title, header, rows(), [column.width for column in sheet.columns])


def _renderer(column: Column, reveal: bool) -> Callable[[Any], Any] | None:
    """How a column's values are shown; None: as they are."""
    privacy = column.privacy
    if privacy is not None and not privacy.open and not reveal:
        mask = privacy.mask
        return lambda value: mask(str(column.render(value)))
    return None if type(column).render is Column.render else column.render
