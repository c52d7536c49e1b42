"""A version of a script, from what version 3 of JOB tells of it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import narrow
from runner.stored import Status, Stored

if TYPE_CHECKING:
    from runner.model import Json

_LOST = "\ufffd"  # stands for bytes that are no text


def version(data: Json, number: int) -> Stored:
    """Return the version of that number; raise ValueError or TypeError where it is another one.

    So it does for one whose bytes the answer does not tell.
    """
    content = narrow.text(data, "content")
    if narrow.integer(data, "id", default=0) != number or not content or _LOST in content:
        raise ValueError
    return Stored(
        script=narrow.text(data, "script_id"),
        version=number,
        name=narrow.text(data, "version"),
        status=Status(narrow.integer(data, "status", default=-1)),
        content=content.encode(),
    )


def online(data: Json) -> tuple[int | None, bool]:
    """Return the version online among those of a page, and whether the page holds any at all."""
    listed = narrow.items(data, "data")
    for each in listed:
        if narrow.integer(each, "status", default=-1) == Status.ONLINE:
            return narrow.integer(each, "id", default=0), True
    return None, bool(listed)
