"""States, instants and amounts as people read them: pure. Instants are milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import rows
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE = "\u2013"  # what stands where there is nothing
_WAITS, _RUNS, _GOOD, _BAD, _HELD, _LEFT = "waits", "runs", "good", "bad", "held", "left"
# In words, and the kind that gives the colour, which only repeats them.
_STATES: Mapping[Status, tuple[str, str]] = MappingProxyType(
    {
        Status.WAITING: ("Waiting", _WAITS),
        Status.RUNNING: ("Running", _RUNS),
        Status.SUCCEEDED: ("Succeeded", _GOOD),
        Status.FAILED: ("Failed", _BAD),
        Status.SKIPPED: ("Skipped", _LEFT),
        Status.IGNORED: ("Failures ignored", _LEFT),
        Status.CONFIRM: ("Waiting for confirmation", _HELD),
        Status.TERMINATED: ("Terminated", _BAD),
        Status.ABNORMAL: ("Abnormal", _BAD),
        Status.STOPPING: ("Stopping", _HELD),
        Status.STOPPED: ("Stopped", _LEFT),
        Status.CONFIRM_REFUSED: ("Confirmation refused", _LEFT),
        Status.ABANDONED: ("Abandoned", _LEFT),
        Status.ROLLING: ("Rolling on", _RUNS),
    }
)
_HOSTS: Mapping[HostStatus, tuple[str, str]] = MappingProxyType(
    {
        HostStatus.SUCCEEDED: ("Succeeded", _GOOD),
        HostStatus.SUCCEEDED_BEFORE: ("Succeeded before", _GOOD),
        HostStatus.RUNNING: ("Running", _RUNS),
        HostStatus.NON_ZERO: ("Failed", _BAD),
        HostStatus.TIMED_OUT: ("Timed out", _BAD),
        HostStatus.TERMINATED: ("Terminated", _BAD),
        HostStatus.NOT_STARTED: ("Not started", _BAD),
        HostStatus.UNKNOWN: ("Unknown", _BAD),
        HostStatus.WAITING: ("Waiting", _WAITS),
    }
)
HOST_STATES = tuple(_HOSTS)  # in the order in which they are told
_LANGUAGES: Mapping[int, str] = MappingProxyType(
    {1: "shell", 2: "bat", 3: "perl", 4: "python", 5: "powershell", 6: "sql"}
)
_ACTS: Mapping[str, str] = MappingProxyType(
    {
        "start": "Started it",
        "stop": "Stopped it",
        "retry_failed": "Retried what failed",
        "retry_all": "Retried all",
        "ignore": "Ignored failures",
        "next_step": "Left the batch behind",
        "skip": "Skipped the stopping",
        "next_batch": "Confirmed the next batch",
    }
)
_MODES: Mapping[int | None, str] = MappingProxyType(
    {
        None: "all at once",
        1: "stop at a batch that fails",
        2: "go on whatever fails",
        3: "each batch confirmed by hand",
    }
)


def state(status: Status | HostStatus) -> str:
    """Return a state in words."""
    return _told(status)[0]


def kind(status: Status | HostStatus) -> str:
    """Return what a state has in common with others: the name of its colour."""
    return _told(status)[1]


def act(what: str) -> str:
    """Return in words what somebody ordered."""
    return _ACTS.get(what, what)


def language(number: int) -> str:
    """Return the name of a script's language."""
    return _LANGUAGES.get(number, str(number))


def launched(mode: int) -> str:
    """Return in words how a job came here."""
    return "by the console" if mode == rows.BY_WEB else "by the API"


def rolling(mode: int | None) -> str:
    """Return in words what follows a batch."""
    return _MODES.get(mode, str(mode))


def instant(at: int | None) -> str:
    """Return an instant to the second, in UTC."""
    return NONE if at is None else f"{_moment(at):%Y-%m-%d %H:%M:%S}"


def machine(at: int) -> str:
    """Return an instant as machines read it."""
    return f"{_moment(at):%Y-%m-%dT%H:%M:%SZ}"


def lasting(begun: int | None, ended: int | None, now: int) -> str:
    """Return how long something has gone on, or went on."""
    if begun is None:
        return NONE
    seconds = max((now if ended is None else ended) - begun, 0) // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def amount(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is due."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{plural if number != 1 else ''}"


def size(number: int) -> str:
    """Return a number of bytes."""
    for unit, bytes_ in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= bytes_:
            return f"{number / bytes_:.1f} {unit}"
    return amount(number, "byte")


def tally(counts: Mapping[HostStatus, int]) -> tuple[tuple[HostStatus, int], ...]:
    """Return how many hosts are in each state that one is in, in the order of telling."""
    return tuple((each, counts[each]) for each in HOST_STATES if counts.get(each))


def _told(status: Status | HostStatus) -> tuple[str, str]:
    return _HOSTS[status] if isinstance(status, HostStatus) else _STATES[status]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
