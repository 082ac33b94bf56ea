"""What billing asks of a payment channel, and what it hears from one; adapters live in ``app.integrations``.

Amounts are fen. What a channel says is a claim to be compared with our own rows: ``operations.trades`` does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from app.core.errors import DomainError

TradeState = Literal["paid", "pending", "closed", "failed", "absent"]
RepaymentState = Literal["done", "pending", "failed", "absent"]


@dataclass(frozen=True)
class Order:
    """What a phone is asked to pay: ``number`` is the payment's, ``payer`` the member's name at the channel."""

    number: str
    amount_fen: int
    description: str
    payer: str
    expires_at: datetime
    official: bool = False
    """The payer is named as the official account knows them, not the mini-program."""


@dataclass(frozen=True)
class Trade:
    """What the channel says about an order. ``ours`` is False when it names another merchant or app."""

    number: str
    state: TradeState
    channel_no: str = ""
    amount_fen: int = 0
    currency: str = "CNY"
    paid_at: datetime | None = None
    ours: bool = True


@dataclass(frozen=True)
class Repayment:
    """What the channel says about a refund; ``number`` is the refund's."""

    number: str
    state: RepaymentState
    channel_no: str = ""
    amount_fen: int = 0
    done_at: datetime | None = None
    failure: str = ""
    ours: bool = True


@dataclass(frozen=True)
class StatementRow:
    """One line of the channel's daily bill: a payment, or with ``kind`` ``refund`` money that went back."""

    kind: Literal["payment", "refund"]
    number: str
    channel_no: str
    amount_fen: int


class ChannelRefused(DomainError):
    """The channel said no, and asking again will not help; ``reason`` is its own word for it."""

    status = 409
    code = "channel_refused"

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class RefusedNotice(Exception):
    """A callback that does not hold. ``suspicious`` ones look like the channel's and are shown to staff."""

    def __init__(self, reason: str, *, suspicious: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suspicious = suspicious


class PaymentChannel(Protocol):
    """A party that takes money for us. Calls raise Unavailable when it does not answer or its answer is not genuine;
    none may be made inside a transaction.
    """

    name: str
    """The key of ``models.money.CHANNELS``."""

    def prepay(self, order: Order) -> str:
        """Place an order; its prepay number. The same order again is the same. Raises ChannelRefused."""

    def pay_params(self, prepay_id: str, back: str, *, official: bool = False) -> dict[str, Any]:
        """What the phone hands to the cashier, signed for the program it is in.

        ``back`` is the path to return to from a cashier page.
        """

    def query(self, number: str) -> Trade:
        """What became of an order."""

    def close(self, number: str) -> None:
        """Take no money for an order any more; what became of it, ``query`` says."""

    def refund(self, number: str, payment_number: str, amount_fen: int, total_fen: int, reason: str) -> Repayment:
        """Pay back part of an order; the same number again is the same refund."""

    def query_refund(self, number: str) -> Repayment:
        """What became of a refund."""

    def daily_bill(self, day: date) -> list[StatementRow]:
        """The channel's own list of a day's trades. Raises Unavailable while it is not ready."""

    def read_bill(self, content: bytes) -> list[StatementRow]:
        """The same from a file that somebody downloaded. Raises Invalid when it is no such file."""

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Trade | Repayment:
        """What a callback tells, once it is proved genuine. Raises RefusedNotice."""
