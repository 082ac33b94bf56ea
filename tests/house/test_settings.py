"""Every setting is declared with its default and what it does; production refuses what is unsafe."""

import base64
import re
import secrets as random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import config
from app import secrets

ROOT = Path(__file__).parents[2]
CHINESE = re.compile(r"[一-鿿]")


def production(**changes: str) -> dict[str, Any]:
    key = base64.b64encode(random.token_bytes(32)).decode()
    environment = {
        "APP_ENV": "production",
        "SECRET_KEY": random.token_urlsafe(48),
        "DATA_KEYS": f"k1:{key}",
        "INDEX_KEY": key,
        "WECHAT_APP_SECRET": random.token_hex(16),
    }
    return config.load(environment | changes)


def test_each_option_says_in_chinese_what_it_does() -> None:
    for option in config.OPTIONS:
        assert CHINESE.search(option.help), option.name
        assert not (option.secret and option.default), f"{option.name} is a secret: no default"


def test_each_setting_of_a_module_is_named_for_it_and_said_in_chinese(app: Flask) -> None:
    for module in app.extensions["registry"]:
        for setting in module.settings:
            assert setting.key.startswith(f"{module.key}."), setting.key
            assert CHINESE.search(setting.title), setting.key
            if type(setting.default) is int:
                assert setting.minimum is not None, setting.key
                assert setting.maximum is not None, setting.key
                assert setting.minimum <= setting.default <= setting.maximum, setting.key


def test_each_setting_that_the_program_reads_is_declared(app: Flask) -> None:
    read = {
        key
        for path in (ROOT / "app").rglob("*.py")
        for key in re.findall(r'settings\.get\("([^"]+)"\)', path.read_text())
    }
    assert read <= app.extensions["registry"].settings.keys()


def test_nothing_but_the_configuration_reads_the_environment() -> None:
    readers = [path.name for path in (ROOT / "app").rglob("*.py") if re.search(r"os\.environ|getenv", path.read_text())]
    assert not readers


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEYS", "INDEX_KEY", "WECHAT_APP_SECRET"])
@pytest.mark.parametrize("value", ["", "changeme"])
def test_production_refuses_a_missing_or_weak_secret_by_name(name: str, value: str) -> None:
    with pytest.raises(SystemExit, match=name):
        secrets.complete(production(**{name: value}))


def test_production_starts_with_its_own_secrets_and_refuses_the_demonstration() -> None:
    secrets.complete(production())
    with pytest.raises(SystemExit, match="演示"):
        secrets.complete(production(DEMO="1"))


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(SystemExit, match="PORT"):
        config.load({"PORT": "eighty"})


def test_development_makes_its_keys_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    first, second = config.load({"DATA_DIR": str(tmp_path)}), config.load({"DATA_DIR": str(tmp_path)})
    secrets.complete(first)
    secrets.complete(second)
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert (tmp_path / secrets.FILE).stat().st_mode & 0o777 == 0o600
