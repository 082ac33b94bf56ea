"""The commands of the installation manual: what can be carried out in a folder is, what cannot names what exists."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "manual" / "installation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]
SYSTEMD = ROOT / "deploy" / "systemd"
BY_HAND = {
    "apt", "sudo", "systemctl", "useradd", "python3", ".venv/bin/pip", ".venv/bin/flask", "ln", "rm", "nginx", "docker",
    "make", "cd",
}  # fmt: skip
"""What changes the machine, or takes long; what of it is ours is looked at below."""


@pytest.mark.req("S4")
def test_every_file_is_put_where_the_manual_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    done = 0
    for line in LINES:
        program = line.split()[0]
        if program not in ("install", "cp"):
            assert program in BY_HAND, line
            continue
        here = re.sub(r" -[og] \S+", "", line).replace(" /", f" {tmp_path}/")  # the owners need root
        target = tmp_path / here.split()[-1]
        (target if here.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
        subprocess.run(here, shell=True, cwd=tmp_path, check=True)
        done += 1
    assert done >= 8
    assert (tmp_path / "etc/wuye/env").stat().st_mode & 0o777 == 0o640
    assert list((tmp_path / "etc/systemd/system").glob("wuye-*"))


def test_every_unit_and_command_exists(app: Flask) -> None:
    units = set(re.findall(r"\b(wuye(?:-\w+)?(?:@\w+)?(?:\.\w+)?)\b", " ".join(x for x in LINES if "systemctl" in x)))
    assert len(units) >= 6
    for unit in units:
        name = re.sub(r"@\w+", "@", unit)
        assert (SYSTEMD / (name if "." in name else f"{name}.service")).is_file(), unit
    commands = {words for line in LINES for words in re.findall(r"flask(?: --app run)? ([a-z-]+)", line)}
    assert {"create-superadmin", "doctor"} <= commands
    for command in commands:
        assert app.test_cli_runner().invoke(args=[command, "--help"]).exit_code == 0, command


def test_every_setting_that_is_named_exists(app: Flask) -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`?", TEXT)) - {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert len(named) >= 8
    assert {name for name in named if name not in app.config} == set()
    assert all(name in (ROOT / "deploy/compose.yaml").read_text() for name in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD"))
