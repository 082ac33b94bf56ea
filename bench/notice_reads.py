"""100,000 reads of a notice, many at once: none is lost, and the pages that show them stay fast (N1).

Readers come from several threads, each read a transaction of its own as the endpoint makes it.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from app.core import richtext
from app.core.db import db
from app.factory import create_app
from app.modules.members.models import Member
from app.modules.notices import operations, queries
from app.modules.notices.models import Notice

THREADS = 8
ROUNDS = 15


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--full", action="store_true", help="100 000 readers instead of 5 000")
    readers = 100_000 if options.parse_args().full else 5_000
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            TESTING=True, DATA_DIR=Path(folder), DATABASE_URL=f"sqlite:///{folder}/app.db", JOBS="off",
            LOG_LEVEL="CRITICAL",
        )  # fmt: skip
        with app.app_context():
            upgrade()
            rows = [{"openid": f"reader-{n}"} for n in range(readers)]
            db.session.execute(insert(Member), rows)
            category = db.session.scalars(queries.categories().limit(1)).one()
            values = {"title": "停水通知", "category_id": category.id, "body": richtext.from_plain("今晚停水")}
            number = operations.publish(db.session(), operations.save(db.session(), None, values)).id
            ids = list(db.session.scalars(select(Member.id)))
            db.session.commit()
        began = time.perf_counter()
        crowd = [
            threading.Thread(target=read_all, args=(app, number, ids[n % THREADS :: THREADS])) for n in range(THREADS)
        ]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        took = time.perf_counter() - began
        with app.app_context():
            counted = db.session.get_one(Notice, number).read_count
            assert counted == readers, f"{readers - counted} reads were lost"
            size = median(timed(lambda: queries.audience_size(db.session(), db.session.get_one(Notice, number))))
        client = app.test_client()
        print(f"{readers:,} reads by {THREADS} threads: none lost, {readers / took:,.0f} a second")
        for path in ("/api/v1/home", "/api/v1/notices"):
            print(f"{path}: {median(timed(lambda path=path: client.get(path))) * 1000:.1f} ms")  # type: ignore[misc]
        print(f"audience of the notice: {size * 1000:.1f} ms")


def read_all(app: Flask, number: int, members: list[int]) -> None:
    for member_id in members:
        with app.app_context():
            while True:
                try:
                    operations.read(db.session(), number, member_id, "visitor")
                    db.session.commit()
                    break
                except OperationalError:  # SQLite lets its writers wait in no order: told to come again, one does
                    db.session.rollback()


def timed(work) -> list[float]:  # type: ignore[no-untyped-def]
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
