"""The keys that sign passes: the newest signs, the ones before it are believed until they retire."""

import base64
import hmac
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import execute
from app.core.errors import Conflict
from app.core.privacy import keyring
from app.modules.visits import token
from app.modules.visits.models import AccessPass, PassKey

NUMBERS = 255
SHARE_BYTES = 8


def install(session: Session) -> None:
    """Make the first key where there is none."""
    if session.scalar(select(PassKey.id).limit(1)) is None:
        _make(session)


def rotate(session: Session, *, at_once: bool = False) -> PassKey:
    """A new key that signs from now on. The others retire when the last pass they may have signed has ended, or, where
    one has leaked, ``at_once``: then every code that was sent out has to be opened or printed again.

    Raises Conflict when all 255 numbers are in use.
    """
    until = clock.now() if at_once else clock.now() + token.LONGEST
    later = or_(PassKey.retires_at.is_(None), PassKey.retires_at > until)
    execute(session, update(PassKey).where(later).values(retires_at=until))
    return _make(session)


def _make(session: Session) -> PassKey:
    taken = {key.number: key for key in session.scalars(select(PassKey))}
    last = max(taken.values(), key=lambda key: key.id).number if taken else 0
    free = [n for n in ((last + step) % NUMBERS + 1 for step in range(NUMBERS)) if _is_free(taken.get(n))]
    if not free:
        raise Conflict(_("密钥更换过于频繁，请等待旧密钥停用"))
    key = Ed25519PrivateKey.generate()
    raw = serialization.Encoding.Raw
    private = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    old = taken.get(free[0])
    if old is not None:
        session.delete(old)
        session.flush()
    made = PassKey(number=free[0], private_key=_text(private), public_key=_text(public))
    session.add(made)
    session.flush()
    return made


def _is_free(key: PassKey | None) -> bool:
    return key is None or (key.retires_at is not None and key.retires_at <= clock.now())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def believed(session: Session, at: datetime) -> dict[int, bytes]:
    """The public keys by number that count at a moment."""
    query = select(PassKey.number, PassKey.public_key).where(or_(PassKey.retires_at.is_(None), PassKey.retires_at > at))
    return {number: base64.b64decode(public) for number, public in session.execute(query)}


class Signer:
    """Signs many passes with the key of this moment; reads it once."""

    def __init__(self, session: Session) -> None:
        key = session.scalars(select(PassKey).order_by(PassKey.id.desc()).limit(1)).one()
        self.number, self.private = key.number, base64.b64decode(key.private_key)

    def token(self, access: AccessPass) -> str:
        """The text of a pass's QR code."""
        minutes = token.minutes_between(access.starts_at, access.ends_at)
        claims = token.Claims(self.number, access.code, access.group_id, access.starts_at, minutes, access.uses)
        return token.write(claims, self.private)


def share_key(access_code: str) -> str:
    """What stands in the address of a pass's page: the code, and a proof that we gave the address out."""
    return access_code + _proof(access_code)


def shared_code(text: str) -> str | None:
    """The pass code in a page's address; None when we gave no such address out."""
    code, proof = text[:16], text[16:]
    return code if hmac.compare_digest(_proof(code).encode(), proof.encode()) else None


def _proof(access_code: str) -> str:
    return hmac.digest(keyring().index_key, f"pass page {access_code}".encode(), "sha256")[:SHARE_BYTES].hex()
