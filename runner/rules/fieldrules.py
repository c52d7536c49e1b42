"""Rules about the plain fields of a request: its name, callback, interpreter and passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import requests
from runner.mistakes import Mistake
from runner.model import Severity
from runner.rules import callbackurl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.rules.requestbody import Body

NAME_UNITS = 512  # UTF-16 units, of which KEY_UNITS are kept for the submission's key
KEY_UNITS = 80
INTERPRETER_UNITS = 260
_ON_WINDOWS = (requests.LANGUAGES["bat"], requests.LANGUAGES["powershell"])
_BLANK = "".join(map(chr, range(0x21)))  # what Java's trim takes away


def task_name(body: Body) -> Iterator[Mistake]:
    """The job's name, in the units that the platform counts, leaves room for the key."""
    units = _units(body.text("task_name") or "")
    most = NAME_UNITS - KEY_UNITS if body.own else NAME_UNITS
    kept = f" ({KEY_UNITS} of the platform's {NAME_UNITS} hold the key)" if body.own else ""
    if units > most:
        yield Mistake(
            path=("task_name",),
            rule="task-name-too-long",
            message=f"cannot name the job so: the name has {units} UTF-16 units, of at most "
            f"{most}{kept}",
            mend="shorten task_name",
        )


def windows_interpreter(body: Body) -> Iterator[Mistake]:
    """The interpreter's path ends in `.exe`, and is not too long; a blank one is none."""
    path = body.text("windows_interpreter") or ""
    trimmed = path.strip(_BLANK)
    if _units(path) > INTERPRETER_UNITS:
        reason = f"it has more than {INTERPRETER_UNITS} UTF-16 units"
    elif trimmed and not trimmed.endswith(".exe"):
        reason = "it does not end in .exe"
    else:
        return
    yield Mistake(
        path=("windows_interpreter",),
        rule="windows-interpreter",
        message=f"cannot use the Windows interpreter: {reason}",
        mend="write the path of a program that ends in .exe, in lower case",
    )


def callback_url(body: Body) -> Iterator[Mistake]:
    """The platform takes http and https addresses with a host and without a user."""
    reason = callbackurl.refusal(body.text("callback_url") or "")
    if reason is not None:
        yield Mistake(
            path=("callback_url",),
            rule="callback-url",
            message=f"cannot call back: {reason}",
            mend="write an address such as https://ci.example.org/hooks/job",
        )


def passwords(body: Body) -> Iterator[Mistake]:
    """Passwords of hosts are for Windows accounts: with any other the platform fails the call.

    Only Windows runs bat and PowerShell; a script in another language may run there too.
    """
    there = body.number("script_language") in _ON_WINDOWS
    if not there and any(True for _ in body.mappings("host_password_list")):
        yield Mistake(
            path=("host_password_list",),
            rule="passwords-need-windows",
            message="cannot tell whether the account is one of Windows: with any other, a password "
            "list makes the platform fail the call after it made the job",
            mend="leave host_password_list out unless the account is one of Windows",
            severity=Severity.WARNING,
        )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
