"""How many callbacks of WeChat Pay a second one process verifies and books: the first of a payment, its duplicates,
and forged ones. Signatures, decryption and the whole booking with ledger, receipt, message and audit are real.
"""

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.core.db import db
from app.factory import create_app
from app.integrations.wechatpay.fake import FakeWeChatPay, Notice
from app.modules.billing.channels import Order
from app.modules.billing.models import Payment, Receipt
from app.modules.billing.operations import payments
from app.modules.members.models import Member
from bench.ground import ground
from bench.households import households
from bench.measure import keep

CALLBACK = "/api/v1/callbacks/wechatpay"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--payments", type=int, default=500)
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    chosen = options.parse_args()
    database = "PostgreSQL" if chosen.postgresql else "SQLite"
    with ExitStack() as stack:
        environ = stack.enter_context(ground(10, 10, postgresql=chosen.postgresql))
        app = create_app(
            DATA_DIR=Path(environ["DATA_DIR"]), DATABASE_URL=os.environ["DATABASE_URL"], JOBS="off", RATE_LIMITS="0",
            LOG_LEVEL="CRITICAL", TESTING=True,
        )  # fmt: skip
        fake: FakeWeChatPay = app.extensions["fake_wechatpay"]()
        notices = _paid(app, fake, chosen.payments)
        forged = [Notice(n.url, n.headers | {"Wechatpay-Nonce": "forged"}, n.body) for n in notices]
        rows = [
            _measured(app, name, some, status)
            for name, some, status in (("forged", forged, 400), ("first", notices, 204), ("duplicate", notices, 204))
        ]
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Receipt)) == chosen.payments
    print(f"\ncallbacks of WeChat Pay, one process, {database}, {chosen.payments} payments of two bills")
    print(f"{'callback':<12}{'per second':>12}{'median ms':>12}{'p95 ms':>10}")
    for row in rows:
        print(f"{row['callback']:<12}{row['per_second']:>12.0f}{row['median_ms']:>12.2f}{row['p95_ms']:>10.2f}")
    print(keep(f"payment_callback_{database.lower()}", rows))


def _paid(app: Flask, fake: FakeWeChatPay, count: int) -> list[Notice]:
    """Orders that somebody has paid, each with the callback that tells of it."""
    notices = []
    with app.app_context():
        session = db.session()
        for home in households(session, count, 2):
            member_id = session.scalars(select(Member.id).where(Member.openid == home.openid)).one()
            payment: Payment = payments.open_payment(session, member_id, home.bills).payment
            assert payment.expires_at is not None
            order = Order(payment.number, payment.amount_fen, "物业缴费", home.openid, payment.expires_at)
            fake.books.place({
                "out_trade_no": order.number, "description": order.description, "notify_url": CALLBACK,
                "payer": {"openid": order.payer}, "amount": {"total": order.amount_fen, "currency": "CNY"},
                "time_expire": order.expires_at.isoformat(),
            })  # fmt: skip
            fake.pay(order.number)
            notices.append(fake.notice_of_payment(order.number))
        session.commit()
    return notices


def _measured(app: Flask, name: str, notices: list[Notice], status: int) -> dict[str, Any]:
    client = app.test_client(use_cookies=False)
    taken = []
    for notice in notices:
        start = time.perf_counter()
        answer = client.post(CALLBACK, data=notice.body, headers=notice.headers)
        taken.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == status, answer.get_data(as_text=True)
    taken.sort()
    return {
        "callback": name,
        "per_second": len(taken) / sum(taken) * 1000,
        "median_ms": median(taken),
        "p95_ms": taken[int(len(taken) * 0.95)],
    }


if __name__ == "__main__":
    main()
