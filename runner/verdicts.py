"""The nouns of a verdict: what is asked, who has given it, and what says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One clause that matched a change: what it asks, who has given it, and who still could."""

    clause: str
    count: int
    given: tuple[str, ...]
    missing: int
    could: tuple[str, ...]
    line: int = field(default=0, compare=False)  # of the policy in force; 0: no line of it asks
    path: str = ""  # a file whose owners are asked; empty: anybody whom the clause names
    owners: tuple[str, ...] = ()  # of that file, as CODEOWNERS names them


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
    """Something says no, whoever consents.

    `lifts` where the change may pass as it is later, so that consent is not in vain: a window
    opens, or the same job has succeeded elsewhere. `demands` are what is asked besides.
    """

    by: str
    reason: str
    mend: str
    lifts: bool = False
    opens: str = ""  # when a window does, and `NEVER` where none will; empty: none is shut
    demands: tuple[Demand, ...] = ()
    line: int = field(default=0, compare=False)  # as a demand's


Verdict: TypeAlias = Approved | Waiting | Denied
