"""Files that people upload: decoded, re-encoded, and served by what they are for.

Nothing of an upload's own bytes is ever served: pictures are decoded within limits and written anew
without metadata. Private ones are sealed at rest and go only to their owner and to staff who may view the
purpose's area.
"""

import hashlib
import io
import secrets
import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import IO, Any

from flask import Flask, Response, current_app, request, url_for
from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import BigInteger, Boolean, Integer, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.db import Record, label
from app.core.errors import Invalid, NotFound, TooLarge
from app.core.module import Purpose, registry
from app.core.privacy import keyring
from app.integrations.storage import LocalStorage, Storage

LARGEST_UPLOAD = 10 * 1024 * 1024
MOST_PIXELS = 25_000_000
THUMB_SIDE = 480
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO")
JPEG, PNG = "image/jpeg", "image/png"
ORPHANS_KEPT = timedelta(days=1)
SUFFIXES = {"": "", "thumb": ".t"}


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
    width: Mapped[int] = mapped_column(Integer, info=label("宽(像素)"))
    height: Mapped[int] = mapped_column(Integer, info=label("高(像素)"))
    size: Mapped[int] = mapped_column(BigInteger, info=label("大小(字节)"))
    sha256: Mapped[str] = mapped_column(String(64), info=label("校验值"))


def init_app(app: Flask) -> None:
    """Choose the storage."""
    app.extensions["storage"] = LocalStorage(app.config["DATA_DIR"] / "media")


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


def store(session: Session, stream: IO[bytes], purpose_key: str, owner_kind: str, owner_id: str) -> MediaFile:
    """Take an upload in: decode, turn upright, shrink, drop metadata, re-encode, store.

    Raises Invalid for what is no picture or has too many pixels, TooLarge above 10 MB.
    """
    purpose = purpose_of(purpose_key)
    raw = stream.read(LARGEST_UPLOAD + 1)
    if len(raw) > LARGEST_UPLOAD:
        raise TooLarge(_("图片不能超过 %(n)s MB", n=LARGEST_UPLOAD // 1024 // 1024))
    picture = _decode(raw)
    picture.thumbnail((purpose.longest_side, purpose.longest_side))
    content, content_type = _encode(picture)
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    key = secrets.token_hex(16)
    for suffix, data in ((SUFFIXES[""], content), (SUFFIXES["thumb"], _encode(small)[0])):
        storage().put(key + suffix, data if purpose.public else keyring().seal_bytes(data))
    file = MediaFile(
        key=key, purpose=purpose.key, public=purpose.public, owner_kind=owner_kind, owner_id=owner_id,
        content_type=content_type, width=picture.width, height=picture.height, size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    session.add(file)
    session.flush()
    return file


def _decode(raw: bytes) -> Image.Image:
    refused = Invalid.field("file", _("无法识别的图片,请上传 JPG 或 PNG"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(raw), formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise Invalid.field("file", _("图片尺寸过大,请压缩后再上传"))
            picture.draft("RGB", (4096, 4096))
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Invalid.field("file", _("图片尺寸过大,请压缩后再上传")) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError):
        raise refused from None  # Pillow's decoders raise all of these on broken input
    picture = ImageOps.exif_transpose(picture)
    return picture.convert("RGBA" if "A" in picture.getbands() or "transparency" in picture.info else "RGB")


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
        done = session.execute(
            update(MediaFile)
            .where(
                MediaFile.key == key,
                MediaFile.purpose == purpose,
                MediaFile.owner_kind == owner_kind,
                MediaFile.owner_id == owner_id,
                MediaFile.record.is_(None),
            )
            .values(record=type(record).__tablename__, record_id=str(record.id), position=position),
            execution_options={"synchronize_session": False},
        )
        if done.rowcount != 1:
            raise Invalid.field("media_ids", _("第 %(n)s 个文件不存在或已被使用,请重新上传", n=position + 1))
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
    file = session.scalar(select(MediaFile).where(MediaFile.key == key))
    if file is None:
        raise NotFound
    return file


def url(file: MediaFile, size: str = "") -> str:
    """Where staff see it."""
    return url_for("MediaView.show", key=file.key, size=size or None)


def respond(file: MediaFile) -> Response:
    """The bytes as an answer that no browser takes for anything but a picture; ``?size=thumb`` for the small one."""
    size = request.args.get("size", "")
    try:
        data = storage().get(file.key + SUFFIXES.get(size, ""))
    except FileNotFoundError:
        raise NotFound from None
    content = data if file.public else keyring().unseal_bytes(data)
    kind = PNG if content.startswith(b"\x89PNG") else JPEG
    response = Response(content, content_type=kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = f"inline; filename={file.key}.{'png' if kind == PNG else 'jpg'}"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if file.public else "private, no-store"
    return response


def sweep(session: Session, _payload: dict[str, object]) -> None:
    """Job: drop uploads that became part of nothing within a day."""
    orphans = session.scalars(
        select(MediaFile)
        .where(MediaFile.record.is_(None), MediaFile.created_at < clock.now() - ORPHANS_KEPT)
        .limit(500)
        .with_for_update(skip_locked=True)
    )
    for file in orphans:
        session.delete(file)
        for suffix in SUFFIXES.values():
            storage().delete(file.key + suffix)
