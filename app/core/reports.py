"""Reports, declared: a module says which rows, which columns, which chart; the screen and the file come from here.

Report("arrears", "欠费账龄", "billing", [Column("客户"), Column("欠费", AMOUNT)], rows=arrears_by_age,
       help="截至期末未结清的本金与滞纳金", chart=Chart("bar", label=0, values=(1,)))
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

TEXT, INTEGER, DECIMAL, AMOUNT, PERCENT, DURATION, DATE = (
    "text", "integer", "decimal", "amount", "percent", "duration", "date",
)  # fmt: skip
KINDS = (TEXT, INTEGER, DECIMAL, AMOUNT, PERCENT, DURATION, DATE)
CHARTS = ("bar", "line", "pie")
LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Column:
    """One column. Values: AMOUNT in fen, PERCENT as a part of 1, DURATION in minutes, DATE a date; None is empty."""

    title: str
    kind: str = TEXT


@dataclass(frozen=True)
class Chart:
    """A picture of the rows: which column names the points, and which hold their values."""

    kind: str
    label: int
    values: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see: days (inclusive), communities (None: all; already within their scope), grouping."""

    start: date
    end: date
    communities: list[int] | None
    by: str = ""

    def within(self, query: Any, model: Any) -> Any:
        """The query, kept to the communities asked for; ``model`` has a ``community_id``."""
        return query if self.communities is None else query.where(model.community_id.in_(self.communities))


Rows = Callable[[Session, Asked], Sequence[Sequence[Any]]]


@dataclass(frozen=True)
class Report:
    """One report: a screen at ``/reports/<key>/`` for those who may ``view`` in ``area``, a file for ``export``.

    ``by`` maps grouping keys to their names (the first is the default); the first column is then what the rows are
    grouped by, and is called after it. ``span`` is the time that is shown at first:
    ``month`` or ``year`` up to today, or ``day``; ``now`` for what has no time, being about this moment. ``total``
    adds a line that sums whole numbers and amounts. ``help`` says in words how the figures come about. Raises
    LookupError for kinds or columns that do not exist.
    """

    key: str
    title: str
    area: str
    columns: Sequence[Column]
    rows: Rows
    help: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    chart: Chart | None = None
    span: str = "month"
    total: bool = False
    icon: str = "fa-chart-column"

    def __post_init__(self) -> None:
        unknown = {column.kind for column in self.columns} - set(KINDS)
        places = (self.chart.label, *self.chart.values) if self.chart else ()
        if unknown or any(place >= len(self.columns) for place in places):
            raise LookupError(
                f"report {self.key!r}: unknown kinds {sorted(unknown)} or a chart of columns that are not"
            )
        if self.chart and self.chart.kind not in CHARTS:
            raise LookupError(f"report {self.key!r}: no chart {self.chart.kind!r}")

    def grouped(self, by: str) -> "Report":
        """The report with its first column called after a grouping; as it is, where there is none."""
        if by not in self.by:
            return self
        return replace(self, columns=(replace(self.columns[0], title=self.by[by]), *self.columns[1:]))

    def totals(self, rows: Sequence[Sequence[Any]]) -> list[Any] | None:
        """The line of sums below the rows; None for a report without."""
        if not self.total or not rows:
            return None
        return [
            sum(row[n] or 0 for row in rows) if column.kind in (INTEGER, AMOUNT) else None
            for n, column in enumerate(self.columns)
        ]


@dataclass(frozen=True)
class Rate:
    """A figure above a panel's chart: the sum of one shown column as a part of another's."""

    title: str
    part: int
    whole: int


@dataclass(frozen=True)
class Panel:
    """A part of the dashboard that shows what a report says, for those who may ``view`` the report.

    ``show`` picks columns of the report and ``by`` one of its groupings; or ``columns`` and ``rows`` say it in another
    cut of the same figures. ``chart`` and ``rate`` count the shown columns. At most ``most`` rows are shown; the
    report, one click away, holds them all. Raises LookupError for what does not exist.
    """

    key: str
    title: str
    report: Report
    show: Sequence[int] = ()
    by: str = ""
    columns: Sequence[Column] = ()
    rows: Rows | None = None
    chart: Chart | None = None
    rate: Rate | None = None
    most: int = 8

    def __post_init__(self) -> None:
        places = [*((self.chart.label, *self.chart.values) if self.chart else ())]
        places += [self.rate.part, self.rate.whole] if self.rate else []
        if any(place >= len(self.shown) for place in places) or (self.by and self.by not in self.report.by):
            raise LookupError(f"panel {self.key!r}: a column or a grouping that is not")

    @property
    def shown(self) -> Sequence[Column]:
        """The columns of its table."""
        return self.columns or [self.report.grouped(self.by).columns[place] for place in self.show]

    def read(self, session: Session, asked: Asked) -> list[Sequence[Any]]:
        """All its rows, by its own grouping."""
        found = (self.rows or self.report.rows)(session, replace(asked, by=self.by or next(iter(self.report.by), "")))
        return list(found) if self.columns else [[row[place] for place in self.show] for row in found]
