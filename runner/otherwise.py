"""The nouns of what was approved and is made otherwise now: it waits, and people are told why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runner.model import Change, Commit, Digest

# What made something else of it: the pull request went on after the review, the branch had moved
# on before the merge, or something changed on the branch after it.
Cause = Literal["pushed", "merged", "since"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """A change that waits though people approved it, as it was then, in a pull request.

    `differs` are the files that it is made from and that are others now, `by` the commits of the
    branch that changed them, the newest first and not all of very many.
    """

    change: Change
    pull: int
    people: tuple[str, ...]
    commit: Commit  # the newest that one of them approved
    digest: Digest  # of the job there
    cause: Cause
    differs: tuple[str, ...]
    by: tuple[Commit, ...]
