"""SECURITY.md says which test proves each rule; what reaches out to other machines stands in few places."""

import re
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from flask import Flask

from app.core.module import Registry

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
REACHES_OUT = re.compile(
    r"^\s*(?:import|from) (requests|urllib\.request|http\.client|socket|boto3|redis|smtplib)\b", re.M
)
ALLOWED = {
    "app/modules/visits/simulator.py": "a gate that is played calls the program as gates do",
    "app/core/jobs/queue.py": "the Valkey of the configuration",
    "app/core/logs.py": "the name of this machine",
    "app/core/upkeep/doctor.py": "the certificate of PUBLIC_URL",
    "app/serve.py": "whether the port is free",
}


def test_every_test_that_is_named_exists() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert len(named) > 50
    assert named - there == set()


def test_every_job_and_setting_that_is_named_exists(app: Flask) -> None:
    registry: Registry = app.extensions["registry"]
    jobs = set(re.findall(r"任务 `([a-z_.]+)`", TEXT)) | set(re.findall(r"`(api\.[a-z_]+)`", TEXT))
    assert jobs <= {timed.kind for module in registry for timed in module.schedule}
    assert set(re.findall(r"设置 `([a-z_.]+)`", TEXT)) <= registry.settings.keys()


def test_only_integrations_and_the_doctor_reach_out() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if REACHES_OUT.search(path.read_text(encoding="utf-8"))
    }
    assert {name for name in found if not name.startswith("app/integrations/")} == set(ALLOWED)


def test_no_file_of_the_repository_holds_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like one and is none stands in the baseline, by its hash."""
    monkeypatch.chdir(ROOT)
    known = baseline.load(baseline.load_from_file(".secrets.baseline"))
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    found = SecretsCollection()
    found.scan_files(*listed.strip("\0").split("\0"))
    assert [f"{path}:{secret.line_number}" for path, secret in found - known] == []
