"""Files that are no sheets, broken, locked or made to harm are refused in words, and at once."""

import io
import random
import struct
import time
import zipfile
from typing import Any

import pytest

from app.core.errors import Invalid
from app.core.sheets.files import MOST_ROWS, Source
from tests.core.sheets.conftest import Import, xlsx

ROWS = [["园区", "楼栋", "房号"], ["P1", "A座", "1201"]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_entry(name: str, content: bytes | str, level: int = 6) -> bytes:
    """A good workbook in which one part is replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(ROWS))) as good, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in good.namelist():
            if entry != name:
                made.writestr(entry, good.read(entry))
        made.writestr(name, content, compresslevel=level)
    return stream.getvalue()


def cells(content: str) -> bytes:
    return with_entry(
        "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>'
    )


def lying() -> bytes:
    """A part that unpacks to 40 MB while the directory says 1 kB."""
    data = bytearray(with_entry("xl/big.xml", b"0" * 40_000_000))
    size = struct.pack("<I", 40_000_000)
    at = data.find(size)
    while at >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
        at = data.find(size, at)
    return bytes(data)


def many_texts() -> bytes:
    """A text of two million characters that a hundred thousand cells use: 200 GB as values."""
    noise = random.Random(1)
    text = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=2_000_000))
    data = with_entry("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>')
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as good, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in good.namelist():
            if entry != "xl/worksheets/sheet1.xml":
                made.writestr(entry, good.read(entry))
        made.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return stream.getvalue()


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("data", "name", "message", "status"),
    [
        (lambda: b"", "a.xlsx", "文件是空的", 422),
        (lambda: b"x", "a.pdf", "只能导入 .xlsx、.xls 或 .csv 文件", 422),
        (lambda: b"x", "xlsx", "这不是电子表格文件", 422),
        (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "a.xlsx", "这不是电子表格文件，或文件已损坏", 422),
        (lambda: b"<html><table></table></html>", "a.xls", "这不是电子表格文件，或文件已损坏", 422),
        (lambda: xlsx(ROWS)[:-200], "a.xlsx", "文件已损坏", 422),
        (lambda: with_entry("xl/workbook.xml", b"")[:0] + b"PK\x03\x04" + bytes(100), "a.xlsx", "文件已损坏", 422),
        (lambda: xlsx(ROWS), "a.csv", "这不是 CSV 文件", 422),
        (lambda: LOCKED, "a.xlsx", "文件设有打开密码", 422),
        (lambda: LOCKED.replace(b"E\0n\0c", b"x\0x\0x"), "a.xlsx", "旧版 .xls 格式", 422),
        (lambda: bytes(20 * 1024 * 1024 + 1), "a.xlsx", "文件超过 20 MB", 413),
        (lambda: with_entry("xl/worksheets/sheet1.xml", b"0" * 60_000_000), "a.xlsx", "解压后异常庞大", 422),
        (lying, "a.xlsx", "解压后异常庞大", 422),
    ],
)
def test_what_is_no_sheet_is_refused_at_once(importer: Import, data: Any, name: str, message: str, status: int) -> None:
    made, sheet = data(), importer("unit")
    begun = time.perf_counter()
    answer = sheet.send(made, name)
    assert time.perf_counter() - begun < 2
    assert answer.status_code == status
    assert message in answer.get_data(as_text=True)


def test_no_file_at_all_is_asked_for(importer: Import) -> None:
    answer = importer("unit").client.post("/import/unit/", data={})
    assert answer.status_code == 422
    assert "请选择要导入的文件" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (lambda: cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
         "a.xlsx", "文件内容异常，无法读取"),
        (many_texts, "a.xlsx", "文件内容异常，无法读取"),
        (lambda: cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="A900000"><v>1</v></c></row>'),
         "a.xlsx", "超过 200,000 行"),
        (lambda: cells('<row r="1"><c r="A1"><v>1</v></c><c r="ZZ1"><v>1</v></c></row>'), "a.xlsx", "列数过多"),
        (lambda: cells(""), "a.xlsx", "文件里没有数据"),
        (lambda: with_entry("xl/worksheets/sheet1.xml", "<worksheet"), "a.xlsx", "文件内容异常，无法读取"),
        (lambda: b"\xff\xff\x00\x81\x30" * 9, "a.csv", "无法识别文件的文字编码"),
        (lambda: b"\r\n \r\n", "a.csv", "文件里没有数据"),
        (lambda: "园区,楼栋,房号\n".encode() + b"P1,A,1\n" * (MOST_ROWS + 5), "a.csv", "超过 200,000 行"),
        (lambda: b'"a' + b"x" * 300_000, "a.csv", "文件内容异常，无法读取"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "a.xls", "文件内容异常，无法读取"),
    ],
)  # fmt: skip
def test_what_harms_or_does_not_fit_fails_in_the_job_and_in_words(
    importer: Import, data: Any, name: str, message: str
) -> None:
    page = importer("unit").check(data(), name)
    assert page.job.state == "failed"
    assert message in page.text


def test_a_damaged_file_never_does_more_than_fail_in_words() -> None:
    good, noise = xlsx([["园区", "楼栋", "房号"], *(["P1", "A座", n] for n in range(50))]), random.Random(7)
    for _round in range(12):
        data = bytearray(good)
        for _hit in range(noise.randrange(1, 40)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        try:
            for _batch in Source(bytes(data), "xlsx").batches():
                pass
        except Invalid:
            pass


def test_files_of_other_programs_and_regions_are_read() -> None:
    for data, suffix in (
        ("﻿园区,房号\nP1,1\n".encode(), "csv"),
        ("园区;房号\r\nP1;1\r\n".encode("gbk"), "csv"),
        ("园区\t房号\nP1\t1\n".encode("utf-16"), "csv"),
        (b'\xef\xbb\xbf"\xe5\x9b\xad\xe5\x8c\xba",\xe6\x88\xbf\xe5\x8f\xb7\r\n"P1",1', "csv"),
    ):
        assert [row for batch in Source(data, suffix).batches() for row in batch] == [
            [1, ["园区", "房号"]],
            [2, ["P1", "1"]],
        ]


def test_the_first_page_that_has_content_is_read_and_the_others_are_mentioned(importer: Import) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "空"  # type: ignore[union-attr]
    for title in ("甲", "乙"):
        page = book.create_sheet(title)
        page["B3"], page["C3"], page["B5"], page["C5"] = "园区编码", "园区名称", f"P{title}", f"园{title}"
    stream = io.BytesIO()
    book.save(stream)
    shown = importer("community").check(stream.getvalue())
    assert shown.counts == (1, 0, 0, 0)
    assert "文件有多个工作表，只读取了“甲”" in shown.text
    shown = importer("community").check([["园区编码", "园区名称", "启用"], ["P9", "x" * 65, "也许"]])
    assert shown.cells == {"B2": "不能超过 64 个字，现有 65 个", "C2": "请填写“是”或“否”"}
