"""Globs over paths: `*` and `?` stay in one name, `**` is any names."""

from __future__ import annotations

import fnmatch
import functools
import re


def sound(pattern: str) -> bool:
    """Tell whether a glob can match what it seems to: no empty name, no `**` inside of one."""
    return not any(
        name in {"", ".", ".."} or ("**" in name and name != "**") for name in pattern.split("/")
    )


def matches(pattern: str, path: str) -> bool:
    """Tell whether a glob matches a whole path: `*` and `?` stay in one name, `**` is any names."""
    parts = _parts(pattern)
    at = _skipping(parts, {0})
    for name in path.split("/"):
        fit = {index for index in at if index < len(parts) and _fits(parts[index], name)}
        at = _skipping(parts, {index + (parts[index] is not None) for index in fit})
    return len(parts) in at


def _fits(part: re.Pattern[str] | None, name: str) -> bool:
    return part is None or part.fullmatch(name) is not None


def _skipping(parts: tuple[re.Pattern[str] | None, ...], at: set[int]) -> set[int]:
    """Return how much of a pattern may be used up, when `**` may also stand for nothing."""
    for index, part in enumerate(parts):
        if part is None and index in at:
            at.add(index + 1)
    return at


@functools.lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    # One name at a time, as `fnmatch` has it: one regex for all could be made to run for ever.
    return tuple(
        None if name == "**" else re.compile(fnmatch.translate(name.replace("[", "[[]")))
        for name in pattern.split("/")
    )
