"""The files that a step leaves for the runner: outputs, variables, paths, a part of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_SUMMARY = 1024 * 1024  # of one step; beyond that GitHub shows none of it
LARGEST_SUMMARIES = 20  # of one job


def pairs(path: Path) -> dict[str, str]:
    """Read a file of `name=value` lines and `name<<END` blocks; what is neither is an error."""
    found: dict[str, str] = {}
    lines = path.read_text(encoding="utf-8").split("\n")
    while lines:
        line = lines.pop(0)
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = line.partition("=")
        else:
            assert heredoc > 0, f"invalid format {line!r}"
            name, _, end = line.partition("<<")
            assert end in lines, f"matching delimiter not found {end!r}"
            at = lines.index(end)
            value = "\n".join(lines[:at])
            del lines[: at + 1]
        assert name, f"invalid format {line!r}"
        found[name] = value
    return found


def summary(path: Path) -> str:
    """Return a step's part of the summary, which must not be too large."""
    content = path.read_bytes()
    assert len(content) <= LARGEST_SUMMARY
    return content.decode("utf-8")
