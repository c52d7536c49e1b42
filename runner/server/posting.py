"""How a callback goes over the wire: at most two POSTs, as the platform makes them, and signed.

JSON first; any status but 200 brings exactly one more POST of the same text, labelled as a form. A
connection that fails is not tried again. No redirect is followed, no proxy is asked, and of an
answer nothing counts but its status.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import urllib3

from runner.errors import UsageError
from runner.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from runner.server.outbox import Due

SIGNATURE = "X-Jobgate-Signature"
TYPES = ("application/json", "application/x-www-form-urlencoded")
SHORTEST_KEY = 16  # bytes

_OK = 200
_ANSWER = 4096  # bytes of an answer that are read, so that its server can end in peace


@dataclass(frozen=True)
class Post:
    """By which key callbacks are signed (empty: not at all), for how long a receiver is waited for.

    `connect` and `read` are seconds; `most` is how many are under way at a time.
    """

    key: bytes = b""
    connect: float = 5.0
    read: float = 10.0
    most: int = 8

    def deliver(self, url: str, content: bytes) -> str:
        """Return the empty text when the receiver took it, or else what came instead."""
        answers: list[str] = []
        try:
            for kind in TYPES:
                status = self._post(url, content, kind)
                if status == _OK:
                    return ""
                answers.append(str(status))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            answers.append(type(error).__name__)
        return ", then ".join(answers)

    def _post(self, url: str, content: bytes, kind: str) -> int:
        headers = {
            "Content-Type": kind,
            "User-Agent": f"jobgate/{VERSION}",
            "Connection": "close",
        }
        if self.key:
            headers[SIGNATURE] = signature(self.key, int(time.time()), content)
        response = self._pools.request(
            "POST",
            url,
            body=content,
            headers=headers,
            timeout=urllib3.Timeout(connect=self.connect, read=self.read),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            with suppress(urllib3.exceptions.HTTPError, OSError):
                response.read1(_ANSWER, decode_content=False)
            return response.status
        finally:
            response.close()

    @cached_property
    def _pools(self) -> urllib3.PoolManager:
        return urllib3.PoolManager()


def content(due: Due) -> bytes:
    """Return the text of a callback, with the names that the platform's code sends."""
    step = {"step_instance_id": due.step, "status": due.step_status}
    told = {"job_instance_id": due.job, "status": due.job_status, "step_instances": [step]}
    return json.dumps(told, separators=(",", ":")).encode()


def signature(key: bytes, at: int, content: bytes) -> str:
    """Return the value of our header: the instant (s), and the HMAC over it and the text."""
    signed = f"{at}.".encode() + content
    return f"t={at},v1={hmac.new(key, signed, hashlib.sha256).hexdigest()}"


def as_sent(url: str) -> str:
    """Return an address as it goes over the wire, without the dots that lead upwards.

    Raises ValueError for one that cannot be sent to.
    """
    try:
        return urllib3.util.parse_url(url).url
    except urllib3.exceptions.LocationParseError as error:
        raise ValueError(str(error)) from error


def read_key(file: Path) -> bytes:
    """Return the key in a file; one line end at its end is no part of it. Raises UsageError."""
    try:
        key = file.read_bytes().removesuffix(b"\n").removesuffix(b"\r")
    except OSError as error:
        raise UsageError(
            f"cannot read the callback key {file}: {error.strerror}",
            mend="name a file that this user may read",
        ) from error
    if len(key) < SHORTEST_KEY:
        raise UsageError(
            f"cannot sign with the callback key {file}: it has {len(key)} bytes, of at least "
            f"{SHORTEST_KEY}",
            mend="make one with `openssl rand -hex 32`",
        )
    return key
