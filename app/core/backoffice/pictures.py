"""Pictures in forms: uploaded one by one as they are dropped in, attached in their order when the form is saved."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import media
from app.core.errors import Invalid
from app.core.media import MediaFile

OWNER = "staff"
FIELD, MARK = "images", "_images"


def upload(session: Session, purpose: str, owner_id: str) -> dict[str, str]:
    """Take one picture in. Raises Invalid or TooLarge."""
    sent = request.files.get("file")
    if sent is None:
        raise Invalid.field("file", _("请选择图片"))
    return {"key": media.store(session, sent.stream, purpose, OWNER, owner_id).key}


def save(session: Session, purpose: str, most: int, record: Any) -> None:
    """Make the form's pictures those of ``record``, in their order. Ones taken out are swept away later."""
    if MARK not in request.form:
        return
    keys = list(dict.fromkeys(request.form.getlist(FIELD)))
    if len(keys) > most:
        raise Invalid.field(FIELD, _("图片最多 %(most)s 张", most=most))
    present = {file.key: file for file in media.of(session, record)}
    added = [key for key in keys if key not in present]
    attached = media.attach(session, added, purpose, OWNER, str(current_user.id), record) if added else []
    files = present | {file.key: file for file in attached}
    for position, key in enumerate(keys):
        files[key].position = position
    for key in present.keys() - set(keys):
        present[key].record = present[key].record_id = None


def shown(session: Session, purpose: str, record: Any) -> Sequence[MediaFile]:
    """The pictures that the form shows: those just sent, else the record's."""
    if MARK not in request.form:
        return media.of(session, record) if record is not None else []
    keys = [key for key in request.form.getlist(FIELD) if len(key) <= 32 and key.isalnum()]
    found = session.scalars(select(MediaFile).where(MediaFile.key.in_(keys), MediaFile.purpose == purpose))
    files = {file.key: file for file in found if _may_see(file, record)}
    return [files[key] for key in keys if key in files]


def _may_see(file: MediaFile, record: Any) -> bool:
    if file.record is not None:
        return record is not None and (file.record, file.record_id) == (record.__tablename__, str(record.id))
    return (file.owner_kind, file.owner_id) == (OWNER, str(current_user.id))
