"""What is typed on the page that turns an application into a lease."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from app.core import clock
from app.core.db import to_fen
from app.modules.members.models import CUSTOMER_KINDS, MERCHANT

MOST_RENT = Decimal(100_000_000)


@dataclass
class SigningForm:
    """The texts as typed, what they mean, and what is wrong with them by field."""

    customer: str = ""
    kind: str = MERCHANT
    starts_on: str = ""
    ends_on: str = ""
    rent: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls) -> "SigningForm":
        """A year from today."""
        today = clock.today()
        leap = (today.month, today.day) == (2, 29)
        until = today.replace(year=today.year + 1, day=28 if leap else today.day)
        return cls(starts_on=today.isoformat(), ends_on=until.isoformat())

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "SigningForm":
        """What was sent."""
        texts: dict[str, Any] = {
            name: given.get(name, "").strip()[:40] for name in ("customer", "kind", "starts_on", "ends_on", "rent")
        }
        form = cls(**texts)
        if not form.customer and form.kind not in CUSTOMER_KINDS:
            form.problems["kind"] = _("请选择客户类型")
        for name in ("starts_on", "ends_on"):
            form._read(name, name, _day, _("请填写有效的日期"))
        form._read("rent", "rent_fen", _rent, _("请填写月租金，单位为元，最多两位小数"))
        return form

    def terms(self) -> dict[str, Any]:
        """Days and rent for the operation."""
        return self.values

    def _read(self, name: str, target: str, read: Any, wrong: str) -> None:
        try:
            self.values[target] = read(getattr(self, name))
        except (ValueError, InvalidOperation):
            self.problems[target] = wrong


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not 1990 <= day.year <= 2199:
        raise ValueError(text)
    return day


def _rent(text: str) -> int:
    amount = Decimal(text.replace(",", ""))
    if not amount.is_finite() or not 0 <= amount < MOST_RENT or amount != round(amount, 2):
        raise ValueError(text)
    return to_fen(amount)
