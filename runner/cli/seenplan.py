"""The plan that somebody has seen, as the commands that hold theirs against it are given it."""

from __future__ import annotations

from pathlib import Path

from runner import narrow, wire
from runner.errors import UsageError
from runner.model import Digest


def digest(named: str) -> Digest:
    """Return the whole digest that was given, or that of the plan in a file."""
    found = named
    if not named.startswith("sha256:"):
        try:
            found = narrow.text(wire.loads(Path(named).read_bytes()), "digest")
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise UsageError(
                f"cannot read the plan {named}: {error}", mend="give a file of `plan --out`"
            ) from error
    if len(found) != len("sha256:") + 64:
        raise UsageError(
            f"cannot take {found or named} for a plan's digest",
            mend="give all 64 digits; a shortened digest is for reading only",
        )
    return Digest(found)
