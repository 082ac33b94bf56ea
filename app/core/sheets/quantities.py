"""Columns of numbers, money and time."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal as Number
from decimal import InvalidOperation
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Numeric

from app.core import clock
from app.core.db import Exact, to_fen
from app.core.sheets.columns import Cell, CellError, Column, clean

MOST_INTEGER = 2**31 - 1
EXCEL_EPOCH = dt.date(1899, 12, 30)
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+0{1,2}:00(?::00(?:\.0+)?)?)?")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?")


class Decimal(Column):
    """A decimal number with at most the places of the model's column."""

    kind = "number"
    places = 2
    digits = 12

    def __init__(self, name: str, title: str = "", *, minimum: Any = None, maximum: Any = None, **options: Any) -> None:
        super().__init__(name, title, **options)
        self.minimum = None if minimum is None else Number(minimum)
        self.maximum = None if maximum is None else Number(maximum)

    def bind(self, model: Any) -> None:
        super().bind(model)
        kind = self.table_column.type if self.table_column is not None else None
        if isinstance(kind, (Numeric, Exact)) and kind.precision is not None:
            self.digits, self.places = kind.precision, kind.scale or 0

    def read(self, text: str) -> Any:
        text = unicodedata.normalize("NFKC", text).replace(",", "").removeprefix("¥").removesuffix("元")
        try:
            number = Number(text)
        except InvalidOperation:
            raise CellError(_("“%(text)s”不是数字", text=text[:20])) from None
        if not number.is_finite():
            raise CellError(_("“%(text)s”不是数字", text=text[:20]))
        if number and number.adjusted() >= self.digits - self.places:
            raise CellError(_("数值过大"))
        rounded = number.quantize(Number(1).scaleb(-self.places))
        if rounded != number:
            raise CellError(
                _("最多 %(places)s 位小数", places=self.places) if self.places else _("应为整数，不能有小数")
            )
        if self.minimum is not None and number < self.minimum:
            raise CellError(_("不能小于 %(limit)s", limit=self.minimum))
        if self.maximum is not None and number > self.maximum:
            raise CellError(_("不能大于 %(limit)s", limit=self.maximum))
        return rounded

    def explained(self) -> str:
        return self.note or _("数字，最多 %(places)s 位小数", places=self.places)


class Integer(Decimal):
    """A whole number."""

    places, digits = 0, 10

    def read(self, text: str) -> int:
        number = int(super().read(text))
        if abs(number) > MOST_INTEGER:
            raise CellError(_("数值过大"))
        return number

    def explained(self) -> str:
        return self.note or _("整数")


class Amount(Decimal):
    """Money: yuan in the sheet, fen in the model."""

    digits = 14

    def read(self, text: str) -> int:
        return to_fen(super().read(text))

    def render(self, value: Any) -> Number:
        return Number(value).scaleb(-2)

    def explained(self) -> str:
        return self.note or _("金额，单位为元")


class Date(Column):
    """A calendar day, from a date cell or text such as 2026-11-23, 2026/11/23, 2026年11月23日, 20261123."""

    kind = "date"

    def parse(self, cell: Cell) -> dt.date:
        if isinstance(cell, bool):
            raise CellError(_("不是有效的日期，请按 2026-01-31 的格式填写"))
        if isinstance(cell, (int, float)) and 20_000 <= cell < 80_000:
            return EXCEL_EPOCH + dt.timedelta(days=int(cell))
        return self.read(clean(cell))

    def read(self, text: str) -> dt.date:
        text = unicodedata.normalize("NFKC", text)
        if len(text) == 8 and text.isdigit():
            text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        found = _DAY.fullmatch(text)
        try:
            day = dt.date(*(int(part) for part in found.groups())) if found else None
        except ValueError:
            day = None
        if day is None or not EARLIEST <= day <= LATEST:
            raise CellError(_("“%(text)s”不是有效的日期，请按 2026-01-31 的格式填写", text=text[:20]))
        return day

    def explained(self) -> str:
        return self.note or _("日期，如 2026-01-31")


class Moment(Column):
    """A moment on an Asia/Shanghai clock, such as 2026-11-23 09:00; without a time of day the beginning of the day."""

    def read(self, text: str) -> dt.datetime:
        plain = unicodedata.normalize("NFKC", text).replace("/", "-").replace("T", " ")
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
            try:
                found = dt.datetime.strptime(plain, form).replace(tzinfo=clock.SHANGHAI)
            except ValueError:
                continue
            if EARLIEST <= found.date() <= LATEST:
                return found
        raise CellError(_("“%(text)s”不是有效的时间，请按 2026-01-31 09:00 的格式填写", text=text[:20]))

    def render(self, value: Any) -> str:
        return f"{clock.local(value):%Y-%m-%d %H:%M}"

    def explained(self) -> str:
        return self.note or _("时间，如 2026-01-31 09:00")


class Month(Column):
    """A month, kept as YYYY-MM."""

    def read(self, text: str) -> str:
        text = unicodedata.normalize("NFKC", text)
        day = _DAY.fullmatch(text)
        found = _MONTH.fullmatch(text)
        year, month = (day or found).groups()[:2] if (day or found) else ("0", "0")  # type: ignore[union-attr]
        if not (1900 <= int(year) <= 2199 and 1 <= int(month) <= 12):
            raise CellError(_("“%(text)s”不是有效的月份，请按 2026-01 的格式填写", text=text[:20]))
        return f"{int(year):04d}-{int(month):02d}"

    def explained(self) -> str:
        return self.note or _("月份，如 2026-01")
