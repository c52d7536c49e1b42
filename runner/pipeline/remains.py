"""What else is wrong, once something is: what is news in findings about a spec that is broken.

Whatever only follows from a mistake that was told already is no news.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Finding

# About what a mapping lacks: a mistake below it may be why.
_LACKING = frozenset({"missing-key", "one-of", "wrong-count", "missing-language"})
# About a mapping as a whole: what is in it may be right or wrong all the same.
_WHOLE = frozenset({*_LACKING, "unknown-key", "wrong-key"})
# After these there are fewer values than were written.
_LOSING = frozenset({"merge-key"})


def further(found: Iterable[Finding], told: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return what of `found` does not follow from the errors in `told`."""
    errors = [each for each in told if each.severity is Severity.ERROR]
    lost = any(each.rule in _LOSING for each in errors)
    return tuple(
        each
        for each in found
        if not (lost and each.rule == "undefined-name")
        and not any(_follows(each, error) for error in errors)
    )


def _follows(each: Finding, error: Finding) -> bool:
    if each.place.file != error.place.file:
        return False
    here, there = each.place.pointer, error.place.pointer
    if here == there:
        return True
    if here.startswith(f"{there}/"):
        return error.rule not in _WHOLE
    return each.rule in _LACKING and there.startswith(f"{here}/")
