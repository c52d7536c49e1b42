"""What the folder of a run tells about it: how it ended, its tag, its log."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.server import shim
from runner.server.hosts.runs import LIMIT, Outcome
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from pathlib import Path

TAG = 256  # characters of a tag that are kept

_TAIL = 65536  # bytes at the end of a log in which a tag is looked for
# What the functions of the platform's script templates print just before they exit.
_TAGGED = re.compile(rb"job_(?:success|fail):\[(.*)\]")
_LOST = "its shim died: whether the script ran to its end is not known"
_NAMED = {
    "timeout": (HostStatus.TIMED_OUT, "its time was up"),
    "killed": (HostStatus.TERMINATED, "stopped"),
}


def outcome(folder: Path) -> Outcome | None:
    """Return how the run ended, or None where it has left no result."""
    try:
        with (folder / "exit").open("rb") as file:
            result = file.read().decode("utf-8", "replace")
            at = os.fstat(file.fileno()).st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return None
    name, _, reason = result.partition("\n")
    if name == shim.UNSTARTED:
        detail = reason or f"its shim cannot begin: {_complaint(folder)}"
        return Outcome(status=HostStatus.NOT_STARTED, exit_code=None, detail=detail, at=at)
    if name in _NAMED:
        status, detail = _NAMED[name]
        return Outcome(status=status, exit_code=None, detail=detail, at=at)
    code = int(name)
    return Outcome(
        status=HostStatus.NON_ZERO if code else HostStatus.SUCCEEDED,
        exit_code=code,
        detail=f"exit code {code}" if code else "",
        at=at,
        tag=_tag(folder),
    )


def lost(claim: bytes) -> Outcome:
    """Return that nobody knows how it ended, and kill what its shim has left running."""
    process, _, began = claim.decode("ascii").partition(" ")
    if began and began == shim.began_at(int(process)):
        with suppress(ProcessLookupError):
            os.killpg(int(process), signal.SIGKILL)
    return Outcome(
        status=HostStatus.UNKNOWN, exit_code=None, detail=_LOST, at=time.time_ns() // 1_000_000
    )


def log(folder: Path, offset: int, limit: int) -> bytes:
    """Return at most `limit` bytes of the log from `offset` on; nothing where there is none."""
    try:
        file = os.open(folder / "log", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(file, min(limit, LIMIT), offset)
    finally:
        os.close(file)


def _tag(folder: Path) -> str:
    try:
        end = (folder / "log").stat().st_size
    except FileNotFoundError:
        return ""
    if not end:
        return ""
    tags = _TAGGED.findall(log(folder, max(0, end - _TAIL), _TAIL))
    return tags[-1].decode("utf-8", "replace")[:TAG] if tags else ""


def _complaint(folder: Path) -> str:
    with suppress(OSError):
        lines = (folder / "shim.log").read_text("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line), "it says nothing")
    return "it says nothing"
