"""What the local WeChat Pay remembers: keys, orders and refunds, in a folder that every process of an installation
shares. A made-up account, good for nothing anywhere else.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.core import clock
from app.secrets import made_once

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (out_trade_no TEXT PRIMARY KEY, prepay_id TEXT UNIQUE, description TEXT,
    notify_url TEXT, openid TEXT, total INTEGER, currency TEXT, expires TEXT, state TEXT, transaction_id TEXT,
    success_time TEXT);
CREATE TABLE IF NOT EXISTS refunds (out_refund_no TEXT PRIMARY KEY, refund_id TEXT, out_trade_no TEXT, refund INTEGER,
    notify_url TEXT, state TEXT, success_time TEXT);
"""


class Keys:
    """The secrets of both sides: the merchant's key and the platform's, made once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        kept = made_once(folder / "keys.json", _new_keys)
        self.mch_id: str = kept["mch_id"]
        self.serial_no: str = kept["serial_no"]
        self.apiv3_key: str = kept["apiv3_key"]
        self.public_key_id: str = kept["public_key_id"]
        self.merchant_pem: str = kept["merchant"]
        self.merchant = _load(kept["merchant"])
        self.platform = _load(kept["platform"])
        self.public_pem = (
            self.platform.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )


class Books:
    """Orders and refunds as rows; several processes may write."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "books.db"
        with self._open() as connection:
            connection.executescript(_TABLES)

    def order(self, number: str, by: str = "out_trade_no") -> dict[str, Any] | None:
        """An order by our number, ``prepay_id`` or ``transaction_id``; one that nobody paid in time is closed."""
        found = self._one(f"SELECT * FROM orders WHERE {by} = ?", number)  # noqa: S608 (a column's name, ours)
        if found and found["state"] == "NOTPAY" and datetime.fromisoformat(found["expires"]) <= clock.now():
            self.close(found["out_trade_no"])
            return {**found, "state": "CLOSED"}
        return found

    def refund(self, number: str) -> dict[str, Any] | None:
        """A refund by our number."""
        return self._one("SELECT * FROM refunds WHERE out_refund_no = ?", number)

    def refunded(self, order_number: str) -> int:
        """What refunds have taken of an order, in fen."""
        found = self._one("SELECT coalesce(sum(refund), 0) AS fen FROM refunds WHERE out_trade_no = ?", order_number)
        return int(found["fen"]) if found else 0

    def place(self, order: dict[str, Any]) -> dict[str, Any]:
        """Keep a new order, or give the one that has the number already."""
        minutes = timedelta(hours=2)  # as long as a prepay number lives
        expires = order.get("time_expire") or (clock.now() + minutes).isoformat()
        self._change(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'NOTPAY', NULL, NULL) ON CONFLICT DO NOTHING",
            order["out_trade_no"], f"wx{secrets.token_hex(17)}", order["description"], order["notify_url"],
            order["payer"]["openid"], order["amount"]["total"], order["amount"].get("currency", "CNY"), expires,
        )  # fmt: skip
        found = self.order(order["out_trade_no"])
        assert found is not None
        return found

    def pay(self, number: str) -> bool:
        """Somebody pays an order; whether it was open."""
        order = self.order(number)
        return order is not None and self._change(
            "UPDATE orders SET state = 'SUCCESS', transaction_id = ?, success_time = ? "
            "WHERE out_trade_no = ? AND state = 'NOTPAY'",
            f"42000{secrets.randbelow(10**23):023d}", _now(), number,
        )  # fmt: skip

    def close(self, number: str) -> bool:
        """Take no money for an order; whether it was open."""
        return self._change("UPDATE orders SET state = 'CLOSED' WHERE out_trade_no = ? AND state = 'NOTPAY'", number)

    def start_refund(self, refund: dict[str, Any]) -> dict[str, Any]:
        """Keep a new refund, or give the one that has the number already."""
        self._change(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, 'PROCESSING', NULL) ON CONFLICT DO NOTHING",
            refund["out_refund_no"], f"50300{secrets.randbelow(10**23):023d}", refund["out_trade_no"],
            refund["amount"]["refund"], refund.get("notify_url", ""),
        )  # fmt: skip
        found = self.refund(refund["out_refund_no"])
        assert found is not None
        return found

    def end_refund(self, number: str, state: str) -> bool:
        """The bank's word on a refund: SUCCESS, ABNORMAL or CLOSED; whether it waited for it."""
        return self._change(
            "UPDATE refunds SET state = ?, success_time = ? WHERE out_refund_no = ? AND state = 'PROCESSING'",
            state, _now() if state == "SUCCESS" else None, number,
        )  # fmt: skip

    def day(self, day: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The payments and refunds that a day's bill lists."""
        like = f"{day}%"
        with self._open() as connection:
            paid = connection.execute("SELECT * FROM orders WHERE success_time LIKE ? ORDER BY rowid", (like,))
            orders = [dict(row) for row in paid]
            back = connection.execute("SELECT * FROM refunds WHERE success_time LIKE ? ORDER BY rowid", (like,))
            return orders, [dict(row) for row in back]

    def change(self, number: str, **values: Any) -> None:
        """Make the fake's books say something else of an order (to try what comes of it)."""
        for name, value in values.items():
            self._change(f"UPDATE orders SET {name} = ? WHERE out_trade_no = ?", value, number)  # noqa: S608 (ours)

    def forget(self) -> None:
        """Begin with empty books."""
        with self._open() as connection:
            connection.executescript("DELETE FROM orders; DELETE FROM refunds;")

    def _one(self, statement: str, *values: Any) -> dict[str, Any] | None:
        with self._open() as connection:
            row = connection.execute(statement, values).fetchone()
            return dict(row) if row else None

    def _change(self, statement: str, *values: Any) -> bool:
        with self._open() as connection:
            return connection.execute(statement, values).rowcount == 1

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode=wal")
            connection.execute("PRAGMA synchronous=off")
            yield connection


def _now() -> str:
    return clock.local(clock.now()).isoformat(timespec="seconds")


def _new_keys() -> dict[str, str]:
    return {
        "mch_id": "1900000109",
        "serial_no": secrets.token_hex(20).upper(),
        "apiv3_key": secrets.token_hex(16),
        "public_key_id": f"PUB_KEY_ID_{secrets.randbelow(10**30):030d}",
        "merchant": _new_key(),
        "platform": _new_key(),
    }


def _new_key() -> str:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _load(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key
