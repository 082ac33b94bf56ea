"""The text in a pass's QR code: what it opens and when, signed, and nothing about a person.

19 bytes big-endian — version, key number, pass code (8), gate group (2), not before (Unix seconds, 4), minutes valid
(2), uses (1) — and an Ed25519 signature of them (64), in Base32 without padding: 133 characters, which a QR code holds
in its compact alphanumeric mode and which no device decodes as a form. There is one algorithm and nothing to choose.
"""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VERSION = 1
_CLAIMS = struct.Struct(">BB8sHIHB")
LENGTH = 133
LONGEST = timedelta(minutes=2**16 - 1)
"""What the two bytes of minutes hold: 45 days and a half."""
MOST_USES = 255


class Forged(Exception):
    """The text is no token that a key of ours has signed."""


@dataclass(frozen=True)
class Claims:
    """What a token says. ``code`` is 16 hexadecimal digits; ``starts_at`` to the second, ``minutes`` from then on."""

    key: int
    code: str
    group: int
    starts_at: datetime
    minutes: int
    uses: int

    @property
    def ends_at(self) -> datetime:
        """The first moment at which it is no longer good."""
        return self.starts_at + timedelta(minutes=self.minutes)


def minutes_between(starts_at: datetime, ends_at: datetime) -> int:
    """The whole minutes that cover a time, as a token holds them."""
    return -(-int((ends_at - starts_at).total_seconds()) // 60)


def write(claims: Claims, private_key: bytes) -> str:
    """The token. The same claims under the same key are the same text."""
    packed = _CLAIMS.pack(
        VERSION, claims.key, bytes.fromhex(claims.code), claims.group, int(claims.starts_at.timestamp()),
        claims.minutes, claims.uses,
    )  # fmt: skip
    signed = packed + Ed25519PrivateKey.from_private_bytes(private_key).sign(packed)
    return base64.b32encode(signed).decode().rstrip("=")


def looks_like_one(text: str) -> bool:
    """Whether the text has a token's length; says nothing of its truth."""
    return len(text) == LENGTH


def read(text: str, keys: dict[int, bytes]) -> Claims:
    """What a token says, proved under the public key that it names. Raises Forged.

    Each token has one spelling: what decodes to the same bytes but is written otherwise is refused too.
    """
    try:
        signed = base64.b32decode(text + "===")
    except (binascii.Error, ValueError):
        raise Forged from None
    if len(signed) != _CLAIMS.size + 64 or base64.b32encode(signed).decode().rstrip("=") != text:
        raise Forged
    packed, signature = signed[: _CLAIMS.size], signed[_CLAIMS.size :]
    version, key, code, group, starts, minutes, uses = _CLAIMS.unpack(packed)
    if version != VERSION or key not in keys:
        raise Forged
    try:
        Ed25519PublicKey.from_public_bytes(keys[key]).verify(signature, packed)
    except InvalidSignature:
        raise Forged from None
    return Claims(key, code.hex(), group, datetime.fromtimestamp(starts, UTC), minutes, uses)
