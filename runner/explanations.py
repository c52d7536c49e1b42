"""The nouns of an explanation: what each clause said of a change, and what each consent counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from runner.model import Change, Commit, InForce, LedgerId
    from runner.terms import Clause
    from runner.verdicts import Demand, Denied, Verdict

# A job as it is wanted, and as it was submitted last.
Side: TypeAlias = Literal["as it is", "as it was"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One piece of evidence: who gave it, and why it does not count where it does not."""

    by: str  # a person, or the account of nobody whom the policy lists
    how: Literal["signature", "review", "break-glass"]
    at: str
    where: str = ""  # of a review: "github 12"
    reason: str = ""  # of whoever broke the glass
    against: str = ""  # empty: it counts

    @property
    def counts(self) -> bool:
        """Tell whether it is consent to this very change, at this instant."""
        return not self.against


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One clause that matched: on which side it did, and all that it asks or denies."""

    clause: Clause
    sides: tuple[Side, ...]  # none: it could not be told, or nothing else matched
    demands: tuple[Demand, ...]
    denials: tuple[Denied, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A verdict with all that it was folded from.

    `before` is what says no, or asks, whatever the policy's clauses are.
    """

    verdict: Verdict
    said: tuple[Said, ...] = ()
    before: tuple[Demand | Denied, ...] = ()
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Changes of the plan of a commit, each with its explanation at an instant."""

    head: Commit
    ledger: LedgerId
    policy: InForce
    at: str
    changes: tuple[tuple[Change, Explanation], ...]
