"""What can happen to convenience information."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.errors import Invalid
from app.modules.convenience.models import ConvenienceInfo

BETWEEN = re.compile(r"[、,，;；/]+")
NUMBER = re.compile(r"\+?[0-9][0-9 -]{1,18}(?:转[0-9]{1,6})?")


def numbers(hotlines: str) -> list[str]:
    """The numbers in a line of them."""
    return [part.strip() for part in BETWEEN.split(hotlines) if part.strip()]


def check_hotlines(hotlines: str) -> str:
    """The numbers, separated alike. Raises Invalid for what cannot be dialled."""
    found = numbers(hotlines)
    for text in found:
        if not NUMBER.fullmatch(text):
            raise Invalid.field("hotlines", _("“%(text)s”不是可以拨打的号码", text=text[:20]))
    return "、".join(found)


def save(session: Session, info: ConvenienceInfo | None, values: Mapping[str, Any]) -> ConvenienceInfo:
    """Make or change an entry. Raises Invalid for numbers that cannot be dialled or a period that ends first."""
    publishing.check_period(values.get("starts_at"), values.get("ends_at"))
    values = {**values, "hotlines": check_hotlines(values.get("hotlines") or "")}
    if info is None:
        info = ConvenienceInfo()
        session.add(info)
    elif info.state == publishing.PUBLISHED and values.get("starts_at") is None:
        values["starts_at"] = info.starts_at
    for name, value in values.items():
        setattr(info, name, value)
    session.flush()
    return info
