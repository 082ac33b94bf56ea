"""The bill day, rehearsed: ``python -m bench.bill_day`` starts the program as ``make run`` does and lets residents pay
ten times a second while a hundred pages a second are read, for five minutes.

Payments go the whole way: the phone's API, the SDK, the local WeChat Pay over HTTP, its signed callbacks (a fifth of
them twice, a tenth never: those are found by asking). Arrivals keep to their times whether answers come or not, and
latency counts from the time of arrival. At the end every payment made at the channel must stand in the books once,
and no answer may have been a 5xx. Exits with 1 otherwise.
"""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.jobs import run_due
from app.factory import create_app
from app.integrations.wechatpay.fake import FakeWeChatPay
from app.modules.billing.models import LedgerEntry, Payment, Receipt
from bench.households import Household, households
from bench.measure import keep
from bench.served import served

READS = ("/bills", "/bills?state=all", "/bills/summary", "/payments")
PATIENCE = 30


class Load:
    """What is sent and what came back."""

    def __init__(self, address: str, fake: FakeWeChatPay, homes: list[Household], seed: int) -> None:
        self.address = address
        self.fake = fake
        self.paid: dict[str, int] = {}
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.taken: defaultdict[str, list[float]] = defaultdict(list)
        self._random = random.Random(seed)
        self._homes = homes
        self._owed = [(home, bill) for home in homes for bill in home.bills]
        self._random.shuffle(self._owed)
        self._local = threading.local()

    def read(self, due: float) -> None:
        """Somebody looks at a page."""
        self._call("read", "GET", self._random.choice(READS), self._random.choice(self._homes), due)

    def pay(self, due: float) -> None:
        """Somebody pays a bill, at the cashier and all."""
        home, bill = self._owed.pop()
        wanted = {"bill_ids": [str(bill)]}
        answer = self._call("pay", "POST", "/payments", home, due, json=wanted)
        if answer is None or answer.status_code != 201 or answer.json()["pay_params"] is None:
            return
        number = answer.json()["number"]
        if not self.fake.books.pay(number):
            return
        self.paid[number] = answer.json()["amount_fen"]
        dice = self._random.random()
        for _time in range(0 if dice < 0.1 else 2 if dice > 0.8 else 1):
            start = time.perf_counter()
            status = self.fake.deliver(self.fake.notice_of_payment(number))
            self._note("callback", status, start)
        if self._random.random() < 0.5:
            self._call("return", "GET", f"/payments/{answer.json()['id']}", home, time.perf_counter())

    def _call(
        self, kind: str, method: str, path: str, home: Household, due: float, **more: Any
    ) -> requests.Response | None:
        session = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        headers = {"Authorization": f"Bearer {home.token}"}
        try:
            answer: requests.Response = session.request(
                method, f"{self.address}/api/v1{path}", headers=headers, timeout=PATIENCE, **more
            )
        except requests.RequestException as error:
            print(f"{kind} {path}: {error}")
            self._note(kind, 0, due)
            return None
        self._note(kind, answer.status_code, due)
        return answer

    def _note(self, kind: str, status: int, start: float) -> None:
        self.statuses[kind, status] += 1
        self.taken[kind].append((time.perf_counter() - start) * 1000)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=300)
    options.add_argument("--payments", type=float, default=10, help="a second")
    options.add_argument("--reads", type=float, default=100, help="a second")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="bill-day-") as folder:
        environ = {"DATA_DIR": folder, "DATABASE_URL": os.environ.get("DATABASE_URL", "")}
        with served(environ) as port:
            lost = _rehearse(chosen, environ, port)
    sys.exit(1 if lost else 0)


def _rehearse(chosen: argparse.Namespace, environ: dict[str, str], port: int) -> bool:
    app = create_app(
        DATA_DIR=Path(environ["DATA_DIR"]), DATABASE_URL=environ["DATABASE_URL"], PORT=port, JOBS="off",
        LOG_LEVEL="CRITICAL",
    )  # fmt: skip
    expected = int(chosen.seconds * chosen.payments)
    with app.app_context():
        homes = households(db.session(), max(20, expected // 3), 4)
        db.session.remove()
    load = Load(f"http://127.0.0.1:{port}", app.extensions["fake_wechatpay"](), homes, chosen.seed)
    with ThreadPoolExecutor(64) as pool:
        drivers = [
            threading.Thread(target=_arrive, args=(pool, load.pay, chosen.payments, chosen.seconds)),
            threading.Thread(target=_arrive, args=(pool, load.read, chosen.reads, chosen.seconds)),
        ]
        for driver in drivers:
            driver.start()
        for driver in drivers:
            driver.join()
    with clock.travel(timedelta(minutes=3)):  # the sweep that comes two minutes later
        while run_due(app, 1000):
            pass
    with app.app_context():
        booked = dict(
            db.session.execute(select(Payment.number, Payment.amount_fen).where(Payment.state == "paid")).all()
        )
        receipts = db.session.scalar(select(func.count()).select_from(Receipt))
        ledger = db.session.scalar(select(func.sum(LedgerEntry.amount_fen)).where(LedgerEntry.debit == "cash"))
    lost = {number for number, fen in load.paid.items() if booked.get(number) != fen}
    failed = {key: count for key, count in load.statuses.items() if key[1] >= 500 or key[1] == 0}
    uneven = receipts != len(booked) or ledger != sum(booked.values())
    rows = [_row(kind, taken) for kind, taken in load.taken.items()]
    print(f"\nbill day: {chosen.seconds} s, {chosen.payments:g} payments/s, {chosen.reads:g} reads/s")
    print(f"{'':<12}{'count':>8}{'median ms':>12}{'p95 ms':>10}{'p99 ms':>10}{'most ms':>10}")
    for row in rows:
        print(
            f"{row['kind']:<12}{row['count']:>8}{row['median']:>12.1f}{row['p95']:>10.1f}{row['p99']:>10.1f}"
            f"{row['most']:>10.1f}"
        )
    print(f"answers: {dict(sorted(load.statuses.items()))}")
    print(f"paid at the channel {len(load.paid)}, booked {len(booked)}, lost {len(lost)}, receipts {receipts}, "
          f"books {'differ' if uneven else 'agree'}, failures {failed or 'none'}")  # fmt: skip
    kept = {"rows": rows, "paid": len(load.paid), "booked": len(booked), "lost": len(lost), "failures": str(failed)}
    print(keep("bill_day", kept))
    return bool(lost or failed or uneven)


def _arrive(pool: ThreadPoolExecutor, do: Callable[[float], None], rate: float, seconds: int) -> None:
    """People come at random times, so many a second on average, and do not wait for each other."""
    dice = random.Random(int(rate))
    begin = due = time.perf_counter()
    while rate and (due := due + dice.expovariate(rate)) < begin + seconds:
        time.sleep(max(0, due - time.perf_counter()))
        pool.submit(do, due)


def _row(kind: str, taken: list[float]) -> dict[str, Any]:
    taken = sorted(taken)
    at = {name: taken[min(len(taken) - 1, int(len(taken) * part))] for name, part in
          (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))}  # fmt: skip
    return {"kind": kind, "count": len(taken), **at}


if __name__ == "__main__":
    main()
