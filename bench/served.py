"""The program as ``make run`` starts it, for the benches that speak with it over the network."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).parents[1]
PATIENCE = 120


@contextmanager
def served(environ: Mapping[str, str]) -> Iterator[int]:
    """The port at which the program answers, with these settings; it ends with the ``with``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {**os.environ, "RATE_LIMITS": "0", "LOG_LEVEL": "ERROR", **environ, "PORT": str(port)}
    server = subprocess.Popen([sys.executable, "run.py"], env=settings, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        yield port
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(address: str) -> None:
    begun = time.monotonic()
    while time.monotonic() < begun + PATIENCE:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.25)
    raise SystemExit("the program does not answer")
