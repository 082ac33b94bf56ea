"""Where the bytes of uploads lie: a local directory or an S3-compatible store, by configuration."""

from collections.abc import Mapping
from typing import Any

from app.integrations.storage.local import LocalStorage
from app.integrations.storage.s3 import S3Storage
from app.integrations.storage.store import Storage

__all__ = ("LocalStorage", "S3Storage", "Storage", "chosen")


def chosen(config: Mapping[str, Any]) -> Storage:
    """The storage that the settings name. Raises SystemExit with a sentence when they are incomplete."""
    if config["STORAGE"] == "local":
        return LocalStorage(config["DATA_DIR"] / "media")
    if config["STORAGE"] != "s3":
        raise SystemExit(f"STORAGE={config['STORAGE']!r} 不是有效的值，应为 local 或 s3")
    missing = [name for name in ("S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY") if not config[name]]
    if missing:
        raise SystemExit(f"对象存储的设置不完整，还需要：{'、'.join(missing)}")
    return S3Storage(
        config["S3_BUCKET"],
        config["S3_ENDPOINT"],
        config["S3_REGION"],
        config["S3_ACCESS_KEY"],
        config["S3_SECRET_KEY"],
    )
