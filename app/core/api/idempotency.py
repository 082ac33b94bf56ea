"""``Idempotency-Key``: a POST that creates is carried out once, however often the phone sends it.

The key's row is inserted first and in the same transaction as the effect, so a rolled-back attempt leaves
the key free, and of two at once the second waits for the first and then gives its answer again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api.models import IdempotentAnswer
from app.core.db import conflict_insert, execute
from app.core.errors import Invalid

KEPT = timedelta(hours=24)
LONGEST_KEY = 128


def fingerprint() -> str:
    """What the request asks for: method, path and body; of a form its fields, because each try draws a new boundary."""
    mark = hashlib.sha256()
    for part in (request.method.encode(), request.path.encode(), *_content()):
        mark.update(len(part).to_bytes(8) + part)
    return mark.hexdigest()


def _content() -> Iterator[bytes]:
    if request.mimetype != "multipart/form-data":
        yield request.get_data(cache=True)
        return
    for name, value in request.form.items(multi=True):
        yield f"{name}={value}".encode()
    for name, file in request.files.items(multi=True):
        yield name.encode()
        file.seek(0)  # it may have been read
        yield file.read()
        file.seek(0)


def begin(session: Session, caller: str, key: str) -> IdempotentAnswer | None:
    """Take the key for this transaction, or return the first answer. Raises Invalid for the key of another request."""
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise Invalid.field("Idempotency-Key", _("幂等键应为 1 至 128 个可见字符"))
    mark = fingerprint()
    insert = conflict_insert(session, IdempotentAnswer)
    execute(
        session,
        delete(IdempotentAnswer).where(
            IdempotentAnswer.caller == caller,
            IdempotentAnswer.key == key,
            IdempotentAnswer.created_at < clock.now() - KEPT,
        ),
    )
    taken = execute(
        session, insert.values(caller=caller, key=key, fingerprint=mark, status=0, body=b"").on_conflict_do_nothing()
    )
    if taken == 1:
        return None
    first = session.scalars(
        select(IdempotentAnswer).where(IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)
    ).one()
    if first.fingerprint != mark:
        raise Invalid.field("Idempotency-Key", _("该幂等键已用于另一个请求"))
    return first


def keep(session: Session, caller: str, key: str, status: int, body: bytes) -> None:
    """Keep the answer with the effect."""
    execute(
        session,
        update(IdempotentAnswer)
        .where(IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)
        .values(status=status, body=body),
    )


def forget(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop answers older than a day."""
    execute(session, delete(IdempotentAnswer).where(IdempotentAnswer.created_at < clock.now() - KEPT))
