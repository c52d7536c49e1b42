"""The nouns of evidence: who consented to what, who took it back, who reviewed which commit.

All of it is gathered and verified by others; what a thing counts for is the judge's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runner.model import Commit, Digest, JobId, Key, LedgerId, Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's consent to one digest, after one previous submission, in one ledger.

    Only a statement whose signature was verified becomes an Approval. `at` and `until` are
    instants in UTC; without `until` it ends after as many days as the policy gives.
    """

    ledger: LedgerId
    job: JobId
    digest: Digest
    after: Key | None
    by: str
    at: str
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One person's word that their approvals of a digest up to `at` no longer stand."""

    ledger: LedgerId
    job: JobId
    digest: Digest
    by: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glass:
    """One person's signature over one submission that is to do without approvals and windows."""

    approval: Approval
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Who broke the glass for a submission, why, and by when somebody else is to look at it."""

    by: str
    reason: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a verdict rests on, as the journal names it.

    `statements` are as they were signed, and were read at `tip`, the newest commit of the approvals
    ref; None where there was none. `reviews` are those that counted, `members` the (team, person)
    that a forge told of then, and `kept` the commit of the evidence ref that holds what was
    reviewed; None as long as it is nowhere kept.
    """

    statements: tuple[Signed, ...] = ()
    tip: Commit | None = None
    broken: Broken | None = None
    reviews: tuple[Review, ...] = ()
    members: frozenset[tuple[str, str]] = frozenset()
    kept: Commit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review on a forge, and what git says of the job at the commit that was reviewed.

    Everything but `digest`, `base`, `held`, `makers` and `head` is the forge's word.
    """

    forge: str
    pull: int
    number: int
    account: str  # empty where the forge knows nobody any more
    person: bool  # neither a bot nor unknown
    state: Literal["approved", "changes", "dismissed", "commented"]
    at: str
    commit: Commit
    opener: str  # account of whoever opened the pull request
    retargeted: str  # when the pull request was last given another base; empty: never
    held: bool  # the commit is one of the pull request's own, and of nothing else
    digest: Digest | None  # of the job at that commit; None where there is none to be had
    base: Digest | None  # where the pull request branched off
    makers: frozenset[str]  # addresses of all who made the job's files on the way to that commit
    head: Commit | None = None  # the newest commit of the pull request; None: git cannot show it
    merge: Commit | None = None  # what brought it into the branch; None as long as nothing has


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was gathered for one change.

    `since` is when its last submission was announced, empty where there was none. `succeeded` are
    the platforms on which the same job has succeeded. `members` are (team, person) as a forge has
    them. `authors` are `touched_by` without those who only committed what others wrote.
    """

    approvals: tuple[Approval, ...]
    touched_by: frozenset[str]  # addresses of authors, co-authors and committers
    authors: frozenset[str] = frozenset()
    revoked: tuple[Revocation, ...] = ()
    glass: tuple[Glass, ...] = ()
    reviews: tuple[Review, ...] = ()
    members: frozenset[tuple[str, str]] = frozenset()
    succeeded: frozenset[str] = frozenset()
    since: str = ""
