"""Settings that administrators change: declared, checked, effective at once."""

from typing import Any

import pytest
from flask import Flask

from app.core import settings
from app.core.errors import Invalid
from app.core.module import Setting
from tests.conftest import Store

KEY = "system.idle_minutes"


def test_a_setting_has_its_declared_default_until_it_is_changed(app: Flask, store: Store) -> None:
    with store():
        assert settings.get(KEY) == app.extensions["registry"].settings[KEY].default


@pytest.mark.parametrize("value", [45, "45", " 45 "])
def test_a_change_is_kept_in_the_declared_type_and_seen_at_once(app: Flask, store: Store, value: Any) -> None:
    with app.test_request_context(), store() as session:
        settings.get(KEY)
        settings.put(session, KEY, value)
        session.flush()
        assert settings.get(KEY) == 45
    with store() as session:
        settings.put(session, KEY, 50)
        assert settings.get(KEY) == 50


@pytest.mark.parametrize("value", ["", "abc", "4", 0, 100_000, "1e3", None])
def test_a_value_that_does_not_fit_is_refused_in_chinese_and_nothing_changes(store: Store, value: Any) -> None:
    with store() as session:
        with pytest.raises(Invalid) as refused:
            settings.put(session, KEY, value)
        assert refused.value.errors[0].field == KEY
        assert "无操作" in refused.value.errors[0].message
        assert settings.get(KEY) == 30


@pytest.mark.parametrize(("value", "kept"), [("on", True), (True, True), ("", False), (None, False), ("false", False)])
def test_a_switch_takes_what_forms_send(store: Store, value: Any, kept: bool) -> None:
    with store():
        assert settings.check(Setting("x.on", "开关", True), value) is kept


def test_a_choice_is_one_of_the_offered(store: Store) -> None:
    layout = Setting("x.layout", "布局", "grid", choices=(("grid", "宫格"), ("list", "列表")))
    with store():
        assert settings.check(layout, "list") == "list"
        with pytest.raises(Invalid):
            settings.check(layout, "spiral")


def test_an_unknown_setting_is_a_mistake_of_the_program(store: Store) -> None:
    with store() as session:
        with pytest.raises(KeyError):
            settings.get("system.unknown")
        with pytest.raises(KeyError):
            settings.put(session, "system.unknown", 1)
