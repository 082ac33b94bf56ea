"""Files in a directory of this machine."""

import os
from pathlib import Path

from app.integrations.storage.store import check


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

    def empty(self) -> bool:
        return not any(path.is_file() for path in self.root.rglob("*"))

    def _path(self, key: str) -> Path:
        check(key)
        return self.root / key[:2] / key[2:4] / key
