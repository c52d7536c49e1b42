"""Globs over paths: `*` and `?` stay in one name, `**` is any names."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TypeAlias

_Match: TypeAlias = Callable[[str], re.Match[str] | None]


def sound(pattern: str) -> bool:
    """Tell whether a glob can match what it seems to: no empty name, no `**` inside of one."""
    return not any(
        name in {"", ".", ".."} or ("**" in name and name != "**") for name in pattern.split("/")
    )


def matches(pattern: str, path: str) -> bool:
    """Tell whether a glob matches a whole path: `*` and `?` stay in one name, `**` is any names."""
    return any_matches((pattern,), path)


def any_matches(patterns: tuple[str, ...], path: str) -> bool:
    """Tell whether one of several globs matches a whole path."""
    return _matcher(patterns)(f"{path}/") is not None


@functools.lru_cache(maxsize=4096)
def _matcher(patterns: tuple[str, ...]) -> _Match:
    """Return what matches a path with a slash behind each of its names."""
    return re.compile("|".join(map(_regex, patterns)) if patterns else r"(?!)").fullmatch


def _regex(pattern: str) -> str:
    """Return a glob as a regex.

    What was found after a `*` or `**` is never looked for again, further on: the first place leaves
    the most for the rest. So no glob takes longer than its length times that of the path.
    """
    first, *others = _chunks(pattern)
    if not others:
        return first
    *middle, last = others
    within = "".join(f"(?>(?:[^/]*/)*?{chunk})" for chunk in middle)
    return f"{first}{within}(?:[^/]*/)*{last}"


def _chunks(pattern: str) -> list[str]:
    """Return as a regex each run of names that `**` parts from the next; a run may be empty."""
    chunks = [""]
    for name in pattern.split("/"):
        if name != "**":
            chunks[-1] += _name(name)
        elif len(chunks) == 1 or chunks[-1]:
            chunks.append("")
    return chunks


def _name(name: str) -> str:
    """Return one name as a regex, with the slash behind it."""
    first, *others = (re.escape(part).replace(r"\?", "[^/]") for part in name.split("*"))
    if not others:
        return f"{first}/"
    *middle, last = others
    within = "".join(f"(?>[^/]*?{part})" for part in middle)
    return f"{first}{within}[^/]*{last}/"
