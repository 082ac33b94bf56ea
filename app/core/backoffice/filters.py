"""The filters above a list: read from the address, shown as controls and as removable chips, turned into conditions.

Nothing that stands in an address can break a page: a value that does not fit is left out, and the page says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as day_time
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from flask_babel import gettext as _
from sqlalchemy import String, false, or_
from sqlalchemy import cast as sql_cast
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.backoffice.attributes import CHOOSABLE, NUMBERS, RANGES, Attribute, Kind
from app.core.db import to_fen
from app.core.privacy import keyring

PAGING = frozenset({"q", "sort", "size", "at"})
RESERVED = PAGING | {"csrf_token", "endpoint"}
LONGEST = 200
TAIL_LENGTH = 4
LIKE_ESCAPE = "\\"

Find = Callable[[Attribute, int], Any]
"""The record of a relationship's target by id, within the person's scope; None when absent."""


@dataclass
class Control:
    """One filter as the page draws it."""

    attribute: Attribute
    name: str
    values: dict[str, str] = field(default_factory=dict)
    """What stands in the inputs, by input name."""
    chosen: Any = None
    """A chosen related record; held so that the rows need not load it again."""
    chosen_title: str = ""

    @property
    def label(self) -> str:
        return self.attribute.label

    @property
    def ranged(self) -> bool:
        return self.attribute.kind in RANGES

    @property
    def options(self) -> Mapping[str, str]:
        if self.attribute.kind is Kind.FLAG:
            return {"1": _("是"), "0": _("否")}
        return self.attribute.choices if self.attribute.kind in CHOOSABLE else {}

    @property
    def input_type(self) -> str:
        kind = self.attribute.kind
        if kind is Kind.MONTH:
            return "month"
        return "date" if kind in (Kind.DATE, Kind.MOMENT) else "number" if kind in NUMBERS else "search"


@dataclass(frozen=True)
class Chip:
    """One chosen filter and the address without it."""

    text: str
    without: tuple[str, ...]
    """The names of the inputs to drop."""


@dataclass
class Chosen:
    """What an address asks for: conditions, controls, chips, and words about what was left out."""

    conditions: list[Any] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    """The part of the address that held, to be kept in links."""
    search: str = ""
    """What stands in the search box."""


def read(
    filters: Sequence[Attribute],
    arguments: MultiDict[str, str],
    find: Find,
    title: Callable[..., str],
) -> Chosen:
    """Read the filters of an address. ``find`` and ``title`` resolve chosen related records."""
    chosen = Chosen()
    for attribute in filters:
        control = Control(attribute, attribute.name)
        chosen.controls.append(control)
        if attribute.kind in RANGES:
            _read_range(control, arguments, chosen)
        else:
            _read_one(control, arguments, chosen, find, title)
    return chosen


def search_condition(attributes: Sequence[Attribute], text: str) -> Any:
    """Rows in which one of the searched columns matches: plain text contains it, a sealed one equals it (by its
    keyed hash), or ends with it where a tail is kept and four characters were typed."""
    conditions: list[Any] = []
    for attribute in attributes:
        if attribute.sealed:
            if attribute.digest:
                conditions.append(getattr(attribute.model, attribute.digest) == keyring().digest(text.upper()))
                if text.upper() != text:
                    conditions.append(getattr(attribute.model, attribute.digest) == keyring().digest(text))
            if attribute.tail and len(text) == TAIL_LENGTH:
                conditions.append(getattr(attribute.model, attribute.tail) == text)
        elif attribute.kind is Kind.INTEGER:
            if text.isascii() and text.isdigit() and int(text) <= attribute.largest:
                conditions.append(attribute.expression == int(text))
        else:
            conditions.append(attribute.expression.icontains(text, autoescape=True))
    return or_(*conditions) if conditions else false()


def clean(text: str) -> str | None:
    """The typed text trimmed, or None when it is too long or holds what no text holds."""
    text = text.strip()
    return None if len(text) > LONGEST or any(ord(character) < 32 for character in text) else text


def seal_text(text: str) -> str:
    """Personal text as it may stand in an address."""
    return "~" + keyring().seal(text).replace("+", "-").replace("/", "_").rstrip("=")


def unseal_text(text: str) -> str | None:
    """The reverse of ``seal_text``; None when it is not ours."""
    key_id, _dot, body = text[1:].replace("-", "+").replace("_", "/").partition(".")
    try:
        return keyring().unseal(f"{key_id}.{body}{'=' * (-len(body) % 4)}")
    except (ValueError, KeyError, InvalidTag):
        return None


def number(attribute: Attribute, text: str) -> Any:
    """A typed number in the column's own unit (yuan become fen). Raises ValueError."""
    if len(text) > 40:
        raise ValueError(text)
    if attribute.kind is Kind.INTEGER:
        value: Any = int(text)
    else:
        try:
            value = Decimal(text.replace(",", ""))
        except InvalidOperation:
            raise ValueError(text) from None
        if not value.is_finite() or abs(value.adjusted()) > 30:
            raise ValueError(text)
        if attribute.kind is Kind.MONEY:
            value = to_fen(value)
    limit: Any = attribute.largest
    if attribute.kind is Kind.DECIMAL:
        kind = cast(Any, attribute.column.type)
        limit = Decimal(10) ** ((kind.precision or 20) - (kind.scale or 0)) - Decimal(1)
    if abs(value) > limit:
        raise ValueError(text)
    return value


def _read_range(control: Control, arguments: MultiDict[str, str], chosen: Chosen) -> None:
    attribute, words = control.attribute, []
    for end in ("from", "to"):
        name = f"{control.name}_{end}"
        text = arguments.get(name, "").strip()
        if not text:
            continue
        try:
            chosen.conditions.append(_bound(attribute, end, text))
        except (ValueError, OverflowError):
            chosen.notices.append(_("“%(label)s”的筛选值无效，已忽略", label=control.label))
            continue
        control.values[name] = chosen.arguments[name] = text
        words.append(_("从 %(value)s", value=text) if end == "from" else _("至 %(value)s", value=text))
    if words:
        chosen.chips.append(Chip(f"{control.label}：{' '.join(words)}", (f"{control.name}_from", f"{control.name}_to")))


def _bound(attribute: Attribute, end: str, text: str) -> Any:
    column = attribute.expression
    if attribute.kind in NUMBERS:
        value = number(attribute, text)
        return column >= value if end == "from" else column <= value
    if attribute.kind is Kind.MONTH:
        month = f"{date.fromisoformat(f'{text}-01'):%Y-%m}"
        return column >= month if end == "from" else column <= month
    day = date.fromisoformat(text)
    if not 1900 <= day.year <= 2999:
        raise ValueError(text)
    if attribute.kind is Kind.DATE:
        return column >= day if end == "from" else column <= day
    midnight = datetime.combine(day, day_time(), tzinfo=clock.SHANGHAI)
    return column >= midnight if end == "from" else column < midnight + timedelta(days=1)


def _read_one(
    control: Control, arguments: MultiDict[str, str], chosen: Chosen, find: Find, title: Callable[..., str]
) -> None:
    attribute, name = control.attribute, control.name
    raw = arguments.get(name, "")
    if not raw.strip():
        return
    text = unseal_text(raw) if raw.startswith("~") and attribute.privacy else clean(raw)
    shown = text
    condition: Any = None
    if text is None:
        pass
    elif attribute.target is not None:
        if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= attribute.largest:
            record = find(attribute, int(text))
            if record is not None:
                several = attribute.kind is Kind.RELATIONS
                condition = attribute.expression.any(id=record.id) if several else attribute.expression == record.id
                shown = title(record)
                control.chosen, control.chosen_title = record, shown
    elif control.options:
        if text in control.options:
            shown = control.options[text]
            if attribute.kind is Kind.FLAG:
                condition = attribute.expression.is_(text == "1")
            elif attribute.kind is Kind.SEVERAL:
                condition = sql_cast(attribute.expression, String).contains(f'"{text}"', autoescape=True)
            else:
                condition = attribute.expression == text
    elif attribute.kind is Kind.STAFF:
        if text.isascii() and text.isdigit() and len(text) < 10:
            condition = attribute.expression == int(text)
    else:
        condition = search_condition([attribute], text)
        if attribute.masked and attribute.privacy:
            shown = attribute.privacy.mask(text)
    if condition is None:
        chosen.notices.append(_("“%(label)s”的筛选值无效，已忽略", label=control.label))
        return
    chosen.conditions.append(condition)
    kept = seal_text(text or "") if attribute.privacy and not raw.startswith("~") else raw
    chosen.arguments[name] = kept
    control.values[name] = (text or "") if not attribute.privacy else kept
    chosen.chips.append(Chip(f"{control.label}：{shown}", (name,)))
