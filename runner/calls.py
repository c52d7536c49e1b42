"""The nouns of a call over HTTP: what is sent, what comes back, what may befall it on the way."""

from __future__ import annotations

import email.utils
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.errors import RunnerError

_LONGEST_NUMBER = 9  # digits of Retry-After


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long is waited (s), how much is read (bytes), and how often a call is made.

    `whole` bounds one answer from its first byte to its last; `pause` is the first wait between
    two attempts, which doubles; a longer one than `patience` is not waited for.
    """

    connect: float = 10.0
    read: float = 65.0  # the gateway itself waits 60 for JOB
    whole: float = 120.0
    most: int = 32 * 1024 * 1024
    attempts: int = 4
    pause: float = 0.25
    patience: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What goes over the wire; without a method, it is a POST with a body, and a GET with none."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    method: Literal["", "PATCH"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: names of headers in lower case, and the whole content."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """Why a call was not answered in whole, in words.

    The request surely reached nobody where it is "unsent", "address" or "certificate". Without a
    `mend` it is for whoever made the call to say one.
    """

    kind: Literal["unsent", "address", "certificate", "late", "broken", "large"]
    said: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """Why an attempt has no data, whether to try again, and how long (s) one is asked to wait."""

    error: RunnerError
    again: bool
    wait: float = 0.0


def asked_to_wait(text: str, now: float) -> float:
    """Return the seconds that a Retry-After asks to wait for: a number, or a date after `now`."""
    if text.isascii() and text.isdigit():
        return float(text[:_LONGEST_NUMBER])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0
