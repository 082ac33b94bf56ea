"""An upload as a person makes it: choose a file, let it be checked, look at the page, confirm."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.jobs import run_due
from app.core.sheets.models import ImportJob
from tests.conftest import Store

Table = Sequence[Sequence[Any]]


def xlsx(rows: Table) -> bytes:
    """A workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def table(data: bytes) -> list[list[Any]]:
    """The cells of a workbook's first sheet."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]  # type: ignore[union-attr]


@dataclass
class Page:
    """What the import's page shows, and the job behind it."""

    client: FlaskClient
    address: str
    text: str
    job: ImportJob

    @property
    def cells(self) -> dict[str, str]:
        """The problems on the page by cell."""
        found = re.findall(
            r'data-label="单元格">([^<]*)</td><td data-label="列">([^<]*)</td><td data-label="问题">([^<]*)', self.text
        )
        return {cell: message for cell, _title, message in found}

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """New, changed, unchanged, failed."""
        job = self.job
        return job.created_rows, job.updated_rows, job.unchanged_rows, job.failed_rows


class Importer:
    """Drives the import pages of one sheet."""

    def __init__(self, app: Flask, store: Store, client: FlaskClient, sheet: str) -> None:
        self.app, self.store, self.client, self.sheet = app, store, client, sheet

    def send(self, data: bytes, filename: str = "导入.xlsx") -> Any:
        """Upload only."""
        return self.client.post(f"/import/{self.sheet}/", data={"file": (io.BytesIO(data), filename)})

    def check(self, rows: Table | bytes, filename: str = "导入.xlsx") -> Page:
        """Upload and let it be checked."""
        answer = self.send(rows if isinstance(rows, bytes) else xlsx(rows), filename)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return self.look(answer.headers["Location"])

    def look(self, address: str) -> Page:
        run_due(self.app)
        answer = self.client.get(address)
        assert answer.status_code == 200
        with self.store() as session:
            job = session.get_one(ImportJob, int(address.rpartition("/")[2]))
            session.expunge(job)
        return Page(self.client, address, answer.get_data(as_text=True), job)

    def press(self, page: Page, button: str) -> Page:
        """Press a button of the page and see what comes of it."""
        answer = self.client.post(f"{page.address}/{button}", follow_redirects=False)
        assert answer.status_code == 302
        return self.look(page.address)

    def take(self, rows: Table | bytes, filename: str = "导入.xlsx") -> Page:
        """The whole way: check, confirm, result."""
        page = self.check(rows, filename)
        assert page.job.state == "checked", page.job.error
        assert not page.job.failed_rows, page.cells
        return self.press(page, "confirm")


Import = Callable[..., Importer]


@pytest.fixture
def importer(app: Flask, store: Store, browse: Any) -> Import:
    """``importer("unit")``: a superadmin at the import page of a sheet; or any other ``client``."""

    def of(sheet: str, client: FlaskClient | None = None) -> Importer:
        return Importer(app, store, client or browse(), sheet)

    return of
