"""What one process has learnt about reviews: of a forge for a moment, of Git for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from runner.model import Commit, Digest, JobId, PolicyFiles

if TYPE_CHECKING:
    from datetime import datetime

    from runner.pipeline.making import Maker
    from runner.pulls import ForgeReview, PullRequest

# A plan asks about every change, and a wave for a verdict at each of its steps. What is dismissed
# on the forge counts no longer than this.
FRESH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one commit makes of a job: its digest, if it has one, and every file that was asked for.

    A file counts as asked for also where there was none of its name.
    """

    digest: Digest | None
    asked: frozenset[str]


Readings: TypeAlias = dict[JobId, Reading]


@dataclass(slots=True, kw_only=True)
class Answers:
    """What a forge said, and since when that is kept."""

    since: datetime | None = None
    pulls: dict[Commit, tuple[PullRequest, ...]] = field(default_factory=dict)
    reviews: dict[int, tuple[ForgeReview, ...]] = field(default_factory=dict)
    retargeted: dict[int, str] = field(default_factory=dict)
    members: dict[tuple[str, str], bool] = field(default_factory=dict)  # team and account there
    heads: dict[int, Commit] = field(default_factory=dict)  # of pull requests, by Git
    branch: Commit | None = None  # tip of the ledger's, by Git
    failed: bool = False


@dataclass(slots=True, kw_only=True)
class Recollection:
    """Everything of that kind. What Git says of commits never changes, and is not forgotten."""

    answers: Answers = field(default_factory=Answers)
    told: set[str] = field(default_factory=set)
    policies: dict[tuple[str, ...], PolicyFiles | None] = field(default_factory=dict)
    makers: dict[Commit, Maker | None] = field(default_factory=dict)
    readings: dict[tuple[Commit, str], Readings] = field(default_factory=dict)
    bases: dict[tuple[Commit, ...], tuple[Commit, ...]] = field(default_factory=dict)
    kept: dict[tuple[Commit, ...], Commit] = field(default_factory=dict)  # on the evidence ref

    def fresh(self, now: datetime) -> Answers:
        """Return what the forge said within the last moments; it is forgotten when it is older."""
        since = self.answers.since
        if since is None or not since <= now < since + FRESH:
            self.answers = Answers(since=now)
        return self.answers
