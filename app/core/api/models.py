"""What the API factory keeps: answers under idempotency keys, and the nonces of signed calls."""

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


class SpentNonce(Record):
    """The nonce of a signed call that was taken; the unique key lets it count once."""

    __tablename__ = "spent_nonce"
    __label__ = "已用随机数"
    __audited__ = False
    __table_args__ = (UniqueConstraint("key", "nonce"),)

    key: Mapped[str] = mapped_column(String(96))
    nonce: Mapped[str] = mapped_column(String(64))
