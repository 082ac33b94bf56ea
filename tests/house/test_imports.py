"""The import rules of the house hold for every module, also for those that come later."""

import tomllib
from pathlib import Path

from app.factory import MODULES

ROOT = Path(__file__).parents[2]
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


def test_every_module_folder_is_registered_and_has_its_place_in_the_layers() -> None:
    folders = {path.parent.name for path in (ROOT / "app" / "modules").glob("*/declare.py")}
    [layers] = [contract["layers"] for contract in LINTER["contracts"] if contract["type"] == "layers"]
    assert folders == set(MODULES)
    assert folders == {layer.rpartition(".")[2] for layer in layers}


def test_the_rules_are_those_of_the_house() -> None:
    names = {contract["name"] for contract in LINTER["contracts"]}
    assert names >= {
        "The core knows no module",
        "Modules build on each other downward only",
        "Rules and reads know no door and no outside party",
        "Mobile API and back office do not import each other",
        "Declarations are read by the factory alone",
    }


def test_names_say_what_is_in_them() -> None:
    vague = {"utils", "helpers", "common", "manager", "misc", "base_service"}
    found = [path for path in (ROOT / "app").rglob("*") if path.stem in vague and "static" not in path.parts]
    assert not found


def test_no_file_is_asking_to_be_two() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / "app").rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 450
    }
    assert not long
