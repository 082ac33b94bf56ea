"""The guide for gates does what it says: its programmes are run, its tables checked."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from app.modules.visits import token
from app.modules.visits.models import Gate, Visit
from app.modules.visits.models.passages import ALLOWED, OUTCOMES
from app.modules.visits.operations import visiting
from tests.conftest import Store
from tests.machines import SigningMachine
from tests.modules.visits.factories import SECRET, make_place, make_visit, token_of

GUIDE = (Path(__file__).parents[3] / "docs" / "integration" / "gates.md").read_text(encoding="utf-8")
ASKING, VERIFYING = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


def run(programme: str, lines: list[str], **environ: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", programme], input="\n".join(lines) + "\n", env=os.environ | environ, text=True,
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.split("\n")[:-1]


@pytest.mark.req("V2", "S3")
def test_the_programme_of_the_guide_asks_and_is_answered(store: Store, address: str) -> None:
    with store() as session:
        place = make_place(session)
        number = session.get_one(Gate, place.entrance_id).number
    said = run(ASKING, [place.token, place.token, "x"], PLATFORM_URL=address, GATE_NO=number, GATE_SECRET=SECRET)
    assert said == ["OPEN allowed", "SHUT used", "SHUT unknown"]


@pytest.mark.req("V2", "S3")
def test_the_programme_of_the_guide_decides_without_network(app: Flask, store: Store) -> None:
    with store() as session:
        place, elsewhere = make_place(session), make_place(session)
        gate = session.get_one(Gate, place.entrance_id)
        number = gate.number
        dead = make_visit(session, None, community_id=gate.community_id, unit_id=place.unit_id)
        gone = token_of(session, dead.id)
        visiting.revoke(session, session.get_one(Visit, dead.id), "取消")
    synced = SigningMachine(app, number, SECRET).call("GET", f"/api/v1/gates/{number}/sync").json
    said = run(VERIFYING, [json.dumps(synced), place.token, elsewhere.token, gone, place.token[:-3] + "AAA"])
    assert said == ["allowed", "wrong_gate", "revoked", "forged"]


def test_the_guide_knows_each_reason_and_the_size_of_a_token() -> None:
    told = set(re.findall(r"^\| (`.*?`) \|", GUIDE, re.MULTILINE))
    assert {word for cell in told for word in re.findall(r"`(\w+)`", cell)} == set(OUTCOMES) - {ALLOWED}
    assert f"{token.LENGTH} 个大写字母和数字" in GUIDE
