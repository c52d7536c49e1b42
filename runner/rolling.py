"""A rolling expression and a number of targets into the sizes of the serial batches.

The rule is the platform's own (BlueKing JOB, read and executed): what this module accepts the
platform accepts, with the same sizes. Arithmetic that leaves 32 bits, where the platform answers
500 or worse, is a fault here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")

BAD_PART = 1244026
TOO_MANY = 1244027
MOST = 501  # the platform asks "already more than 500?" before each batch, so 501 pass
_LARGEST = 2**31 - 1
_WHOLE = 100  # per cent
_BLANK = "".join(map(chr, range(0x21)))
_PART = re.compile(r"(?P<form>[+*]?)(?P<digits>[0-9]+)|(?P<percent>[0-9]+)%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an expression gives no batches: the part at fault and the platform's own number.

    `start` is where the part begins in the expression, in code points from 0.
    """

    part: str
    start: int
    code: int
    message: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    text: str
    start: int
    form: str  # "" (that many), "%" (of the total), "+" or "*" (on the batch before)
    number: int


def sizes(expression: str, total: int) -> tuple[int, ...] | Fault:
    """Return how many of `total` targets each batch takes, in order; no targets, no batches.

    Part i rules batch i and the last part repeats. Each part is judged, also one that no batch
    reaches.
    """
    parts: list[_Part] = []
    start = 0
    for text in expression.rstrip(" ").split(" "):
        part = _part(text.strip(_BLANK), start + len(text) - len(text.lstrip(_BLANK)))
        if isinstance(part, Fault):
            return part
        parts.append(part)
        start += len(text) + 1
    made: list[int] = []
    left = total
    while left > 0:
        part = parts[min(len(made), len(parts) - 1)]
        if len(made) == MOST:
            return _endless(part, total)
        size = _size(part, total, made[-1] if made else 0)
        if size > _LARGEST:
            return _overflow(part, made[-1])
        made.append(min(size, left))
        left -= made[-1]
    return tuple(made)


def members(sizes: Iterable[int], items: Sequence[T]) -> tuple[tuple[T, ...], ...]:
    """Return the items of each batch: they are taken in the order in which they stand."""
    edges = accumulate(sizes, initial=0)
    return tuple(tuple(items[start:end]) for start, end in pairwise(edges))


def _part(text: str, start: int) -> _Part | Fault:
    match = _PART.fullmatch(text)
    if match is None:
        return _malformed(text, start)
    digits = (match["digits"] or match["percent"]).lstrip("0")
    if len(digits) > len(str(_LARGEST)) or int(digits or "0") > _LARGEST:
        return Fault(
            part=text,
            start=start,
            code=BAD_PART,
            message=f"cannot roll by “{text[:40]}”: the number is above {_LARGEST}",
            mend=f"write a number of at most {_LARGEST}",
        )
    part = _Part(
        text=text,
        start=start,
        form=match["form"] if match["digits"] else "%",
        number=int(digits or "0"),
    )
    if part.number == 0 or (part.form == "%" and part.number > _WHOLE):
        return _malformed(text, start)
    return part


def _size(part: _Part, total: int, previous: int) -> int:
    if part.form == "%":
        return min(-(-total * part.number // _WHOLE), _LARGEST)
    if part.form == "" or previous == 0:
        return part.number
    return previous + part.number if part.form == "+" else previous * part.number


def _malformed(text: str, start: int) -> Fault:
    return Fault(
        part=text,
        start=start,
        code=BAD_PART,
        message=f"cannot roll by “{text[:40]}”: it is none of n, n%, +n and *n",
        mend="write parts such as 5, 10%, +2 or *2 with one space between them (1% to 100%)",
    )


def _endless(part: _Part, total: int) -> Fault:
    return Fault(
        part=part.text,
        start=part.start,
        code=TOO_MANY,
        message=f"cannot roll by “{part.text}”: {total} targets make more than {MOST} batches",
        mend="take more targets in a batch",
    )


def _overflow(part: _Part, previous: int) -> Fault:
    return Fault(
        part=part.text,
        start=part.start,
        code=BAD_PART,
        message=(
            f"cannot roll by “{part.text}”: after a batch of {previous} it passes {_LARGEST}, "
            "which the platform cannot count"
        ),
        mend="write a smaller number, or 100% for all that is left",
    )
