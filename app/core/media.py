"""Files that people upload: decoded, re-encoded, and served by what they are for.

Nothing of an upload's own bytes is ever served: pictures are decoded within limits and written anew
without metadata. Private files go only to their owner and to staff with the purpose's right.
"""

from flask import Flask
from sqlalchemy import BigInteger, Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Record, label


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
    content_type: Mapped[str] = mapped_column(String(64), info=label("类型"))
    width: Mapped[int] = mapped_column(Integer, info=label("宽(像素)"))
    height: Mapped[int] = mapped_column(Integer, info=label("高(像素)"))
    size: Mapped[int] = mapped_column(BigInteger, info=label("大小(字节)"))
    sha256: Mapped[str] = mapped_column(String(64), info=label("校验值"))


def init_app(app: Flask) -> None:
    """Register the serving address."""
