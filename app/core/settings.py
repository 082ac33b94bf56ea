"""Values that an administrator sets in the back office, declared by modules with their defaults.

Settings of the installation (addresses, keys, paths) are not here but in ``config.py``.
"""

from typing import Any

from flask import g, has_request_context
from flask_babel import gettext as _
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Record, db, label
from app.core.errors import Invalid
from app.core.module import Setting, registry


class SettingValue(Record):
    """A setting that differs from its default."""

    __tablename__ = "setting"
    __label__ = "系统设置"

    key: Mapped[str] = mapped_column(String(64), unique=True, info=label("设置项"))
    value: Mapped[Any] = mapped_column(JSON, info=label("值"))


def get(key: str) -> Any:
    """The value of a declared setting; read once a request. Raises KeyError for an unknown key."""
    setting = registry().settings[key]
    return _stored().get(key, setting.default)


def put(session: Session, key: str, value: Any) -> None:
    """Change a setting. Raises Invalid when the value does not fit the declaration."""
    setting = registry().settings[key]
    checked = check(setting, value)
    row = session.scalar(select(SettingValue).where(SettingValue.key == key))
    if row is None:
        session.add(SettingValue(key=key, value=checked))
    else:
        row.value = checked
    if has_request_context():
        g.pop("settings", None)


def check(setting: Setting, value: Any) -> Any:
    """The value in the type of the setting's default. Raises Invalid otherwise."""
    kind = type(setting.default)
    if kind is bool:
        return value in (True, "true", "on", "1", 1)
    if kind is int:
        try:
            value = int(str(value).strip())
        except ValueError:
            raise Invalid.field(setting.key, _("“%(title)s”应为整数", title=setting.title)) from None
        if setting.minimum is not None and value < setting.minimum:
            raise Invalid.field(
                setting.key, _("“%(title)s”不能小于 %(limit)s", title=setting.title, limit=setting.minimum)
            )
        if setting.maximum is not None and value > setting.maximum:
            raise Invalid.field(
                setting.key, _("“%(title)s”不能大于 %(limit)s", title=setting.title, limit=setting.maximum)
            )
        return value
    if setting.choices and value not in {choice for choice, _title in setting.choices}:
        raise Invalid.field(setting.key, _("“%(title)s”不在可选范围内", title=setting.title))
    return value


def _stored() -> dict[str, Any]:
    if not has_request_context():
        return _read()
    if "settings" not in g:
        g.settings = _read()
    return g.settings


def _read() -> dict[str, Any]:
    return {row.key: row.value for row in db.session.execute(select(SettingValue.key, SettingValue.value))}
