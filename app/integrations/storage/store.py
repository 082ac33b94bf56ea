"""What every store of uploads answers. Bytes are written under a key once and never changed."""

from typing import Protocol


class Storage(Protocol):
    """Bytes by key."""

    def put(self, key: str, content: bytes) -> None:
        """Store ``content``; when it returns, the bytes survive a crash."""

    def get(self, key: str) -> bytes:
        """The bytes. Raises FileNotFoundError."""

    def delete(self, key: str) -> None:
        """Remove them; absent ones are no error."""

    def empty(self) -> bool:
        """Whether nothing is stored; a restore wants that."""


def check(key: str) -> None:
    """Raise ValueError for what is no key: it stands in a path."""
    if not key.replace("-", "").replace("_", "").replace(".", "").isalnum() or key.startswith("."):
        raise ValueError("not a storage key")
