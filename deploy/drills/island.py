"""A network of its own for database and Valkey, with cables to it that can be cut: needs root and iproute2."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

CABLES = 2


class Island:
    """A network namespace, and ``CABLES`` links from this machine to it, each with an address on both ends.

    A cut link loses every packet without a word to anybody, as a switch that failed does.
    """

    def __init__(self) -> None:
        self.name = f"drill{os.getpid()}"
        self.prefix = ("ip", "netns", "exec", self.name)
        _do("ip", "netns", "add", self.name)
        _do("ip", "-n", self.name, "link", "set", "lo", "up")
        for cable in range(CABLES):
            here, there = self._ends(cable)
            macs = f"02:00:00:00:{cable:02x}:01", f"02:00:00:00:{cable:02x}:02"
            _do("ip", "link", "add", here, "address", macs[0], "type", "veth",
                "peer", "name", there, "address", macs[1], "netns", self.name)  # fmt: skip
            for end, number, inside in ((here, 1, ()), (there, 2, ("-n", self.name))):
                _do("ip", *inside, "address", "add", f"198.18.{cable}.{number}/30", "dev", end)
                _do("ip", *inside, "link", "set", end, "up")
                _do("ip", *inside, "neighbour", "replace", f"198.18.{cable}.{3 - number}", "dev", end,
                    "lladdr", macs[2 - number], "nud", "permanent")  # fmt: skip

    def address(self, cable: int) -> str:
        """Where the island is reached by this cable."""
        return f"198.18.{cable}.2"

    def cut(self, *cables: int) -> None:
        """From now on nothing gets through, in neither direction."""
        self._both_ends("add", cables)

    def heal(self, *cables: int) -> None:
        """The end of it."""
        self._both_ends("del", cables)

    def remove(self) -> None:
        """Take it down; what still runs there goes on without a network."""
        for cable in range(CABLES):
            _do("ip", "link", "delete", self._ends(cable)[0])
        _do("ip", "netns", "delete", self.name)

    def _both_ends(self, verb: str, cables: tuple[int, ...]) -> None:
        for cable in cables:
            here, there = self._ends(cable)
            _do("tc", "qdisc", verb, "dev", here, "root", "blackhole")
            _do("tc", "-n", self.name, "qdisc", verb, "dev", there, "root", "blackhole")

    def _ends(self, cable: int) -> tuple[str, str]:
        return f"{self.name}-{cable}", f"shore{cable}"


@contextmanager
def island() -> Iterator[Island | None]:
    """An island for the time of a rehearsal; None where this user may not make one."""
    try:
        made = Island()
    except (FileNotFoundError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield made
    finally:
        made.remove()


def _do(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
