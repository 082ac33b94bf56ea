"""The files that people fill in: the template of a sheet, and the rows of an upload that failed."""

import io
from typing import Any

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.core.sheets.check import Plan
from app.core.sheets.columns import Column, neutralise
from app.core.sheets.files import MOST_ROWS
from app.core.sheets.sheet import EXAMPLE, MARKER, REASON, Sheet
from app.core.sheets.xlsx import write_xlsx

HEADER_FONT, HEADER_FILL = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="1F4E79")
REQUIRED_FILL = PatternFill("solid", fgColor="C00000")
EXAMPLE_FONT, EXAMPLE_FILL = Font(italic=True, color="808080"), PatternFill("solid", fgColor="F2F2F2")
WRAPPED = Alignment(wrap_text=True, vertical="top")
FORMATS = {"text": "@", "date": "yyyy-mm-dd", "number": "General"}


def template(sheet: Sheet) -> bytes:
    """An .xlsx to fill in: marked and explained header, an example row, drop-downs, and a page of explanations."""
    book = Workbook()
    page: Any = book.active
    page.title = _title(sheet.title)
    options = book.create_sheet(_("选项"))
    options.sheet_state = "hidden"
    for index, column in enumerate(sheet.columns, 1):
        _fill_column(page, options, index, column)
    marker = page.cell(1, len(sheet.columns) + 1, MARKER)
    marker.font, marker.fill = HEADER_FONT, HEADER_FILL
    note = page.cell(2, len(sheet.columns) + 1, EXAMPLE)
    note.font, note.fill = EXAMPLE_FONT, EXAMPLE_FILL
    page.column_dimensions[get_column_letter(len(sheet.columns) + 1)].width = 24
    page.freeze_panes = "A2"
    page.row_dimensions[1].height = 22
    _explain(book.create_sheet(_("说明")), sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def failed_rows(sheet: Sheet, plan: Plan) -> bytes:
    """The rows that failed, with the reasons in the last column: to be corrected and sent again."""
    width = max([len(plan.header), *(len(cells) for cells, _reason in plan.failed)])
    kept = [index for index in range(width) if index >= len(plan.header) or str(plan.header[index]).strip() != REASON]
    header = [str(plan.header[index]) if index < len(plan.header) else "" for index in kept]

    def rows() -> Any:
        for cells, reason in plan.failed:
            shown = [cells[index] if index < len(cells) else "" for index in kept]
            yield [*(("是" if cell else "否") if isinstance(cell, bool) else cell for cell in shown), reason]

    stream = io.BytesIO()
    write_xlsx(stream, sheet.title, [*header, REASON], rows(), [16] * len(header) + [60])
    return stream.getvalue()


def _fill_column(page: Worksheet, options: Worksheet, index: int, column: Column) -> None:
    letter = get_column_letter(index)
    title = page.cell(1, index, f"{column.title}*" if column.required else column.title)
    title.font, title.fill = HEADER_FONT, REQUIRED_FILL if column.required else HEADER_FILL
    title.alignment = Alignment(horizontal="center", vertical="center")
    comment = Comment((_("必填。") if column.required else _("选填。")) + column.explained(), "")
    comment.width, comment.height = 260, 90
    title.comment = comment
    page.column_dimensions[letter].width = max(column.width, 2 * len(column.title) + 4)
    page.column_dimensions[letter].number_format = FORMATS[column.kind]
    example = page.cell(2, index, _example(column))
    example.font, example.fill, example.number_format = EXAMPLE_FONT, EXAMPLE_FILL, FORMATS[column.kind]
    choices = column.choices()
    if choices:
        for row, choice in enumerate(choices, 1):
            options.cell(row, index, choice)
        offered = DataValidation(
            "list",
            formula1=f"'{options.title}'!${letter}$1:${letter}${len(choices)}",
            allow_blank=True,
            showErrorMessage=not _several(column),
            errorTitle=_("不在可选范围内"),
            error=_("请从下拉列表中选择"),
        )
        page.add_data_validation(offered)
        offered.add(f"{letter}2:{letter}{min(MOST_ROWS, 100_000)}")


def _several(column: Column) -> bool:
    return bool(column.table_column is not None and column.table_column.info.get("several"))


def _example(column: Column) -> Any:
    if column.example:
        return neutralise(column.example)
    choices = column.choices()
    return choices[0] if choices else None


def _explain(page: Worksheet, sheet: Sheet) -> None:
    page.append([_("列名"), _("是否必填"), _("怎样填写"), _("示例")])
    for cell in page[1]:
        cell.font, cell.fill = HEADER_FONT, HEADER_FILL
    for column in sheet.columns:
        page.append(
            [column.title, _("必填") if column.required else _("选填"), column.explained(), str(_example(column) or "")]
        )
    page.append([])
    for line in (
        _("以“%(titles)s”识别记录：系统中已有的会被修改，没有的会新增。", titles=sheet.key_titles()),
        _("修改已有记录时，留空的单元格保持原值不变。"),
        _("表头须在第一行；列的先后不限，不需要的选填列可以删除。"),
        _("灰色的示例行（末列写有“%(marker)s”）不会导入。", marker=EXAMPLE),
        _("任何一行有错误时整个文件都不会导入；可下载错误行，改正后重新上传。"),
        _("同一份文件重复导入不会产生重复的记录。"),
    ):
        page.append([line])
    for letter, width in zip("ABCD", (22, 12, 70, 26), strict=True):
        page.column_dimensions[letter].width = width
    for row in page.iter_rows(min_row=2, max_row=len(sheet.columns) + 1):
        for cell in row:
            cell.alignment = WRAPPED
    page.freeze_panes = "A2"


def _title(text: str) -> str:
    return "".join(" " if character in r"[]:*?/\\" else character for character in text)[:31]
