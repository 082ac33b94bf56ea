"""The commands of the maintenance manual do what it says (S4)."""

import re
import shlex
from pathlib import Path

import pytest
from flask import Flask

from app.core.upkeep import doctor
from tests.core.upkeep.conftest import Command

MANUAL = Path(__file__).parents[3] / "docs" / "manual" / "maintenance.md"
TEXT = MANUAL.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
LINES = [shlex.split(line) for block in BLOCKS for line in block.splitlines()]


@pytest.mark.req("S4")
def test_every_command_of_the_manual_succeeds_in_order(
    lived_in: Flask,
    command: Command,
    tmp_path: Path,
) -> None:
    assert len(LINES) >= 7
    for words in LINES:
        assert words[0] == "flask"
        given = [word.replace("/tmp/wuye-copy", str(tmp_path)) for word in words[1:]]
        if given[-1].endswith("最新备份.wuyebak"):
            given[-1] = str(next(tmp_path.glob("*.wuyebak")))
        done = command(lived_in, *given)
        assert done.exit_code == 0, (words, done.output)


def test_commands_named_in_passing_exist(app: Flask) -> None:
    for line in set(re.findall(r"`flask ([a-z -]+)", TEXT)):
        words = [word for word in line.split() if not word.startswith("-")]
        done = app.test_cli_runner().invoke(args=[*words, "--help"])
        assert done.exit_code == 0, (line, done.output)


@pytest.mark.req("S2", "S4")
def test_five_fault_levels_each_with_symptoms_and_limits() -> None:
    rows = re.findall(r"^\| ([一二三四五]级)[^|]*\|([^|]+)\|([^|]+)\|([^|]+)\|", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == ["一级", "二级", "三级", "四级", "五级"]
    assert "1 小时内" in rows[0][3]
    assert all(cell.strip() for row in rows for cell in row)


def test_what_the_doctor_says_is_what_the_manual_says() -> None:
    for sign in doctor.SIGNS.values():
        assert sign in TEXT
