"""A child process that is killed with SIGKILL just before its N-th step on files.

A step is a lock, an opening of a file below a folder, a renaming or a removal, as Python's audit
hooks tell it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEPS = frozenset(
    {"fcntl.flock", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "sqlite3.connect"}
)
DONE = 0
KILLED = -signal.SIGKILL


def at(step: int, root: Path, act: Callable[[], object]) -> int:
    """Do `act` in a child that ends before its step of that number; return how it ended."""
    child = os.fork()
    if child == 0:
        _act(step, root, act)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _act(step: int, root: Path, act: Callable[[], object]) -> None:
    left = [step]

    def hook(event: str, words: tuple[object, ...]) -> None:
        opens = event == "open" and str(words[0]).startswith(str(root))
        if opens or event in STEPS:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(hook)
        act()
    finally:
        os._exit(DONE if sys.exc_info()[0] is None else 1)
