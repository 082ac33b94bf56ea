"""The keys of an installation: production must give its own, development makes and keeps random ones."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import config

FILE = "development-keys.json"
MINIMUM_LENGTH = 32


def complete(settings: dict[str, Any]) -> None:
    """Fill in development keys, or refuse to start a production that lacks one.

    Raises SystemExit naming each missing or weak secret.
    """
    if settings["PRODUCTION"]:
        needed = [option.name for option in config.OPTIONS if option.secret]
        weak = [name for name in needed if len(settings[name]) < MINIMUM_LENGTH]
        if weak:
            raise SystemExit(f"生产环境必须设置以下密钥（各不少于 {MINIMUM_LENGTH} 个字符）：{'、'.join(weak)}")
        if settings["DEMO"]:
            raise SystemExit("生产环境不能使用演示数据（DEMO=1）")
        return
    for name, value in made_once(settings["DATA_DIR"] / FILE, _development_keys).items():
        settings[name] = settings[name] or value


def _development_keys() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATA_KEYS": f"dev1:{_random_key()}",
        "INDEX_KEY": _random_key(),
        "WECHAT_APP_ID": "wxdemo0000000000",
        "WECHAT_APP_SECRET": secrets.token_hex(16),
    }


def made_once(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The keys in a file that its owner alone reads, made when it is missing; of several processes that make them,
    one wins."""
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(make(), indent=1))
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return dict(json.loads(path.read_text()))


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
