"""Uploaded sheets: what is accepted, how they are kept (encrypted), and how their rows are read."""

import contextlib
import hashlib
import io
import secrets
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec
from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.core.errors import Invalid, TooLarge
from app.core.privacy import keyring
from app.core.sheets.columns import Cell

SUFFIXES = ("xlsx", "xls", "csv")
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 200_000
MOST_UNPACKED = 50 * 1024 * 1024
MOST_UNPACKED_ORDINARY = 200 * 1024 * 1024
"""100,000 full rows unpack to some 80 MB: such a file is accepted when it shrinks no better than spreadsheets do."""
RATIO, RATIO_ORDINARY = 100, 30
MOST_ENTRIES = 2000
KEPT_SECONDS = 7 * 24 * 3600
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
READER = Path(__file__).with_name("reader.py")

Numbered = tuple[int, list[Cell]]


@dataclass(frozen=True)
class Upload:
    """A file that passed the quick checks."""

    name: str
    suffix: str
    data: bytes
    sha256: str


def accept(file: FileStorage | None) -> Upload:
    """Take an upload after checks that need no parsing. Raises Invalid or TooLarge with what is wrong."""
    if file is None or not file.filename:
        raise Invalid.field("file", _("请选择要导入的文件"))
    name = file.filename.replace("\\", "/").rpartition("/")[2][-200:]
    suffix = name.rpartition(".")[2].lower()
    if suffix not in SUFFIXES:
        raise Invalid.field("file", _("只能导入 .xlsx、.xls 或 .csv 文件"))
    data = file.stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLarge(_("文件超过 20 MB，请拆分后分批导入"))
    if not data:
        raise Invalid.field("file", _("文件是空的"))
    _check_content(data, suffix)
    return Upload(name, suffix, data, hashlib.sha256(data).hexdigest())


def _check_content(data: bytes, suffix: str) -> None:
    if suffix == "csv":
        if data[:4] == b"PK\x03\x04" or data[:8] == OLE:
            raise Invalid.field("file", _("这不是 CSV 文件；请按原来的格式（.xlsx 或 .xls）上传"))
    elif data[:8] == OLE:
        if _utf16("EncryptedPackage") in data:
            raise Invalid.field("file", _("文件设有打开密码，请取消密码后重新上传"))
        if suffix == "xlsx":
            raise Invalid.field("file", _("文件内容是旧版 .xls 格式，请把扩展名改为 .xls，或另存为 .xlsx 后上传"))
    elif suffix == "xlsx" and data[:2] == b"PK":
        _check_archive(data)
    else:
        raise Invalid.field("file", _("这不是电子表格文件，或文件已损坏"))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _check_archive(data: bytes) -> None:
    """Refuse archives that unpack to much more than a spreadsheet does, and those that lie about it."""
    broken = Invalid.field("file", _("文件已损坏，无法打开；请用表格软件另存为 .xlsx 后重新上传"))
    bomb = Invalid.field("file", _("文件解压后异常庞大，已拒绝；请用表格软件另存后重新上传"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            packed = sum(entry.compress_size for entry in entries)
            if len(entries) > MOST_ENTRIES or packed > len(data) or total > MOST_UNPACKED_ORDINARY:
                raise bomb
            if any(entry.file_size > RATIO * max(entry.compress_size, 64) for entry in entries):
                raise bomb
            if total > MOST_UNPACKED and total > RATIO_ORDINARY * packed:
                raise bomb
            if any(entry.flag_bits & 1 for entry in entries):
                raise Invalid.field("file", _("文件设有打开密码，请取消密码后重新上传"))
            if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
                raise Invalid.field("file", _("这不是 .xlsx 电子表格文件"))
            for entry in entries:
                if _unpacks_to_more(data, entry):
                    raise bomb
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, OverflowError):
        raise broken from None


def _unpacks_to_more(data: bytes, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry holds more than the archive's directory says."""
    if entry.compress_type == zipfile.ZIP_STORED:
        return entry.file_size > entry.compress_size
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile
    name_length, extra_length = struct.unpack_from("<HH", data, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_length + extra_length
    inflate, pending, size = zlib.decompressobj(-15), data[start : start + entry.compress_size], 0
    while pending and not inflate.eof:
        size += len(inflate.decompress(pending, 1 << 20))
        if size > entry.file_size:
            return True
        pending = inflate.unconsumed_tail
    return False


def keep(data: bytes) -> str:
    """Store a file encrypted for a week; returns the key under which it is found."""
    _sweep()
    key = secrets.token_hex(16)
    _path(key).write_bytes(keyring().seal_bytes(data))
    return key


def _sweep() -> None:
    """Forget files that nobody confirmed or fetched in time: they hold personal data."""
    oldest = time.time() - KEPT_SECONDS
    for path in _path("").iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process may sweep as well
            if path.stat().st_mtime < oldest:
                path.unlink()


def load(key: str) -> bytes:
    """A stored file's content. Raises Invalid when it was removed."""
    try:
        return keyring().unseal_bytes(_path(key).read_bytes())
    except FileNotFoundError:
        raise Invalid(_("文件已清理，请重新上传")) from None


def stream(data: bytes) -> IO[bytes]:
    """A file-like view of what a download sends."""
    return io.BytesIO(data)


def drop(key: str) -> None:
    """Remove a stored file, if it is there."""
    if key:
        _path(key).unlink(missing_ok=True)


def _path(key: str) -> Path:
    folder = Path(current_app.config["DATA_DIR"]) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / key


class Source:
    """The rows of a stored file, read by a process of its own; ``rows`` is an estimate until the end."""

    def __init__(self, data: bytes, suffix: str) -> None:
        self.data, self.suffix = data, suffix
        self.rows, self.sheet, self.sheets = 0, "", 1

    def batches(self) -> Generator[list[Numbered], None, None]:
        """Rows that are not blank, some thousand at a time. Raises Invalid when the file cannot be read."""
        command = [sys.executable, "-I", str(READER), self.suffix, str(MOST_ROWS)]
        with subprocess.Popen(  # noqa: S603  (our own program, arguments from fixed sets)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as reader:
            assert reader.stdin is not None
            assert reader.stdout is not None
            try:
                with contextlib.suppress(BrokenPipeError):  # the missing last frame tells
                    reader.stdin.write(self.data)
                    reader.stdin.close()
                ended = None
                for frame in _frames(reader.stdout):
                    if isinstance(frame, list):
                        yield frame
                    elif "end" in frame:
                        ended = frame["end"]
                    else:
                        self.rows, self.sheet, self.sheets = frame["rows"], frame["sheet"], frame["sheets"]
                if ended != "":
                    raise Invalid(_reason(ended))
            finally:
                reader.kill()


def _frames(stream: IO[bytes]) -> Iterator[Any]:
    while len(head := stream.read(4)) == 4:
        (length,) = struct.unpack(">I", head)
        body = stream.read(length)
        if len(body) == length:
            yield msgspec.msgpack.decode(body)


def _reason(code: str | None) -> str:
    return {
        "encrypted": _("文件设有打开密码，请取消密码后重新上传"),
        "empty": _("文件里没有数据"),
        "encoding": _("无法识别文件的文字编码，请另存为 UTF-8 编码的 CSV 或 .xlsx"),
        "too_many_rows": _("超过 200,000 行，请拆分后分批导入；若实际没有这么多行，请删除表格下方多余的内容"),
        "too_many_columns": _("表格的列数过多，请删除右侧多余的内容"),
    }.get(code or "", _("文件内容异常，无法读取；请用表格软件另存为 .xlsx 后重新上传"))
