"""The files under deploy/ fit the program: they parse, and every setting, command and metric they name exists."""

import json
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

import config
from app.core import clock
from tests.deploy.programs import needs

DEPLOY = Path(__file__).parents[2] / "deploy"
OPTIONS = {option.name for option in config.OPTIONS}
FOREIGN = {"PYTHONUNBUFFERED", "FLASK_APP", "PATH"}
METRIC = re.compile(r"wuye_[a-z_]+")
UNITS = sorted([*(DEPLOY / "systemd").glob("wuye*"), DEPLOY / "patroni" / "patroni.service"])
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_every_setting_that_is_named_exists() -> None:
    example = (DEPLOY / "env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    named |= set(COMPOSE["x-program"]["environment"])
    for unit in UNITS:
        for line in re.findall(r"^Environment=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
            named |= set(re.findall(r"([A-Z0-9_]+)=", line))
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    named |= set(re.findall(r"([A-Z0-9_]+)=", re.findall(r"^ENV (.*)$", image, re.MULTILINE)[0]))
    assert named - OPTIONS - FOREIGN == set()
    assert {option.name for option in config.OPTIONS if option.secret} <= named


def test_every_command_that_is_named_exists(app: Flask) -> None:
    commands = [
        service["command"][1:] for service in COMPOSE["services"].values() if "flask" in service.get("command", ())
    ]
    for unit in UNITS:
        commands += [line.split() for line in re.findall(r"^ExecStart=\S+/flask (.*)$", unit.read_text(), re.MULTILINE)]
    assert len(commands) >= 6
    for words in commands:
        done = app.test_cli_runner().invoke(args=[*words, "--help"])
        assert done.exit_code == 0, (words, done.output)


def test_every_metric_that_is_watched_exists(app: Flask) -> None:
    app.test_client().get("/healthz")
    there = set(METRIC.findall(app.test_client().get("/metrics").get_data(as_text=True)))
    for path in ("grafana/wuye.json", "prometheus/alerts.yml"):
        named = set(METRIC.findall((DEPLOY / path).read_text(encoding="utf-8")))
        assert named, path
        assert named - there == set()
    assert json.loads((DEPLOY / "grafana" / "wuye.json").read_text(encoding="utf-8"))["panels"]
    for name in ("prometheus.yml", "alerts.yml"):
        assert yaml.safe_load((DEPLOY / "prometheus" / name).read_text(encoding="utf-8"))


def test_compose_follows_the_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, DEPLOY / "compose.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_containers_have_limits_health_and_no_rights_to_spare() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for name, service in services.items():
        if name == "wal-folder":
            continue
        assert service["restart"] == "unless-stopped", name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
        for waited_for in service.get("depends_on", {}):
            assert waited_for in services
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in volumes or source == "./tls" or (DEPLOY / source).exists(), volume
    for name in ("web", "relay", "worker"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True
    for name in ("relay", "worker"):
        assert services[name]["depends_on"] == {"web": {"condition": "service_healthy"}}, "jobs need the tables"
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_the_image_carries_compiled_translations(tmp_path: Path) -> None:
    """A container's files are read-only: what is not compiled when the image is built stays English."""
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    command = re.findall(r"^RUN (pybabel .*)$", image, re.MULTILINE)[0].split()
    translations = DEPLOY.parent / "translations"
    shutil.copytree(translations, tmp_path / "translations", ignore=shutil.ignore_patterns("*.mo"))
    subprocess.run([Path(sys.executable).with_name(command[0]), *command[1:]], cwd=tmp_path, check=True)
    sources = [path.relative_to(translations) for path in translations.rglob("*.po")]
    assert sources
    assert all((tmp_path / "translations" / path.with_suffix(".mo")).exists() for path in sources)


def test_patroni_sets_nothing_else_than_postgresql_conf() -> None:
    """What must be equal on all members Patroni sets itself, over the file: the two must not come apart."""
    patroni = yaml.safe_load((DEPLOY / "patroni" / "patroni.yml").read_text(encoding="utf-8"))
    file = (DEPLOY / "postgresql" / "postgresql.conf").read_text(encoding="utf-8")
    written = dict(re.findall(r"^(\w+) = (\S+)", file, re.MULTILINE))
    kept = patroni["bootstrap"]["dcs"]["postgresql"]["parameters"]
    assert kept
    assert {name: str(value) for name, value in kept.items()} == {name: written[name] for name in kept}


def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    nginx = needs("nginx")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "wy.example.com")])
    until = clock.now() + timedelta(days=9)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, clock.now(), until).sign(
        key, hashes.SHA256()
    )
    encoding = serialization.Encoding.PEM
    (tmp_path / "fullchain.pem").write_bytes(certificate.public_bytes(encoding))
    (tmp_path / "privkey.pem").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    site = (DEPLOY / "nginx" / "wuye.conf").read_text(encoding="utf-8")
    for there, here in {
        "/etc/nginx/tls": tmp_path,
        "/etc/nginx/wuye-nodes.conf": DEPLOY / "nginx" / "nodes.conf",
        "/var/log/nginx": tmp_path,
    }.items():
        site = site.replace(there, str(here))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\nhttp {{\n{site}\n}}\n", encoding="utf-8"
    )
    done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_systemd_accepts_its_units(tmp_path: Path) -> None:
    analyze = needs("systemd-analyze")
    named = ("run.py", ".venv/bin/python", ".venv/bin/flask", "deploy/systemd/wait-until-ready")
    for program in (*named, "litestream", "base-backup", "patroni"):
        path = tmp_path / "srv" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    units: list[Path] = []
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/srv/wuye/current", str(tmp_path / "srv"))
        text = text.replace("/usr/local/bin", str(tmp_path / "srv")).replace("/opt/patroni/bin", str(tmp_path / "srv"))
        units.append(tmp_path / unit.name.replace("@.", "@8081."))
        units[-1].write_text(text.replace("%i", "8081").replace("User=", "# ").replace("Group=", "# "))
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "wuye" in line or "patroni" in line]
    assert ours == []
    for timer in tmp_path.glob("*.timer"):
        when = re.findall(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)[0]
        assert subprocess.run([analyze, "calendar", when], capture_output=True).returncode == 0, when


def test_a_finished_wal_file_is_kept_once_and_never_over_another(tmp_path: Path) -> None:
    script, kept = DEPLOY / "postgresql" / "archive-wal", tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "one").write_bytes(b"first")

    def archive() -> int:
        return subprocess.run([script, tmp_path / "one", "000000010000000000000001", kept]).returncode

    assert (archive(), archive()) == (0, 0)
    (tmp_path / "one").write_bytes(b"other")
    assert archive() != 0
    assert (kept / "000000010000000000000001").read_bytes() == b"first"


def test_nodes_are_rolled_one_after_the_other_and_out_of_nginx_meanwhile(tmp_path: Path) -> None:
    nodes, seen = tmp_path / "nodes.conf", tmp_path / "seen"
    shutil.copy(DEPLOY / "nginx" / "nodes.conf", nodes)
    for name, does in {
        "nginx": f"grep -o '127.*down' {nodes} >> {seen} || echo none >> {seen}",
        "systemctl": f'echo "$@" >> {seen}',
        "sleep": ":",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NODES": str(nodes)}
    subprocess.run([DEPLOY / "systemd" / "roll", "8081", "8082"], env=environment, check=True)
    told = [re.sub(r" max_fails.*down", " down", line) for line in seen.read_text().splitlines()]
    assert told == [
        "127.0.0.1:8081 down", "restart wuye-web@8081", "none",
        "127.0.0.1:8082 down", "restart wuye-web@8082", "none",
    ]  # fmt: skip
    assert nodes.read_text() == (DEPLOY / "nginx" / "nodes.conf").read_text()
