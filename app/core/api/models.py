"""What the API factory keeps: answers under idempotency keys."""

from sqlalchemy import Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Record


class IdempotentAnswer(Record):
    """The first answer to a POST under a caller's key, kept a day; the same key with another body is refused."""

    __tablename__ = "idempotent_answer"
    __label__ = "幂等应答"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    caller: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
