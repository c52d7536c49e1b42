"""How far something has come, told on a terminal to whoever has waited for more than a second."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

_PATIENCE = 1.0  # seconds before anything is said
_PAUSE = 0.1  # seconds between two tellings


def _on_terminal() -> bool:
    return sys.stderr.isatty()  # the stderr of now, not that of the import


@dataclass(slots=True)
class Progress:
    """One line on stderr that is written over, and gone at the end; nothing without a terminal."""

    what: str
    shown: bool = False
    due: float = field(default_factory=lambda: time.monotonic() + _PATIENCE)
    terminal: bool = field(default_factory=_on_terminal)

    def __call__(self, done: int, whole: int) -> None:
        """Say how many of how many are done, now and then."""
        now = time.monotonic()
        if self.terminal and now >= self.due:
            self.due = now + _PAUSE
            self.shown = True
            self._write(f"\r{self.what}: {done:,} of {whole:,}")

    def end(self) -> None:
        """Take the line away."""
        if self.shown:
            self._write("\r\x1b[K")
            self.shown = False

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
