"""The pictures of records, as the API names them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.api.schema import Schema
from app.core.db import Record
from app.core.media import MediaFile

MEDIA = "/api/v1/media"


class PhotoOut(Schema):
    """图片地址：原图和缩略图"""

    id: str
    url: str
    thumb_url: str


def photos_of(session: Session, model: type[Record], ids: Iterable[int]) -> dict[int, list[PhotoOut]]:
    """The pictures of several records of a class, in order, by record id: one query. Records without are absent."""
    wanted = [str(one) for one in ids]
    found: dict[int, list[PhotoOut]] = {}
    if not wanted:
        return found
    query = (
        select(MediaFile.key, MediaFile.record_id)
        .where(MediaFile.record == model.__tablename__, MediaFile.record_id.in_(wanted))
        .order_by(MediaFile.record_id, MediaFile.position, MediaFile.id)
    )
    for key, record_id in session.execute(query):
        address = f"{MEDIA}/{key}"
        found.setdefault(int(record_id or 0), []).append(
            PhotoOut(id=key, url=address, thumb_url=f"{address}?size=thumb")
        )
    return found
