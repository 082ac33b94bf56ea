"""The list of bills in the back office, in the orders and with the filters that staff use, and the dashboard."""

import os
import sys

from sqlalchemy import Engine
from werkzeug.test import Client

from app.core.backoffice import listing, panels
from app.core.db import db
from app.factory import create_app
from app.modules.billing.models import Bill
from bench.measure import PASSWORD, USERNAME, Case, Queries, answer

LIST = "/billing/bill/"


def main(count: int) -> None:
    app = create_app(WTF_CSRF_ENABLED=False, PUBLIC_URL="", DATABASE_URL=os.environ["DATABASE_URL"])
    queries = Queries()
    queries.listen(Engine)
    client = Client(app)
    signed_in = client.post("/login/", data={"username": USERNAME, "password": PASSWORD})
    assert signed_in.status_code == 302, signed_in.get_data(as_text=True)
    cookies = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())}
    with app.test_request_context():
        middle = listing.write_cursor(listing.sorts(Bill, ("-id",)), "after", db.session.get_one(Bill, count // 2))
        rows = panels.renew(panels.renewable(db.session(), {}))  # as the job does, before anybody looks
        panels.renewed(db.session(), {}, rows)
        db.session.commit()
    paths = {
        "first page": ("", f"B{count}<"),
        "middle page": (f"?at={middle}", f"B{count // 2 - 1}<"),
        "last page": ("?at=last", "B1<"),
        "by amount": ("?sort=-amount_fen", "/billing/bill/"),
        "by due date": ("?sort=due_on", "/billing/bill/"),
        "unpaid of a customer": ("?customer=77&state=unpaid", "/billing/bill/"),
        "of a period": ("?period_from=2019-03&period_to=2019-03", "/billing/bill/"),
    }
    cases = {name: Case(f"{LIST}{path}", cookies, holds) for name, (path, holds) in paths.items()}
    answer(app, {**cases, "dashboard": Case("/", cookies, "收缴率")}, queries)


main(int(sys.argv[1]))
