"""Answers in the two shapes of the platform: v4 `data` or `error`, v3 `result` and `code`: pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.server.answers import Code, Number, RefusalError
from runner.server.logins import TooSoonError
from runner.server.routes.transport import JSON, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.errors import RunnerError
    from runner.model import Json

V3, V4 = 3, 4
TOO_LARGE = 413
AGAIN = 1  # seconds after which what could not be done for the moment may be tried again
_VALIDATION = 1240003  # v3's one number for a field that is not as it must be
# What v3 answers with an HTTP status of its own; all else is 200 there, and says so inside.
_V3_STATUSES = frozenset(
    {
        Code.UNAUTHENTICATED,
        Code.NOT_ACCEPTABLE,
        Code.UNSUPPORTED_MEDIA_TYPE,
        Code.INTERNAL,
        Code.UNAVAILABLE,
    }
)
_V3_NUMBERS = frozenset(
    {Number.MISSING, Number.WRONG_TYPE, Number.BODY, Number.METHOD, Number.NO_ROUTE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Data that is too large to be held at once: pieces of its JSON, in order."""

    texts: Iterator[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: bytes, or pieces of them."""

    status: int
    body: bytes | Iterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = JSON


def encoded(tree: Json) -> bytes:
    """Return JSON; half a character, which no encoding has, stays the escape that it came as."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "backslashreplace"
    )


def done(version: int, data: Json | Pieces, request: str) -> Answer:
    """Return the answer of an operation that was carried out."""
    head: dict[str, Json] = {"result": True, "code": 0, "message": ""} if version == V3 else {}
    tail: dict[str, Json] = {"job_request_id": request}
    if isinstance(data, Pieces):
        before = encoded(head)[1:-1]
        start = b"{" + before + (b"," if before else b"") + b'"data":'
        # The first piece is made now, while a failure can still be told.
        return Answer(status=200, body=_joined(start, data.texts, encoded(tail)))
    return Answer(status=200, body=encoded({**head, "data": data, **tail}))


def _joined(start: bytes, texts: Iterator[str], tail: bytes) -> Iterator[bytes]:
    first = next(texts, "null").encode("utf-8", "backslashreplace")

    def rest() -> Iterator[bytes]:
        yield start + first
        for text in texts:
            yield text.encode("utf-8", "backslashreplace")
        yield b"," + tail[1:]

    return rest()


def refused(version: int, refusal: RefusalError, request: str) -> Answer:
    """Return the answer to what was not done."""
    status = _status(version, refusal)
    headers = _headers(refusal)
    if version == V4:
        error: dict[str, Json] = {"code": refusal.code.value, "message": refusal.message}
        if refusal.data is not None:
            error["data"] = refusal.data
        else:
            reason = f"{refusal.message}; {refusal.mend}"
            error["details"] = [{"code": str(int(refusal.number)), "message": reason}]
        body = encoded({"error": error, "job_request_id": request})
        return Answer(status=status, body=body, headers=headers)
    number = _VALIDATION if refusal.number == Number.FIELD else int(refusal.number)
    tree: dict[str, Json] = {
        "result": False,
        "code": number,
        "message": f"{refusal.message}; {refusal.mend}",
        "data": None,
        "job_request_id": request,
    }
    if refusal.data is not None:
        tree["permission"] = refusal.data
    return Answer(status=status, body=encoded(tree), headers=headers)


def unavailable(error: RunnerError) -> RefusalError:
    """Return the refusal of what cannot be done for the moment: nothing was changed."""
    return RefusalError(
        code=Code.UNAVAILABLE, number=Number.INTERNAL, message=error.message, mend=error.mend
    )


def failed(message: str, mend: str) -> RefusalError:
    """Return the refusal that tells of a failure of ours."""
    return RefusalError(code=Code.INTERNAL, number=Number.INTERNAL, message=message, mend=mend)


def _status(version: int, refusal: RefusalError) -> int:
    if isinstance(refusal, TooLargeError):
        return TOO_LARGE
    inside = (
        version == V3
        and refusal.code not in _V3_STATUSES
        and refusal.number not in _V3_NUMBERS
        and not isinstance(refusal, TooSoonError)
    )
    return 200 if inside else refusal.code.http


def _headers(refusal: RefusalError) -> Mapping[str, str]:
    if isinstance(refusal, TooSoonError):
        return {"Retry-After": str(math.ceil(refusal.wait))}
    return {"Retry-After": str(AGAIN)} if refusal.code is Code.UNAVAILABLE else {}
