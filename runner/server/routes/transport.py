"""HTTP into values: one request read to its end, what it accepts, and the JSON in its body: pure.

The JSON is read as strictly as `jobgate check --request` reads it: what the platform's own reader
would drop without a word is refused.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qsl

from runner.server.answers import Code, Number, RefusalError
from runner.yaml import jsontext, scalars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json

JSON = "application/json"
_PARAMETERS = 200  # of a query string
_NAMED = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MARK = "\ufeff"  # of the byte order; the platform skips it
_REFUSED = re.compile(r"q\s*=\s*0(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: names of headers in lower case, `whole` false where its body was too large."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True
    peer: str = ""

    @property
    def named(self) -> str:
        """Return the id that the caller gave the request, or one of our own."""
        given = self.headers.get("x-bkapi-request-id", "")
        return given if _NAMED.fullmatch(given) else uuid.uuid4().hex


class TooLargeError(RefusalError):
    """A body of more bytes than the platform's gateway lets through."""

    def __init__(self) -> None:
        """Name the limit."""
        super().__init__(
            code=Code.INVALID_ARGUMENT,
            number=Number.BODY,
            message=f"cannot read the request: it has more than {jsontext.SIZE:,} bytes",
            mend="shorten the script, or let it fetch its data itself",
        )


def check_accepted(call: Call) -> None:
    """Raise RefusalError unless the caller takes JSON."""
    wanted = [each.split(";") for each in call.headers.get("accept", "*/*").lower().split(",")]
    taken = {"*/*", "application/*", JSON, ""}
    for name, *parameters in wanted:
        refused = any(_REFUSED.fullmatch(each.strip()) for each in parameters)
        if name.strip() in taken and not refused:
            return
    raise RefusalError(
        code=Code.NOT_ACCEPTABLE,
        number=Number.BAD_REQUEST,
        message="cannot answer in what Accept names: every answer is JSON",
        mend=f"send `Accept: {JSON}`",
    )


def query(call: Call) -> tuple[tuple[str, str], ...]:
    """Return names and values of the query string, in order. Raises RefusalError for too many."""
    try:
        return tuple(parse_qsl(call.query, keep_blank_values=True, max_num_fields=_PARAMETERS))
    except ValueError as error:
        raise _unreadable(
            "cannot read the query string: it has too many parameters",
            f"send at most {_PARAMETERS}",
        ) from error


def body(call: Call, *, exact: bool) -> dict[str, Json]:
    """Return the JSON object in the body. Raises RefusalError for anything else.

    `exact` tells that every number counts: one that is not whole is refused then. Else it becomes
    its text, which is no number wherever one is due.
    """
    if not call.whole:
        raise TooLargeError
    kind, _, more = call.headers.get("content-type", "").lower().partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", more)
    if kind.strip() != JSON or (charset is not None and charset[1] not in {"utf-8", "utf8"}):
        raise RefusalError(
            code=Code.UNSUPPORTED_MEDIA_TYPE,
            number=Number.BAD_REQUEST,
            message="cannot read the body: its Content-Type is not JSON in UTF-8",
            mend=f"send JSON, with `Content-Type: {JSON}`",
        )
    tree = _read(call.body) if exact else _loosely(call.body)
    if not isinstance(tree, dict):
        raise _unreadable("cannot read the body: it is not a JSON object", "send one object")
    return tree


def _read(content: bytes) -> Json:
    try:
        tree: Json = json.loads(
            content.decode().removeprefix(_MARK),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_undecided,
            parse_constant=_undecided,
        )
    except (ValueError, RecursionError):
        return _slowly(content)
    if not _is_shallow(tree):
        return _slowly(content)
    if b"\\u" in content and not _is_whole(tree):
        raise _unreadable("cannot read the body: it holds half a character", "send whole ones")
    return tree


def _loosely(content: bytes) -> Json:
    try:
        tree: Json = json.loads(
            content.decode().removeprefix(_MARK),
            object_pairs_hook=_once,
            parse_float=_real,
            parse_constant=_undecided,
        )
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"cannot read the body: {error}"[:200], "send one JSON object") from error
    if not _is_whole(tree):
        raise _unreadable("cannot read the body: it holds half a character", "send whole ones")
    return tree


def _slowly(content: bytes) -> Json:
    """Read a text that may be wrong with the reader that knows places and words."""
    checked = jsontext.document("body", content)
    wrong = next(iter(checked.findings), None)
    if checked.value is None or wrong is not None:
        span = wrong.place.span if wrong is not None else None
        where = f" (line {span.line}, column {span.column})" if span is not None else ""
        message = wrong.message if wrong is not None else "cannot read the body"
        raise _unreadable(f"{message}{where}", wrong.mend if wrong is not None else "send JSON")
    tree = checked.value.tree
    if not _is_whole(tree):
        raise _unreadable("cannot read the body: it holds half a character", "send whole ones")
    return tree


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("a key stands twice")
    return read


def _whole(word: str) -> int:
    if len(word) > scalars.DIGITS:
        raise ValueError("a number is too long")
    return int(word)


def _real(word: str) -> Json:
    try:
        exact = Decimal(word)
    except InvalidOperation:  # an exponent that no number can have
        return word
    whole = exact.adjusted() < scalars.DIGITS and exact == exact.to_integral_value()
    return int(exact) if whole else word


def _undecided(word: str) -> NoReturn:
    raise ValueError(word)


def _is_shallow(tree: Json) -> bool:
    """Tell whether no collection is deeper than the slow reader allows; level by level."""
    level: list[Json] = [tree]
    for _ in range(jsontext.DEPTH + 1):
        below: list[Json] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        if not below:
            return True
        level = below
    return False


def _is_whole(tree: Json) -> bool:
    """Tell whether no text holds one half of a surrogate pair, which nothing can store."""
    try:
        json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _unreadable(message: str, mend: str) -> RefusalError:
    return RefusalError(code=Code.INVALID_ARGUMENT, number=Number.BODY, message=message, mend=mend)
