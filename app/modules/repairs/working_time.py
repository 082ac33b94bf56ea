"""Time that counts: the hours in which the property works, on days that are no holiday.

The calendar of the State Council (国务院办公厅节假日安排) with its make-up workdays comes from ``chinesecalendar``,
which knows the published years only; for others weekends are free, and the log says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar
import structlog

from app.core import clock

DAY = timedelta(days=1)
log = structlog.get_logger("repairs")


def is_workday(day: date) -> bool:
    """Whether people work on a day: Monday to Friday but for holidays, and make-up weekends."""
    return chinese_calendar.is_workday(day) if _published(day.year) else day.weekday() < 5


@cache
def _published(year: int) -> bool:
    """Whether the calendar of a year is known; said in the log once a process."""
    try:
        chinese_calendar.is_workday(date(year, 7, 1))
    except NotImplementedError:
        log.warning("holidays not published", year=year, instead="weekends")
        return False
    return True


@dataclass(frozen=True)
class WorkingTime:
    """Hours ``opens`` to ``closes`` after midnight (Asia/Shanghai) on days for which ``works`` holds; or always."""

    opens: timedelta = timedelta()
    closes: timedelta = DAY
    works: Callable[[date], bool] = lambda _day: True

    def after(self, moment: datetime, length: timedelta) -> datetime:
        """The moment at which ``length`` of working time has passed since ``moment``.

        What would end exactly at closing time ends then, not at the next opening.
        """
        for start, end in self._spans(moment):
            if length <= end - start:
                return start + length
            length -= end - start
        raise AssertionError("spans never end")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from one moment to another; nothing when ``end`` is not later."""
        total = timedelta()
        for opens, closes in self._spans(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _spans(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = clock.local(moment).date()
        while True:
            if self.works(day):
                midnight = clock.start_of(day)
                start, end = max(midnight + self.opens, moment), midnight + self.closes
                if start < end:
                    yield start, end
            day += DAY


ALWAYS = WorkingTime()
