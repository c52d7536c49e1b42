"""What an answer of GitHub means that is not what was asked for: a limit, a no, or a failure. Pure.

GitHub hides what a token may not see behind 404, and says by 403 both that it may not and that
there were too many requests.
"""

from __future__ import annotations

import email.utils
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runner import calls, instants, narrow

if TYPE_CHECKING:
    from runner.calls import Answer
    from runner.model import Json
    from runner.terms import ForgeEntry

_MINUTE = 60.0  # what GitHub asks for where it does not say how long
_TEXT = 200  # characters of a message that are shown
_READ = 10_000  # of one that are read: none is cut short before the token is taken out
_LONGEST_NUMBER = 11  # digits of an instant: the calendar ends soon after
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
FAILURES = range(500, 600)
_LIMITS = frozenset({403, 429})
_TOO_MANY = 429
_UNKNOWN, _NO_LEAVE, _HIDDEN = 401, 403, frozenset({404, 410, 451})
# What GitHub says that a route needs: "pull_requests=read; contents=read,issues=read".
_PERMISSIONS = re.compile(r"[a-z_]+=[a-z]+(?:[;,] ?[a-z_]+=[a-z]+){0,9}", re.ASCII)
_NEXT = re.compile(r"""<([^<>]*)>\s*;\s*rel="next"\s*(?:,|$)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, in words, how to mend it, and whether and when (s) to ask again."""

    said: str
    mend: str
    again: bool = False
    wait: float = 0.0


def trouble(answer: Answer, entry: ForgeEntry, now: float, needs: str = "") -> Trouble:
    """Return what went wrong; `now` is the machine's time, in seconds since 1970.

    `needs` is the permission that writing needs, as a workflow names it; empty where one asks.
    """
    message = _message(answer.content)
    if answer.status in _LIMITS:
        limited = _limited(answer, message, now)
        if limited is not None:
            return limited
    said = f"it answers {answer.status}"
    said = f"{said}: {message}" if message else said
    if answer.status in _REDIRECTS:
        return _leads_on(answer, entry)
    if answer.status in FAILURES:
        return Trouble(said=said, mend="try again later", again=True)
    mend = _mend_writing(answer, entry, needs) if needs else _mend(answer, entry)
    return Trouble(said=said, mend=mend)


def following(answer: Answer) -> str:
    """Return the URL of the next page; empty where this is the last one."""
    found = _NEXT.search(answer.headers.get("link", ""))
    return found[1] if found is not None else ""


def at_one_place(url: str, base: str) -> bool:
    """Tell whether a URL leads to the scheme, the host and the port of `base`, and to no more."""
    try:
        one, other = urlsplit(url), urlsplit(base)
    except ValueError:
        return False
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _limited(answer: Answer, message: str, now: float) -> Trouble | None:
    """Return that there were too many requests, if that is what a 403 or a 429 says."""
    asked = answer.headers.get("retry-after", "")
    mend = "try again later, or with a token that has a limit of its own"
    if asked:
        wait = calls.asked_to_wait(asked, _there(answer, now))
        said = f"it puts off whoever asks too much, for {wait:.0f} s"
        return Trouble(said=said, mend=mend, again=True, wait=wait)
    none_left = answer.headers.get("x-ratelimit-remaining") == "0"
    reset = _number(answer.headers.get("x-ratelimit-reset", ""))
    if none_left and reset:
        until = instants.written(datetime.fromtimestamp(reset, tz=UTC))
        said = f"the token's limit of requests is used up until {until}"
        wait = max(0.0, reset - _there(answer, now)) + 1
        return Trouble(said=said, mend=mend, again=True, wait=wait)
    if none_left or answer.status == _TOO_MANY or "rate limit" in message.lower():
        said = "it puts off whoever asks too much"
        return Trouble(said=said, mend=mend, again=True, wait=_MINUTE)
    return None


def _leads_on(answer: Answer, entry: ForgeEntry) -> Trouble:
    to = answer.headers.get("location", "").partition("?")[0]
    return Trouble(
        said=f"it answers {answer.status}, and leads to {to or 'nowhere'}, where no token is shown",
        mend=f"write the repository's present name, and its API's address, for {entry.name} in "
        "jobgate.yaml",
    )


def _mend(answer: Answer, entry: ForgeEntry) -> str:
    needed = answer.headers.get("x-accepted-github-permissions", "")
    needed = f" ({needed})" if _PERMISSIONS.fullmatch(needed) else ""
    if answer.status == _UNKNOWN:
        return f"put a token that is in force into {entry.token}"
    if answer.status == _NO_LEAVE:
        return (
            f"let the token in {entry.token} read pull requests of {entry.repository}, and the "
            f"members of its organisation where the policy names teams{needed}"
        )
    if answer.status in _HIDDEN:
        return (
            f"look at the repository and the URL of {entry.name} in jobgate.yaml; the token in "
            f"{entry.token} may lack leave to read pull requests there{needed}"
        )
    return f"look at the URL of {entry.name} in jobgate.yaml"


def _mend_writing(answer: Answer, entry: ForgeEntry, needs: str) -> str:
    if answer.status == _UNKNOWN:
        return _mend(answer, entry)
    if answer.status == _NO_LEAVE or answer.status in _HIDDEN:
        return (
            f"give the token in {entry.token} `{needs}` on {entry.repository}; in a workflow for "
            "a fork's pull request it never has it"
        )
    return f"look at what was to be written to {entry.repository}: the forge does not take it"


def _there(answer: Answer, now: float) -> float:
    """Return what time it is to GitHub, by which it says when; ours where it does not tell."""
    try:
        return email.utils.parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return now


def _number(text: str) -> int:
    known = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if known else 0


def _message(content: bytes) -> str:
    try:
        tree: Json = json.loads(content, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return ""
    errors = narrow.at(tree, "errors")
    more = [narrow.at(each, "message") for each in errors] if isinstance(errors, list) else []
    said = [each for each in (narrow.at(tree, "message"), *more) if isinstance(each, str)]
    return ": ".join(said)[:_READ]


def shown(text: str) -> str:
    """Return as much of a text as is shown."""
    return text[:_TEXT]
