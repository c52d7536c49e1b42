"""A lock file that many may hold together, or one alone; it is let go when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAUSE = 0.005  # seconds between two attempts


class Latch:
    """One handle on it, to be used by one thread at a time and not twice at once."""

    def __init__(self, file: Path, patience: float) -> None:
        """Open the file; wait for others at most `patience` seconds each time. Raises OSError."""
        self._folder = file.parent
        self._patience = patience
        self._lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._lock)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold it together with others that share it. Raises PlatformError."""
        with self._held(fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold it while nobody else does. Raises PlatformError."""
        with self._held(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _held(self, how: int) -> Iterator[None]:
        end = time.monotonic() + self._patience
        while not self._taken(how):
            if time.monotonic() >= end:
                raise PlatformError(
                    f"cannot use the data folder {self._folder}: another process keeps it locked",
                    mend="wait until it is done, then try again",
                )
            time.sleep(_PAUSE)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _taken(self, how: int) -> bool:
        try:
            fcntl.flock(self._lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
