"""A program that is killed between any two commits of paying and refunding, restarted, and compared.

``python -m tests.modules.billing.killed <folder>``: runs the journey once unharmed and counts its commits; then, for
each of them, once killed just before it and once just after it, restarted and left to its jobs. Prints for each
point whether the books came out the same.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from app.core import clock
from app.core.audit import verify
from app.core.db import db
from app.core.jobs import run_due
from app.factory import create_app
from app.integrations.wechatpay.fake import FakeWeChatPay
from app.modules.billing.models import Bill, LedgerEntry, Payment, PaymentAlert, Receipt, Refund
from app.modules.billing.operations import refunds
from app.modules.members.models import CustomerMember
from tests.integrations.wechatpay import fake_of, send
from tests.modules.billing.books import check_books
from tests.modules.billing.factories import make_bill, make_household
from tests.phones import Phone

OWED = (10_000, 24_220)
BACK = 4_000


def main(folder: Path) -> None:
    """Every point of the journey."""
    app = create_app(
        TESTING=True, DATA_DIR=folder, DATABASE_URL="", JOBS="off", RATE_LIMITS="0", LOG_LEVEL="CRITICAL",
        FAB_PASSWORD_HASH_METHOD="pbkdf2:sha256:1",
    )  # fmt: skip
    _apart(lambda: _prepare(app))
    kept = folder / "kept"
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("kept"))

    def fresh() -> None:
        for path in [*folder.glob("app.db*"), *folder.glob("wechatpay-fake/books.db*")]:
            path.unlink()
        shutil.copytree(kept, folder, dirs_exist_ok=True)

    commits, expected = _apart(lambda: _unharmed(app)).split(" ", 1)
    _say(commits=int(commits), books=json.loads(expected))
    for point in range(1, int(commits) + 1):
        for after in (False, True):
            fresh()
            _apart(lambda point=point, after=after: _killed(app, point, after), dies=True)
            found = _apart(lambda: _restarted(app))
            _say(point=point, after=after, same=found == expected, found=json.loads(found))


def _say(**values: Any) -> None:
    sys.stdout.write(json.dumps(values) + "\n")


def _apart(work: Callable[[], str], *, dies: bool = False) -> str:
    """Do it in a process of its own; what it returned."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, work().encode())
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) if dies else os.waitstatus_to_exitcode(status) == 0, f"{status} {said}"
    return said


def _prepare(app: Flask) -> str:
    with app.app_context():
        upgrade()
        app.test_cli_runner().invoke(args=["sync-permissions"], catch_exceptions=False)
    fake_of(app)
    li = Phone(app, "dev-li")
    with app.app_context():
        session = db.session()
        customer, unit, _member = make_household(session)
        session.add(CustomerMember(customer_id=customer.id, member_id=int(li.member["id"])))
        for fen in OWED:
            make_bill(session, customer, unit, fen)
        session.commit()
    run_due(app)  # the timed jobs of this moment are done
    return ""


def _journey(app: Flask) -> None:
    """Tap, pay, callback, refund asked for and approved, paid out, its callback."""
    fake: FakeWeChatPay = app.extensions["fake_wechatpay"]()
    _tap(app)
    number = _paid_at_the_channel(app, fake)
    send(app, fake.notice_of_payment(number))
    refund = _refund(app)
    run_due(app)
    fake.end_refund(refund)
    send(app, fake.notice_of_refund(refund))


def _tap(app: Flask) -> None:
    li = Phone(app, "dev-li")
    with app.app_context():
        bills = [str(number) for number in db.session.scalars(select(Bill.id).where(Bill.state == "unpaid"))]
    if bills:
        li.post("/payments", {"bill_ids": bills})


def _paid_at_the_channel(app: Flask, fake: FakeWeChatPay) -> str:
    with app.app_context():
        number = db.session.scalars(select(Payment.number).order_by(Payment.id.desc())).first()
    assert number is not None
    fake.pay(number)
    return number


def _refund(app: Flask) -> str:
    with app.app_context():
        session = db.session()
        refund = session.scalar(select(Refund))
        if refund is None:
            payment = session.scalars(select(Payment).where(Payment.state == "paid")).one()
            refund = refunds.request(session, payment, BACK, "多缴退回", None)
            session.commit()
        if refund.state == "pending":
            refunds.approve(session, refund, None)
            session.commit()
        return refund.number


def _unharmed(app: Flask) -> str:
    commits: list[int] = []
    event.listen(Engine, "commit", lambda _connection: commits.append(1))
    _journey(app)
    return f"{len(commits)} {_books(app)}"


def _killed(app: Flask, point: int, after: bool) -> str:
    """The journey up to a commit; the callbacks that were not sent by then are lost."""
    seen = 0

    def count(_connection: Any) -> None:
        nonlocal seen
        if after and seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1
        if not after and seen == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def begin(_connection: Any) -> None:
        if after and seen == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", count)
    event.listen(Engine, "begin", begin)
    _journey(app)
    os.kill(os.getpid(), signal.SIGKILL)  # after the last commit nothing follows
    return ""


def _restarted(app: Flask) -> str:
    """The person taps and pays if that is still to be done, staff refund if they had not; jobs do the rest."""
    fake: FakeWeChatPay = app.extensions["fake_wechatpay"]()
    with app.app_context():
        paid = any(fake.books.pay(n) or _is_paid(fake, n) for n in db.session.scalars(select(Payment.number)))
    if not paid:
        _tap(app)
        _paid_at_the_channel(app, fake)
    with clock.travel(timedelta(minutes=6)):  # the lease of what was cut off is over
        run_due(app)
    with clock.travel(timedelta(minutes=12)):
        number = _refund(app)
        run_due(app)
        fake.end_refund(number)
    with clock.travel(timedelta(hours=2)):
        run_due(app)
        return _books(app)


def _is_paid(fake: FakeWeChatPay, number: str) -> bool:
    order = fake.books.order(number)
    return order is not None and order["state"] == "SUCCESS"


def _books(app: Flask) -> str:
    """Everything about money, without numbers and times."""
    with app.app_context():
        session = db.session()
        check_books(session, session.scalars(select(Bill.community_id)).first() or 0)
        assert verify(session)[1] is None, "the audit chain is whole"
        rows = {
            "bills": select(Bill.amount_fen, Bill.paid_fen, Bill.state),
            "payments": select(Payment.amount_fen, Payment.refunded_fen, Payment.state).where(
                Payment.state != "closed"
            ),
            "refunds": select(Refund.amount_fen, Refund.state),
            "ledger": select(LedgerEntry.kind, LedgerEntry.debit, LedgerEntry.credit, LedgerEntry.amount_fen),
            "receipts": select(Receipt.number),
            "alerts": select(PaymentAlert.kind),
        }
        return json.dumps({name: sorted(map(list, session.execute(query))) for name, query in rows.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
