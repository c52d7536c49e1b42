"""`progress`: a line for whoever waits at a terminal, and not a byte for anyone else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from runner.cli.progress import Progress

if TYPE_CHECKING:
    import pytest

# A process whose stderr is what the test gives it, in which the wait is over at once.
_PROGRAM = """
from runner.cli.progress import Progress
shown = Progress("check", due=0)
shown(1, 2345)
shown(2, 2345)
shown.end()
"""


def test_terminal() -> None:
    """On a terminal the line is written, not again at once, and taken away at the end."""
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", _PROGRAM], stderr=theirs, check=True)
        said = os.read(ours, 4096)
    finally:
        os.close(ours)
        os.close(theirs)

    assert said == b"\rcheck: 1 of 2,345\r\x1b[K"


def test_no_terminal() -> None:
    """Into a file or a pipe nothing is written."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True)

    assert (done.stdout, done.stderr) == (b"", b"")


def test_patience(capsys: pytest.CaptureFixture[str]) -> None:
    """What takes less than a second says nothing, on a terminal either."""
    shown = Progress("check", terminal=True)
    assert 0.5 < shown.due - time.monotonic() <= 1
    shown(1, 2)
    shown.end()

    assert capsys.readouterr() == ("", "")
