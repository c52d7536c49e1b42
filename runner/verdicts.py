"""The nouns of a verdict: what is asked, who has given it, and what says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One clause that matched a change: what it asks, who has given it, and who still could."""

    clause: str
    count: int
    given: tuple[str, ...]
    missing: int
    could: tuple[str, ...]
    line: int = 0  # of the policy in force; 0 where no line of it asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Every demand is met, or `broken` says who broke the glass, and why."""

    demands: tuple[Demand, ...]
    broken: tuple[str, str] | None = None  # by whom, and the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """At least one demand is not met yet."""

    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Something says no, whoever consents. `lifts` where only time is in the way."""

    by: str
    reason: str
    mend: str
    lifts: bool = False


Verdict: TypeAlias = Approved | Waiting | Denied
