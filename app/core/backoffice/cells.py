"""How a value is shown to staff: in words, in Shanghai time, in yuan, as a badge; personal columns masked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, richtext
from app.core.backoffice.attributes import NUMBERS, Attribute, Kind
from app.core.db import yuan

TONES = {
    "green": "approved published paid active imported done finished confirmed settled occupied answered claimed "
             "redeemed valid arrived succeeded leased",
    "amber": "pending waiting checking checked importing unpaid part_paid submitted dispatched processing scheduled "
             "fitting_out created accepted running",
    "red": "rejected failed dead void overdue revoked",
    "blue": "in_progress grabbed own_use closed_by_staff",
}  # fmt: skip
TONE_OF = {key: tone for tone, keys in TONES.items() for key in keys.split()}
"""The colour of a state by its key; what is not here is grey. A view changes it with ``tones``."""


@dataclass(frozen=True)
class Cell:
    """One shown value: its text, and how it looks."""

    text: str
    kind: str = "text"
    tone: str = ""
    many: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.text and not self.many


def staff_names(session: Session, attributes: Iterable[Attribute], records: Iterable[Any]) -> dict[int, str]:
    """The names of the staff whom the records' columns mention, in one query."""
    keys = [attribute.key for attribute in attributes if attribute.kind is Kind.STAFF]
    ids = {getattr(record, key) for record in records for key in keys} - {None}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.first_name, User.last_name).where(User.id.in_(ids)))
    return {row.id: f"{row.first_name}{row.last_name}" for row in rows}


def cell(
    attribute: Attribute,
    value: Any,
    *,
    tones: Mapping[str, str] = {},
    names: Mapping[int, str] = {},
    revealed: bool = False,
) -> Cell:
    """The value of ``attribute`` as staff see it; personal columns masked unless ``revealed``."""
    kind = attribute.kind
    if kind is Kind.SEVERAL:
        return Cell("", "badges", many=tuple(attribute.choices.get(key, str(key)) for key in value or ()))
    if value is None or value == "":
        return Cell("", "number" if kind in NUMBERS else "text")
    if attribute.privacy:
        value = attribute.privacy.shown(str(value), revealed=revealed)
    if kind in (Kind.CHOICE, Kind.STATE):
        text = attribute.choices.get(value, str(value))
        tone = tones.get(value) or TONE_OF.get(value, "grey" if kind is Kind.STATE else "plain")
        return Cell(str(text), "badge", tone)
    if kind is Kind.FLAG:
        return Cell(_("是") if value else _("否"), "badge", "green" if value else "grey")
    if kind is Kind.RICH:
        return Cell(richtext.clean(value), "rich")
    if kind is Kind.STAFF:
        return Cell(names.get(value, str(value)))
    return Cell(plain(kind, value), "number" if kind in NUMBERS else kind.value)


def plain(kind: Kind, value: Any) -> str:
    """The value as text."""
    if kind is Kind.MONEY:
        return yuan(value)
    if kind is Kind.DECIMAL:
        return f"{value:,f}" if isinstance(value, Decimal) else str(value)
    if kind is Kind.MOMENT:
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    if kind is Kind.DATE:
        return f"{value:%Y-%m-%d}"
    if kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value)
