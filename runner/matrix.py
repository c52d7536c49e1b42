"""From the axes of a matrix to its cells, each of which is a job of its own.

A cell is part of a job's identity (`restart-nginx[zone=sh]`), so axes go by name, whatever their
order in the file, and no two cells may read alike. Expressions are not known here: an axis is data.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, TypeAlias

from runner.canon import scalar_text
from runner.model import Checked, Finding, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Document, Json, Path

Cell: TypeAlias = tuple[tuple[str, Scalar], ...]

CELLS = 1_000
LENGTH = 100  # characters of a value
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Brackets, commas and equals signs have a meaning in a job's name; what is invisible, or moves
# what stands beside it, would make two names look alike.
_UNFIT = re.compile(
    r"[][{},=\s\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def cells(document: Document, axes: Mapping[str, Json]) -> Checked[tuple[Cell, ...]]:
    """Return every combination of the values of `axes`; without axes, the one cell that is empty.

    The places of findings are those of `matrix` in the document.
    """
    findings = tuple(itertools.chain.from_iterable(_axis(document, *axis) for axis in axes.items()))
    lists = {name: values for name, values in axes.items() if isinstance(values, list)}
    count = math.prod(map(len, lists.values()))
    if count > CELLS:
        findings += (_many(document, count),)
    if findings:
        return Checked(value=None, findings=findings)
    names = sorted(lists)
    rows = itertools.product(*(map(_scalar, lists[name]) for name in names))
    return Checked(value=tuple(tuple(zip(names, row, strict=True)) for row in rows))


def _scalar(value: Json) -> Scalar:
    return None if isinstance(value, list | dict) else value


def _axis(document: Document, name: str, values: Json) -> Iterator[Finding]:
    path: Path = ("matrix", name)
    if not _NAME.fullmatch(name):
        yield Finding(
            place=document.place(path, key=True),
            rule="axis-name",
            message="cannot use the axis: its name is not an identifier",
            mend="name it with letters, digits and underscores, not starting with a digit",
        )
    if not isinstance(values, list):
        yield Finding(
            place=document.place(path),
            rule="axis-values",
            message="cannot use the axis: it is not a list",
            mend='write a list, or one expression that yields a list: "{{ vars.zones }}"',
        )
    elif values:
        yield from _values(document, path, values)
    else:
        yield Finding(
            place=document.place(path),
            rule="empty-axis",
            message="cannot use the axis: it is empty, and a job for none of its values is no job",
            mend="give it a value, or delete the axis",
        )


def _values(document: Document, path: Path, values: list[Json]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, value in enumerate(values):
        reason = _unfit(value)
        place = document.place((*path, index))
        if reason:
            yield Finding(
                place=place,
                rule="cell-value",
                message=f"cannot name a job after this value: {reason}",
                mend="use a short word or number, and keep anything else in vars under it",
            )
            continue
        text = scalar_text(_scalar(value))
        if text in seen:
            yield Finding(
                place=place,
                rule="duplicate-cell",
                message=f"cannot tell two cells apart: both are named {text}",
                mend="delete one of them, or give it another value",
            )
        seen.add(text)


def _unfit(value: Json) -> str:
    if value is None or isinstance(value, list | dict):
        return "it is neither text, a number nor a boolean"
    text = scalar_text(value)
    if not text:
        return "it is empty"
    if len(text) > LENGTH:
        return f"it has more than {LENGTH} characters"
    if _UNFIT.search(text):
        return "it has a blank, an invisible character, or one of [ ] { } , ="
    return ""


def _many(document: Document, count: int) -> Finding:
    return Finding(
        place=document.place(("matrix",)),
        rule="too-many-cells",
        message=f"cannot make a job of each of {count} cells: {CELLS} is the most",
        mend="shorten an axis, or write several specs",
    )
