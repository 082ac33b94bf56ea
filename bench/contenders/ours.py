"""The program itself: the list of units in the back office, the messages of a member in the API."""

import os
import sys

from sqlalchemy import Engine
from werkzeug.test import Client

from app.core.backoffice import listing
from app.core.db import db
from app.factory import create_app
from app.modules.estate.models import Unit
from bench.measure import PASSWORD, TOKEN, USERNAME, Case, Queries, answer


def main(units: int) -> None:
    app = create_app(WTF_CSRF_ENABLED=False, PUBLIC_URL="", DATABASE_URL=os.environ["DATABASE_URL"])
    queries = Queries()
    queries.listen(Engine)
    client = Client(app)
    signed_in = client.post("/login/", data={"username": USERNAME, "password": PASSWORD})
    assert signed_in.status_code == 302, signed_in.get_data(as_text=True)
    cookies = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())}
    with app.test_request_context():
        unit = db.session.get_one(Unit, units // 2)
        middle = listing.write_cursor(listing.sorts(Unit, ("id",)), "after", unit)
    list_page = "/estate/unit/"
    token = {"Authorization": f"Bearer {TOKEN}"}
    answer(
        app,
        {
            "first page": Case(list_page, cookies, "U20<"),
            "middle page": Case(f"{list_page}?at={middle}", cookies, f"U{units // 2 + 1}<"),
            "last page": Case(f"{list_page}?at=last", cookies, f"U{units}<"),
            "20 messages": Case("/api/v1/messages?limit=20", token, "物业通知"),
        },
        queries,
    )


main(int(sys.argv[1]))
