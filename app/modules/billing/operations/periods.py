"""Billing periods: calendar months, quarters, half-years and years, each named by its first month (2026-11)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from app.core.errors import Invalid

FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True)
class Period:
    """``months`` calendar months from the first of ``year``-``month`` on."""

    year: int
    month: int
    months: int

    @property
    def key(self) -> str:
        """How it is kept: the first month, as 2026-11."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        end = _shifted(self.year, self.month, self.months - 1)
        return date(*end, monthrange(*end)[1])

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def previous(self) -> "Period":
        """The period of the same length before this one."""
        return Period(*_shifted(self.year, self.month, -self.months), self.months)


def read(text: str) -> tuple[int, int]:
    """(year, month) of 2026-11. Raises Invalid for anything else."""
    year, _dash, month = text.partition("-")
    digits = len(text) == 7 and year.isdecimal() and month.isdecimal()
    if digits and FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12:
        return int(year), int(month)
    raise Invalid.field("period", _("请选择账期，如 2026-11"))


def starting(text: str, cycle: str) -> Period | None:
    """The period of a tariff's cycle that begins in this month; None where none begins (a quarter begins in January,
    April, July and October)."""
    year, month = read(text)
    months = int(cycle)
    return Period(year, month, months) if (month - 1) % months == 0 else None


def _shifted(year: int, month: int, by: int) -> tuple[int, int]:
    number = year * 12 + month - 1 + by
    return number // 12, number % 12 + 1
