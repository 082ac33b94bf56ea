"""The floor: a WSGI function, sqlite3 or psycopg, orjson. The same token check, the same rows, nothing else."""

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg

from bench.measure import TOKEN, Case, Queries, answer

WHO = (
    "SELECT m.id FROM member_token t JOIN member m ON m.id = t.member_id "
    "WHERE t.digest = ? AND t.expires_at > ? AND m.active"
)
ROWS = (
    "SELECT id, kind, title, body, link, read_at, created_at FROM message WHERE member_id = ? ORDER BY id DESC LIMIT 21"
)
NAMES = ("id", "kind", "title", "body", "link", "read", "created_at")
queries = Queries()


def connect() -> Any:
    """A connection that commits by itself."""
    url = os.environ["DATABASE_URL"]
    if url:
        return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    return sqlite3.connect(f"{os.environ['DATA_DIR']}/app.db", isolation_level=None)


CONNECTION = connect()
MARK = "%s" if os.environ["DATABASE_URL"] else "?"


def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    queries.note(sql)
    return list(CONNECTION.execute(sql.replace("?", MARK), values).fetchall())


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Twenty messages of whoever holds the token."""
    digest = hashlib.sha256(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ").encode()).hexdigest()
    now = datetime.now(UTC)
    found = ask(WHO, digest, now if MARK == "%s" else now.strftime("%Y-%m-%d %H:%M:%S.%f"))
    if not found:
        start_response("401 Unauthorized", [])
        return []
    rows = ask(ROWS, found[0][0])
    items = [dict(zip(NAMES, (str(row[0]), *row[1:5], row[5] is not None, row[6]), strict=True)) for row in rows[:20]]
    body = orjson.dumps({"items": items, "next": items[-1]["id"] if len(rows) > 20 else None})
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


answer(app, {"20 messages": Case("/", {"Authorization": f"Bearer {TOKEN}"}, "物业通知")}, queries)
