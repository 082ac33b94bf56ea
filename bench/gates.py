"""The gates, rehearsed: ``python -m bench.gates``.

``races``: so many times 32 scans of one pass at once; exactly one opens and 32 passages are written. The naive way,
which looks and then counts, is put through the same races and has to lose some, or they would prove nothing.
``latency``: the program as ``make run`` starts it answers signed and 微光 scans, a hundred a second, each with its own
pass; arrivals keep to their times, and latency counts from the time of arrival.
``tokens``: size, signing and verifying, and mutated tokens that are believed. ``cards``: a batch on paper.
"""

import argparse
import json
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import qrcode
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api.machines import signature
from app.core.db import db, execute, transaction
from app.factory import create_app
from app.modules.estate.models import Unit
from app.modules.members.models import Customer
from app.modules.visits import cards, queries, token
from app.modules.visits.models import AccessPass, Gate, GateGroup, Passage, PassBatch, Visit
from app.modules.visits.operations import batches, gates, keys, passes, redeeming
from app.modules.visits.scans import Scan
from bench.ground import ground
from bench.measure import keep
from bench.served import served

AT_ONCE = 32
NAIVE = 50
WARM_UP = 10
"""Seconds of scans before those that count, for a program that has just started."""
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("what", nargs="*", default=["races", "latency", "tokens", "cards"])
    options.add_argument("--races", type=int, default=1000)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--rate", type=float, default=100, help="scans a second")
    options.add_argument("--mutations", type=int, default=100_000)
    options.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL instead of SQLite")
    chosen = options.parse_args()
    with ExitStack() as stack:
        environ = stack.enter_context(ground(10, 10, postgresql=chosen.postgresql))
        app = create_app(
            DATA_DIR=Path(environ["DATA_DIR"]), DATABASE_URL=os.environ["DATABASE_URL"], JOBS="off", RATE_LIMITS="0",
            LOG_LEVEL="CRITICAL", TESTING=True,
        )  # fmt: skip
        with app.app_context(), transaction():
            keys.install(db.session())
            numbers = _park(db.session())
        work: dict[str, Callable[[], dict[str, Any]]] = {
            "races": lambda: races(app, numbers[0], chosen.races),
            "latency": lambda: latency(app, environ, numbers, chosen),
            "tokens": lambda: tokens(app, chosen.mutations),
            "cards": lambda: paper(app),
        }
        database = "postgresql" if chosen.postgresql else "sqlite"
        for what in chosen.what:
            row = work[what]()
            print(what, database, row)
            keep(f"gates_{what}_{database}", [row])


def _park(session: Session) -> list[int]:
    """Two gates in, one signed and one that does not sign; their numbers."""
    unit = session.scalars(select(Unit).order_by(Unit.id).limit(1)).one()
    group = GateGroup(community_id=unit.community_id, name="大门")
    session.add(group)
    session.flush()
    made = [
        Gate(number=f"B-{protocol}", community_id=unit.community_id, group_id=group.id, place="大堂", direction="in",
             protocol=protocol, secret=secrets.token_hex(24))
        for protocol in ("http", "vguang")
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return [gate.id for gate in made]


def _visits(session: Session, count: int) -> list[str]:
    """So many expected visitors; their tokens."""
    unit = session.scalars(select(Unit).order_by(Unit.id).limit(1)).one()
    now = clock.now().replace(microsecond=0)
    visits = [
        Visit(community_id=unit.community_id, kind="invitation", unit_id=unit.id, visitor_name="访客", starts_at=now,
              ends_at=now + timedelta(hours=8), state="approved")
        for _n in range(count)
    ]  # fmt: skip
    session.add_all(visits)
    session.flush()
    passes.issue(session, visits)
    signer = keys.Signer(session)
    wanted = select(AccessPass).where(AccessPass.visit_id.in_([visit.id for visit in visits]))
    return [signer.token(access) for access in session.scalars(wanted)]


# ---- races


def races(app: Flask, gate_id: int, turns: int) -> dict[str, Any]:
    """Exits with 1 when a race is not won by exactly one, or the naive way never loses."""
    start, outcomes = time.perf_counter(), Counter[tuple[int, int]]()
    for _turn in range(turns):
        text = _one(app)
        answers = _at_once(app, partial(_scan, gate_id, text))
        outcomes[sum(answers), len(answers)] += 1
    taken = time.perf_counter() - start
    with app.app_context():
        passages = db.session.scalar(select(func.count()).select_from(Passage))
    naive = Counter[int]()
    for _turn in range(NAIVE):
        text = _one(app)
        naive[sum(_at_once(app, partial(_naive, text)))] += 1
    if outcomes != {(1, AT_ONCE): turns} or passages != turns * AT_ONCE or max(naive) < 2:
        raise SystemExit(f"lost: {outcomes}, {passages} passages, naive {naive}")
    return {"races": turns, "scans": passages, "seconds": round(taken, 1), "naive_let_in_at_most": max(naive)}


def _one(app: Flask) -> str:
    with app.app_context(), transaction():
        return _visits(db.session(), 1)[0]


def _at_once(app: Flask, work: Callable[[], bool]) -> list[bool]:
    barrier = threading.Barrier(AT_ONCE)

    def run(_n: int) -> bool:
        with app.test_request_context():
            barrier.wait()
            try:
                return work()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def _scan(gate_id: int, text: str) -> bool:
    with transaction():
        session = db.session()
        return redeeming.redeem(session, session.get_one(Gate, gate_id), Scan(text)).allow


def _naive(text: str) -> bool:
    with transaction():
        session = db.session()
        code = token.read(text, keys.believed(session, clock.now())).code
        number, free = session.execute(
            select(AccessPass.id, AccessPass.entries < AccessPass.uses).where(AccessPass.code == code)
        ).one()
    if free:
        with transaction():
            execute(db.session(), update(AccessPass).where(AccessPass.id == number).values(entries=1))
    return bool(free)


# ---- latency


def latency(app: Flask, environ: dict[str, str], numbers: list[int], chosen: argparse.Namespace) -> dict[str, Any]:
    """Every scan is a visitor of their own: all of them have to open."""
    count, warming = round(chosen.rate * chosen.seconds), round(chosen.rate * WARM_UP)
    with app.app_context(), transaction():
        texts = _visits(db.session(), warming + count)
        signed, plain = (db.session.get_one(Gate, number) for number in numbers)
        secret, address = signed.secret, f"/gates/vguang/{plain.number}/{gates.path_key(plain)}"
    with app.app_context():
        db.engine.dispose()
    taken: list[float] = []
    opened: list[bool] = []

    def scan(n: int, port: int, due: float) -> None:
        if n % 2:
            allow = _signed(port, secret, texts[n]).startswith(b'{"allow":true')
        else:
            allow = _post(port, address, texts[n].encode(), {}).startswith(b"code=0000")
        taken.append((time.perf_counter() - due) * 1000)
        opened.append(allow)

    with served({**environ, "DEMO": "0"}) as port, ThreadPoolExecutor(40) as pool:
        begun = time.perf_counter() + 1
        futures = []
        for n in range(warming + count):
            due = begun + n / chosen.rate
            time.sleep(max(0, due - time.perf_counter()))
            futures.append(pool.submit(scan, n, port, due))
        for future in futures:
            future.result()
    refused, taken = opened.count(False), taken[warming:]
    cuts = quantiles(taken, n=100)
    return {"scans": count, "refused": refused, "rate": chosen.rate, "median_ms": round(median(taken), 1),
            "p95_ms": round(cuts[94], 1), "p99_ms": round(cuts[98], 1), "most_ms": round(max(taken), 1)}  # fmt: skip


def _signed(port: int, secret: str, text: str) -> bytes:
    path, stamp, nonce = "/api/v1/gates/B-http/scan", str(int(time.time())), secrets.token_hex(12)
    body = json.dumps({"code": text, "serial": secrets.token_hex(8)}).encode()
    return _post(port, path, body, {
        "X-Key-Id": "B-http", "X-Timestamp": stamp, "X-Nonce": nonce, "Content-Type": "application/json",
        "X-Signature": signature(secret, "POST", path, stamp, nonce, body),
    })  # fmt: skip


def _post(port: int, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A call as a device makes it, on a connection of its own; by the leanest client, which shares these cores."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().read()
    finally:
        connection.close()


# ---- tokens and cards


def tokens(app: Flask, mutations: int) -> dict[str, Any]:
    """Exits with 1 when a mutated token is believed."""
    with app.app_context():
        with transaction():
            texts = _visits(db.session(), 2000)
        signer, believed = keys.Signer(db.session()), keys.believed(db.session(), clock.now())
        access = db.session.scalars(select(AccessPass).limit(1)).one()
        sign = _microseconds(lambda: signer.token(access), 2000)
        verify = _microseconds(lambda: token.read(texts[0], believed), 2000)
        rng, accepted = random.Random(11), 0
        for n in range(mutations):
            text = list(texts[n % len(texts)])
            for _change in range(rng.choice((1, 1, 2, 4))):
                text[rng.randrange(len(text))] = rng.choice(ALPHABET)
            mutated = "".join(text)
            if mutated != texts[n % len(texts)]:
                try:
                    token.read(mutated, believed)
                    accepted += 1
                except token.Forged:
                    pass
    if accepted:
        raise SystemExit(f"{accepted} mutated tokens were believed")
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(texts[0])
    code.make()
    return {"characters": len(texts[0]), "qr_version": code.version, "sign_us": sign, "verify_us": verify,
            "mutations": mutations, "believed": accepted}  # fmt: skip


def _microseconds(work: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _turn in range(times):
        work()
    return round((time.perf_counter() - start) / times * 1e6, 1)


def paper(app: Flask) -> dict[str, Any]:
    """Two hundred cards, made and drawn."""
    with app.test_request_context():
        with transaction():
            session = db.session()
            unit = session.scalars(select(Unit).limit(1)).one()
            now = clock.now().replace(microsecond=0)
            batch = PassBatch(community_id=unit.community_id, unit_id=unit.id, customer_id=_firm(session), count=200,
                              purpose="发布会", starts_at=now, ends_at=now + timedelta(days=2))  # fmt: skip
            session.add(batch)
            session.flush()
            start = time.perf_counter()
            batches.approve(session, batch)
            made = time.perf_counter() - start
            number = batch.id
        shown = db.session.scalars(queries.batch_shown(select(PassBatch).where(PassBatch.id == number))).one()
        start = time.perf_counter()
        size = len(cards.draw(db.session(), shown))
        return {"cards": 200, "made_s": round(made, 2), "drawn_s": round(time.perf_counter() - start, 2),
                "kilobytes": size // 1024}  # fmt: skip


def _firm(session: Session) -> int:
    firm = Customer(kind="merchant", name="示例公司", phone="13800138000")
    session.add(firm)
    session.flush()
    return firm.id


if __name__ == "__main__":
    main()
