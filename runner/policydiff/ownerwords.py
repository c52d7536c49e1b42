"""How CODEOWNERS differs, in words. Whose file it is weighs nothing where no clause asks owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.policydiff import shifts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Policy
    from runner.policydiff.shifts import Shift, Way
    from runner.terms import Owned


def differences(old: Policy, new: Policy) -> Iterator[Shift]:
    """Yield who owns what now."""
    asked = any(clause.owners for clause in (*old.clauses, *new.clauses))
    for text, way in _lines(old.owned, new.owned):
        yield shifts.said(f"CODEOWNERS: {text}", way if asked else "neither")


def _lines(old: tuple[Owned, ...], new: tuple[Owned, ...]) -> Iterator[tuple[str, Way]]:
    before, after = ({line.pattern: line.owners for line in each} for each in (old, new))
    for pattern in before | after:
        if pattern not in after:
            yield f"the line of {pattern} is gone, which named {_names(before[pattern])}", "unclear"
        elif pattern not in before:
            yield f"{pattern} is owned by {_names(after[pattern])}", "unclear"
        elif set(before[pattern]) != set(after[pattern]):
            names = f"{_names(after[pattern])} instead of {_names(before[pattern])}"
            yield f"{pattern} is owned by {names}", _way({*before[pattern]}, {*after[pattern]})
    kept = [
        [line.pattern for line in each if line.pattern in before.keys() & after.keys()]
        for each in (old, new)
    ]
    if kept[0] != kept[1]:
        yield "the lines stand in another order, and the last that matches holds", "unclear"


def _way(old: set[str], new: set[str]) -> Way:
    """Return what another set of owners is: any one of them consents for all."""
    if not old or not new:
        return "looser" if old else "tighter"
    return shifts.which(looser=not new <= old, tighter=not old <= new)


def _names(owners: tuple[str, ...]) -> str:
    return shifts.listed(owners, "or") or "nobody"
