"""The one source of time: aware, UTC inside, Asia/Shanghai on every page.

Nothing else in the program asks the machine for the time, so that tests move it with ``travel``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_offset = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def local(moment: datetime) -> datetime:
    """The same moment on an Asia/Shanghai clock."""
    return moment.astimezone(SHANGHAI)


def local_or_none(moment: datetime | None) -> datetime | None:
    """``local`` for what may not have happened."""
    return None if moment is None else local(moment)


def aware(moment: datetime) -> datetime:
    """A moment that came without an offset is one of an Asia/Shanghai clock."""
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def today() -> date:
    """The calendar day in Asia/Shanghai."""
    return local(now()).date()


def days_ago(days: int) -> date:
    """The day so many days before today."""
    return today() - timedelta(days=days)


def start_of(day: date) -> datetime:
    """The moment at which a day begins in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


@contextmanager
def travel(to: datetime | timedelta) -> Iterator[None]:
    """Let the clock stand at another moment (it goes on ticking from there), for tests and rehearsals."""
    global _offset
    before = _offset
    _offset = to if isinstance(to, timedelta) else to - datetime.now(UTC)
    try:
        yield
    finally:
        _offset = before
