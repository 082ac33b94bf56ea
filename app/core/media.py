"""Files that people upload: decoded, re-encoded, and served by what they are for.

Nothing of an upload's own bytes is ever served: pictures are decoded within limits and written anew
without metadata. Private ones are sealed at rest and go only to their owner and to staff who may view the
purpose's area.
"""

import hashlib
import io
import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any

from flask import Flask, Response, current_app, url_for
from flask_babel import gettext as _
from PIL import ExifTags, Image
from sqlalchemy import BigInteger, Boolean, Integer, String, event, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.db import Record, db, execute, label
from app.core.errors import Invalid, NotFound, TooLarge
from app.core.logs import log
from app.core.module import Purpose, registry
from app.core.privacy import keyring
from app.integrations.storage import Storage, chosen

LARGEST_UPLOAD = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
THUMB_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO")
JPEG, PNG = "image/jpeg", "image/png"
ORPHANS_KEPT = timedelta(days=1)
SUFFIXES = {"": "", "thumb": ".t"}
KEY = re.compile(r"[0-9a-f]{32}")

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a picture upright, by its EXIF orientation."""

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
STRIP = 64
_decoding = threading.Lock()
"""A picture of the most pixels takes 180 MB for a moment, twice that as WebP: one at a time in a process."""


class MediaFile(Record):
    """A stored picture. ``key`` is random and stands in the address; the bytes lie in the storage under it."""

    __tablename__ = "media_file"
    __label__ = "媒体文件"

    key: Mapped[str] = mapped_column(String(32), unique=True, info=label("文件标识"))
    purpose: Mapped[str] = mapped_column(String(32), index=True, info=label("用途"))
    public: Mapped[bool] = mapped_column(Boolean, default=False, info=label("公开"))
    owner_kind: Mapped[str] = mapped_column(String(16), info=label("上传者类型"))
    owner_id: Mapped[str] = mapped_column(String(64), index=True, info=label("上传者编号"))
    record: Mapped[str | None] = mapped_column(String(64), info=label("所属对象"))
    record_id: Mapped[str | None] = mapped_column(String(64), info=label("所属编号"))
    position: Mapped[int] = mapped_column(Integer, default=0, info=label("顺序"))
    content_type: Mapped[str] = mapped_column(String(64), info=label("类型"))
    width: Mapped[int] = mapped_column(Integer, info=label("宽（像素）"))
    height: Mapped[int] = mapped_column(Integer, info=label("高（像素）"))
    size: Mapped[int] = mapped_column(BigInteger, info=label("大小（字节）"))
    sha256: Mapped[str] = mapped_column(String(64), info=label("校验值"))


def init_app(app: Flask) -> None:
    """Choose the storage. Raises SystemExit with a sentence when its settings are incomplete."""
    app.extensions["storage"] = chosen(app.config)
    for name, listener in (("after_commit", _settle), ("after_rollback", _undo)):
        if not event.contains(db.session, name, listener):
            event.listen(db.session, name, listener)


def storage() -> Storage:
    """The application's storage."""
    found: Storage = current_app.extensions["storage"]
    return found


def purpose_of(key: str) -> Purpose:
    """A declared purpose. Raises Invalid."""
    purpose = registry().media.get(key)
    if purpose is None:
        raise Invalid.field("purpose", _("不支持的文件用途"))
    return purpose


@dataclass(frozen=True)
class Picture:
    """An upload taken in: decoded, upright, shrunk, without metadata, and written anew in two sizes."""

    purpose: Purpose
    content: bytes
    content_type: str
    thumb: bytes
    width: int
    height: int


def receive(stream: IO[bytes], purpose_key: str) -> Picture:
    """Take an upload in, before any transaction: decoding takes its time.

    Raises Invalid for what is no picture or has too many pixels, TooLarge above 10 MB.
    """
    purpose = purpose_of(purpose_key)
    raw = stream.read(LARGEST_UPLOAD + 1)
    if len(raw) > LARGEST_UPLOAD:
        raise TooLarge(_("图片不能超过 %(n)s MB", n=LARGEST_UPLOAD // 1024 // 1024))
    with _decoding:
        picture = _decode(raw, purpose.longest_side)
        width, height = picture.size
        content, content_type = _encode(picture)
        picture.thumbnail((THUMB_SIDE, THUMB_SIDE))
        thumb, _same = _encode(picture)
    return Picture(purpose, content, content_type, thumb, width, height)


def keep(session: Session, picture: Picture, owner_kind: str, owner_id: str) -> MediaFile:
    """Store a picture as its owner's; private ones are sealed."""
    key, public = secrets.token_hex(16), picture.purpose.public
    for name, data in ((key, picture.content), (key + SUFFIXES["thumb"], picture.thumb)):
        session.info.setdefault(WRITTEN, []).append(name)
        storage().put(name, data if public else keyring().seal_bytes(data))
    file = MediaFile(
        key=key, purpose=picture.purpose.key, public=public, owner_kind=owner_kind, owner_id=owner_id,
        content_type=picture.content_type, width=picture.width, height=picture.height, size=len(picture.content),
        sha256=hashlib.sha256(picture.content).hexdigest(),
    )  # fmt: skip
    session.add(file)
    session.flush()
    return file


def store(session: Session, stream: IO[bytes], purpose_key: str, owner_kind: str, owner_id: str) -> MediaFile:
    """``receive`` and ``keep`` in one, for callers without an open transaction."""
    return keep(session, receive(stream, purpose_key), owner_kind, owner_id)


def _decode(raw: bytes, longest_side: int) -> Image.Image:
    """The upload as upright pixels within ``longest_side``. Raises Invalid."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid.field("file", _("图片尺寸过大，请压缩后再上传"))
            opened.draft("RGB", (longest_side, longest_side))
            opened.load()
            transparent = "A" in opened.getbands() or "transparency" in opened.info
            turn = TURNS.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
            mode = "RGBA" if transparent else "RGB"
            picture = _reduce(opened if opened.mode == mode else opened.convert(mode), longest_side)
        picture.thumbnail((longest_side, longest_side))
        return picture if turn is None else picture.transpose(turn)
    except Invalid:
        raise
    except Exception as error:  # decoders raise whatever comes to them on broken input; all of it is a refusal
        log.info("picture refused", error=type(error).__name__)
        raise Invalid.field("file", _("无法识别的图片，请上传 JPG 或 PNG")) from None


def _reduce(picture: Image.Image, longest_side: int) -> Image.Image:
    """A copy, already smaller by a whole factor where possible; in strips, because Pillow's own way takes the memory
    of a second picture where there is transparency."""
    factor = max(1, max(picture.size) // longest_side)
    width, height = (-(-side // factor) for side in picture.size)
    smaller = Image.new(picture.mode, (width, height))
    for top in range(0, picture.height, STRIP * factor):
        strip = picture.crop((0, top, picture.width, min(top + STRIP * factor, picture.height)))
        smaller.paste(strip.reduce(factor), (0, top // factor))
    return smaller


def _encode(picture: Image.Image) -> tuple[bytes, str]:
    out = io.BytesIO()
    clean = Image.frombytes(picture.mode, picture.size, picture.tobytes())  # nothing but the pixels goes on
    if clean.mode == "RGBA":
        clean.save(out, "PNG", optimize=True)
        return out.getvalue(), PNG
    clean.save(out, "JPEG", quality=85, progressive=True)
    return out.getvalue(), JPEG


def attach(
    session: Session, keys: Sequence[str], purpose: str, owner_kind: str, owner_id: str, record: Any
) -> list[MediaFile]:
    """Make uploads the pictures of ``record``, in this order.

    Raises Invalid (field ``media_ids``) unless each is the owner's, of this purpose, and belongs to nothing yet.
    """
    for position, key in enumerate(keys):
        done = execute(
            session,
            update(MediaFile)
            .where(
                MediaFile.key == key,
                MediaFile.purpose == purpose,
                MediaFile.owner_kind == owner_kind,
                MediaFile.owner_id == owner_id,
                MediaFile.record.is_(None),
            )
            .values(record=type(record).__tablename__, record_id=str(record.id), position=position),
        )
        if done != 1:
            raise Invalid.field("media_ids", _("第 %(n)s 个文件不存在或已被使用，请重新上传", n=position + 1))
    return of(session, record)


def of(session: Session, record: Any) -> list[MediaFile]:
    """The pictures of a record, in order."""
    return list(
        session.scalars(
            select(MediaFile)
            .where(MediaFile.record == type(record).__tablename__, MediaFile.record_id == str(record.id))
            .order_by(MediaFile.position, MediaFile.id)
        )
    )


def by_key(session: Session, key: str) -> MediaFile:
    """A file by its key. Raises NotFound."""
    file = session.scalar(select(MediaFile).where(MediaFile.key == key)) if KEY.fullmatch(key) else None
    if file is None:
        raise NotFound
    return file


def url(file: MediaFile, size: str = "") -> str:
    """Where staff see it."""
    return url_for("MediaView.show", key=file.key, size=size or None)


def content(file: MediaFile, size: str = "") -> bytes:
    """The picture itself; ``size`` "thumb" is the small one. Raises NotFound."""
    try:
        data = storage().get(file.key + SUFFIXES.get(size, ""))
    except FileNotFoundError:
        raise NotFound from None
    return data if file.public else keyring().unseal_bytes(data)


def respond(file: MediaFile, size: str = "") -> Response:
    """The bytes as an answer that no browser takes for anything but a picture; ``size`` "thumb" is the small one."""
    picture = content(file, size)
    kind = PNG if picture.startswith(b"\x89PNG") else JPEG
    response = Response(picture, content_type=kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f"inline; filename={file.key}.{'png' if kind == PNG else 'jpg'}"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if file.public else "private, no-store"
    return response


def drop(session: Session, file: MediaFile) -> None:
    """Delete a picture: its row now, its bytes when the transaction is committed."""
    session.delete(file)
    session.info.setdefault(DROPPED, []).extend(file.key + suffix for suffix in SUFFIXES.values())


def sweep(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: drop uploads that became part of nothing within a day."""
    orphans = session.scalars(
        select(MediaFile)
        .where(MediaFile.record.is_(None), MediaFile.created_at < clock.now() - ORPHANS_KEPT)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    for file in orphans:
        drop(session, file)


WRITTEN, DROPPED = "media written", "media dropped"
"""Keys in ``Session.info``: bytes follow their row, which is in or out only when the transaction ends."""


def _settle(session: Session) -> None:
    session.info.pop(WRITTEN, None)
    _remove(session.info.pop(DROPPED, ()))


def _undo(session: Session) -> None:
    session.info.pop(DROPPED, None)
    _remove(session.info.pop(WRITTEN, ()))


def _remove(keys: Sequence[str]) -> None:
    for key in keys:
        storage().delete(key)
