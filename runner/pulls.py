"""The nouns of a forge: pull requests and their reviews, as it tells of them.

There is no word here of files, of what may be merged or of what a forge calls approved: those are
found out from git, or by the judge, and are never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runner.model import Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """One pull request as it stands now, with what its opener chose and what has become of it."""

    number: int
    opener: str  # account; empty where the forge knows nobody any more
    person: bool  # the opener is one: neither a bot nor unknown
    branch: str  # the base branch, by its short name
    repository: str  # of the base: "acme/ops"
    head: Commit  # the newest commit of it
    origin: str  # the repository that the head is in; empty where that is gone
    state: Literal["open", "closed", "merged"]
    merge: Commit | None  # what brought it into the base branch; None unless it is merged


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeReview:
    """One review that was handed in.

    A state that jobgate does not know is "dismissed": it takes the place of an older review, and
    counts for nothing.
    """

    number: int
    account: str  # empty where the forge knows nobody any more
    person: bool  # neither a bot nor unknown
    state: Literal["approved", "changes", "dismissed", "commented"]
    at: str  # when it was handed in, in UTC: "2026-01-02T03:04:05Z"
    commit: Commit | None  # what the reviewer saw; None where the forge does not have it any more
