"""A sheet on its way in, as a person brings it: file, check, confirmation."""

import io
from typing import Any

import openpyxl
from flask import Flask
from flask.testing import FlaskClient

from app.core.jobs import run_due


def upload(
    app: Flask, browser: FlaskClient, sheet: str, header: list[str], rows: list[list[Any]], *, confirm: bool = True
) -> str:
    """Upload rows, let them be checked and, unless told otherwise, confirm; the page that then stands there."""
    book = openpyxl.Workbook()
    for cells in [header, *rows]:
        book.active.append(cells)  # type: ignore[union-attr]
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    page = browser.post(f"/import/{sheet}/", data={"file": (stream, "导入.xlsx")}).headers["Location"]
    run_due(app)
    if confirm:
        browser.post(f"{page}/confirm")
        run_due(app)
    return browser.get(page).get_data(as_text=True)
