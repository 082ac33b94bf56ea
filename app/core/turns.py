"""Turns of those who write to one SQLite file, threads and processes alike.

SQLite makes a second writer look again after pauses that grow to a tenth of a second, and lets whoever comes at the
right moment pass. Here they stand in line: threads at a lock of their process, processes at two locks of the
operating system, which gives them back when a process dies. Who is next waits holding ``next``, so that the process
that has just had its turn cannot take the following one too.
"""

import fcntl
import os
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import IO, Any

PATIENCE = 5.0
"""Seconds that a thread stands in line before it leaves it to SQLite to wait or to refuse."""
_HELD = "turn"


class Turns:
    """The line of one database file; ``info`` is the dictionary of the pooled connection that has the turn."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._process = 0
        self._opening = threading.Lock()
        self._line = threading.Lock()
        self._next: IO[bytes]
        self._turn: IO[bytes]

    def take(self, info: MutableMapping[Any, Any]) -> None:
        """Wait for the turn, which lasts until ``give``; a connection that has it keeps it."""
        if _HELD in info:
            return
        self._be_this_process()
        if not self._line.acquire(timeout=PATIENCE):
            return
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX)
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX)
            finally:
                fcntl.flock(self._next, fcntl.LOCK_UN)
        except BaseException:
            self._line.release()
            raise
        info[_HELD] = self._process

    def give(self, info: MutableMapping[Any, Any]) -> None:
        """End the turn, if this connection has it."""
        if info.pop(_HELD, None) == os.getpid():
            fcntl.flock(self._turn, fcntl.LOCK_UN)
            self._line.release()

    def _be_this_process(self) -> None:
        """Locks are shared with the process that this one was forked from, unless the files are opened anew."""
        with self._opening:  # threads that write first at the same moment must stand in one line
            if self._process != os.getpid():
                self._line = threading.Lock()
                self._next = self._database.with_suffix(".next").open("wb")
                self._turn = self._database.with_suffix(".turn").open("wb")
                self._process = os.getpid()
