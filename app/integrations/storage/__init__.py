"""Where the bytes of uploads lie: a small interface, and the local directory behind it.

Bytes are written under a key once and never changed; other stores (S3) answer the same three calls.
"""

import os
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Bytes by key."""

    def put(self, key: str, content: bytes) -> None:
        """Store ``content``; when it returns, the bytes survive a crash."""

    def get(self, key: str) -> bytes:
        """The bytes. Raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Remove them; absent ones are no error."""


class LocalStorage:
    """Files below a directory, in two levels of folders; written beside and renamed, so no reader sees half a file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def get(self, key: str) -> bytes:
        return self._path(key).read_bytes()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not key.replace("-", "").replace("_", "").replace(".", "").isalnum() or key.startswith("."):
            raise ValueError("not a storage key")
        return self.root / key[:2] / key[2:4] / key
