"""JSON in and out of how a submission ended."""

from __future__ import annotations

from typing import Literal

from runner import fields, narrow
from runner.model import Json, Result

_OUTCOMES: tuple[
    Literal["succeeded", "failed", "stopped", "withdrawn", "refused", "unknown"], ...
] = ("succeeded", "failed", "stopped", "withdrawn", "refused", "unknown")


def tree(value: Result) -> Json:
    """Return how a submission ended, as it stands in the journal."""
    return {
        "detail": value.detail,
        "failed": value.failed,
        "hosts": value.hosts,
        "outcome": value.outcome,
    }


def result_from(kept: Json) -> Result:
    """Return what `tree` wrote; raise ValueError, TypeError or KeyError on anything else."""
    text = fields.needed(kept, "outcome")
    for outcome in _OUTCOMES:
        if outcome == text:
            return Result(
                outcome=outcome,
                detail=narrow.text(kept, "detail"),
                hosts=fields.whole(kept, "hosts"),
                failed=fields.whole(kept, "failed"),
            )
    message = f"outcome {text!r} is not one of {', '.join(_OUTCOMES)}"
    raise ValueError(message)
