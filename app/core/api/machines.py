"""Calls of machines (gates, finance systems): signed with a shared secret, each once.

``X-Signature`` is the hexadecimal HMAC-SHA256 of ``METHOD\\npath?query\\ntimestamp\\nnonce\\n`` followed by the raw
body. A timestamp may be five minutes off; a nonce is good once. An unknown key and a wrong signature get the same
answer in the same time.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api.models import SpentNonce
from app.core.audit import Actor, act_as
from app.core.db import conflict_insert, db, execute, transaction
from app.core.errors import Unauthenticated

LATEST = 300
"""Seconds that a machine's clock may be off."""
_NONCE = re.compile(r"[\x21-\x7e]{8,64}")
_NOBODY = secrets.token_hex(32)


@dataclass(frozen=True)
class Machine:
    """A party that signs its calls: ``kind`` is ``gate`` or ``finance``; ``id`` its record's number."""

    kind: str
    id: int
    name: str
    secret: str = field(repr=False)


Find = Callable[[Session, str], Machine | None]
"""Who has a key id; None: nobody, or switched off."""


def signature(secret: str, method: str, path: str, timestamp: str, nonce: str, body: bytes) -> str:
    """What ``X-Signature`` holds; ``path`` as it is sent, with its query."""
    text = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def admit(find: Find) -> Machine:
    """The machine that signed this request; its nonce is spent in a transaction of its own.

    Raises Unauthenticated for whatever is not a fresh call of a known machine.
    """
    sent = [request.headers.get(name, "") for name in ("X-Key-Id", "X-Timestamp", "X-Nonce", "X-Signature")]
    key_id, timestamp, nonce, signed = sent
    on_time = re.fullmatch(r"\d{1,12}", timestamp) and abs(clock.now().timestamp() - int(timestamp)) <= LATEST
    if not (key_id and len(key_id) <= 64 and on_time and _NONCE.fullmatch(nonce)):
        raise Unauthenticated(_("签名无效或已过期"), code="bad_signature")
    session = db.session()
    with transaction():
        machine = find(session, key_id)
        secret = machine.secret if machine else _NOBODY
        path = request.full_path if request.query_string else request.path
        expected = signature(secret, request.method, path, timestamp, nonce, request.get_data(cache=True))
        genuine = hmac.compare_digest(expected.encode(), signed.encode())
        if machine is None or not genuine or not _spend(session, f"{machine.kind}:{key_id}", nonce):
            raise Unauthenticated(_("签名无效或已过期"), code="bad_signature")
    act_as(Actor(machine.kind, str(machine.id), machine.name, request.remote_addr or "", g.request_id))
    return machine


def _spend(session: Session, key: str, nonce: str) -> bool:
    insert = conflict_insert(session, SpentNonce)
    return execute(session, insert.values(key=key, nonce=nonce).on_conflict_do_nothing()) == 1


def forget(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop nonces of calls that would be too old by now."""
    execute(session, delete(SpentNonce).where(SpentNonce.created_at < clock.now() - timedelta(seconds=2 * LATEST)))
