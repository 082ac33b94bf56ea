"""Personal data at rest: encryption, blind indexes, masks, and the register of personal columns.

A personal column is declared with ``personal(...)``; that is the register: purpose, class and mask
stand on the column, and a test refuses a column that looks personal but is not declared.
Source: 个人信息保护法 art. 28, 51; GB/T 35273.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

NONCE_BYTES = 12


@dataclass(frozen=True)
class Privacy:
    """What a personal column is for and how it is shown to those without the right to see it."""

    purpose: str
    sensitive: bool
    mask: Callable[[str], str]
    open: bool = False
    """True: staff who may view the record see it in full (a name); logs and the audit trail still mask it."""

    def shown(self, text: str | None, *, revealed: bool = False) -> str | None:
        """The text as staff see it: in full when open or revealed, else masked."""
        return text if text is None or self.open or revealed else self.mask(text)


@dataclass(frozen=True)
class Keyring:
    """The data keys by key id (the newest is ``current``) and the key of the blind indexes."""

    keys: dict[str, bytes]
    current: str
    index_key: bytes

    @classmethod
    def parse(cls, data_keys: str, index_key: str) -> "Keyring":
        """Read ``id:base64,id:base64`` (first = current) and the base64 index key.

        Raises ValueError when a key is not 32 bytes.
        """
        keys = {}
        for part in data_keys.split(","):
            key_id, _, encoded = part.strip().partition(":")
            keys[key_id] = base64.b64decode(encoded)
            if len(keys[key_id]) != 32 or not key_id.isalnum():
                raise ValueError("DATA_KEYS must be id:base64 of 32 bytes, separated by commas")
        return cls(keys, next(iter(keys)), base64.b64decode(index_key))

    def seal(self, text: str) -> str:
        """Encrypt text with AES-256-GCM under the current key: ``keyid.base64(nonce + ciphertext)``."""
        return f"{self.current}.{base64.b64encode(self._encrypt(text.encode())).decode()}"

    def unseal(self, stored: str) -> str:
        """Decrypt what ``seal`` made, under whichever key it names."""
        key_id, _, encoded = stored.partition(".")
        return self._decrypt(key_id, base64.b64decode(encoded)).decode()

    def seal_bytes(self, content: bytes) -> bytes:
        """Encrypt bytes: the key id, a full stop, nonce and ciphertext."""
        return self.current.encode() + b"." + self._encrypt(content)

    def unseal_bytes(self, stored: bytes) -> bytes:
        """Decrypt what ``seal_bytes`` made."""
        key_id, _, sealed = stored.partition(b".")
        return self._decrypt(key_id.decode(), sealed)

    def _encrypt(self, content: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.current]).encrypt(nonce, content, self.current.encode())

    def _decrypt(self, key_id: str, sealed: bytes) -> bytes:
        return AESGCM(self.keys[key_id]).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], key_id.encode())

    def digest(self, text: str) -> str:
        """The keyed hash by which an encrypted value is found again by equality."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).hexdigest()


def keyring() -> Keyring:
    """The running application's keys."""
    return current_app.extensions["keyring"]


class Sealed(TypeDecorator[str]):
    """Text that is stored encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring().seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring().unseal(value)

    def compare_values(self, x: Any, y: Any) -> bool:
        return bool(x == y)


def mask_phone(text: str) -> str:
    """138****5678."""
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 7 else "*" * len(text)


def mask_id(text: str) -> str:
    """440***********1234: three first and four last characters."""
    return text[:3] + "*" * (len(text) - 7) + text[-4:] if len(text) > 7 else "*" * len(text)


def mask_name(text: str) -> str:
    """王*, 王*伟: the family name stays."""
    return text[:1] + "*" * max(len(text) - 2, 1) + (text[-1] if len(text) > 2 else "") if text else text


def mask_all(text: str) -> str:
    """Nothing of the text stays."""
    return "******" if text else text


def personal(
    label: str,
    purpose: str,
    *,
    sensitive: bool = False,
    mask: Callable[[str], str] = mask_all,
    open: bool = False,
    **info: Any,
) -> dict[str, Any]:
    """Column ``info`` of a personal column: its label and its row in the register.

    ``sensitive`` columns are shown in full only to those with the right to reveal, and each such look is audited.
    """
    return {"label": label, "privacy": Privacy(purpose, sensitive, mask, open), **info}


def blind_index(source: str, **options: Any) -> MappedColumn[Any]:
    """A column that holds the keyed hash of ``source``, kept in step with it."""
    return derived(source, lambda text: keyring().digest(text), String(64), index=True, **options)


def tail(source: str, length: int = 4) -> MappedColumn[Any]:
    """A column that holds the last ``length`` characters of ``source`` for look-ups by phone tail."""
    return derived(source, lambda text: text[-length:], String(length), index=True)


def derived(source: str, function: Callable[[str], Any], kind: Any, **options: Any) -> MappedColumn[Any]:
    """A column computed from another at each assignment (``db`` listens) and in bulk inserts (``fill_derived``)."""
    return mapped_column(kind, info={"derived": (source, function)}, nullable=True, **options)
