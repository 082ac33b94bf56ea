"""What the sheet benches stand on: an application on an empty migrated database, and timing in turns."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import User
from flask_migrate import upgrade

from app.core import clock
from app.core.db import db
from app.factory import create_app
from app.modules.estate.models import Building, Community, Unit

BUILDINGS = 100


@contextmanager
def application() -> Iterator[Flask]:
    """An application on a SQLite database of its own, with a community of a hundred buildings."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JOBS"] = "off"
        app = create_app(DATA_DIR=Path(folder), DATABASE_URL="", JOBS="off", DEMO=False, LOG_LEVEL="CRITICAL")
        with app.app_context():
            upgrade()
            session = db.session()
            session.add(User(first_name="量", last_name="", username="bench", email="bench@example.com", password=""))
            community = Community(code="P1", name="量度园")
            session.add(community)
            session.flush()
            session.add_all(Building(community_id=community.id, name=f"{n}号楼", floors=30) for n in range(BUILDINGS))
            session.commit()
            yield app
            session.close()


def units(count: int) -> list[dict[str, Any]]:
    """Rows for the unit table."""
    session, now = db.session(), clock.now()
    buildings = session.query(Building.id, Building.community_id).order_by(Building.id).all()
    session.rollback()
    return [
        {
            "community_id": buildings[n % BUILDINGS].community_id,
            "building_id": buildings[n % BUILDINGS].id,
            "number": f"{n // BUILDINGS:06d}",
            "floor": n % 30 + 1,
            "kind": ("office", "shop", "flat")[n % 3],
            "area_m2": 50 + n % 400 / 4,
            "status": ("vacant", "occupied")[n % 2],
            "created_at": now,
            "updated_at": now,
        }
        for n in range(count)
    ]


def fill_units(count: int) -> None:
    """Put that many units into the table, and nothing else."""
    session = db.session()
    session.execute(Unit.__table__.delete())
    if count:
        session.execute(Unit.__table__.insert(), units(count))
    session.commit()


def in_turns(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median seconds of each; every round runs each once, beginning with another one."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            taken[name].append(contenders[name]())
    return {name: median(seconds) for name, seconds in taken.items()}


def timed(function: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def show(title: str, seconds: Mapping[str, float], reference: str) -> None:
    """Print the table; ratios are to ``reference``."""
    print(f"\n{title}\n{'contender':<44}{'seconds':>10}{'time ÷ ours':>13}")
    for name, value in sorted(seconds.items(), key=lambda item: item[1]):
        print(f"{name:<44}{value:>10.2f}{value / seconds[reference]:>13.2f}")
