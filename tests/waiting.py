"""What tests and rehearsals need of the machine and of time: a free port, and patience."""

import socket
import time
from collections.abc import Callable

import requests


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(there: Callable[[], object], seconds: float, every: float = 0.1) -> float:
    """Ask until the answer is yes; the seconds that it took. Raises TimeoutError."""
    begun = time.monotonic()
    while not there():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(every)
    return time.monotonic() - begun


def answers(address: str) -> bool:
    """Whether a GET is answered, and well."""
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False
