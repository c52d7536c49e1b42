"""How far a ledger has come from its beginning: the jobs that it does not hold as it did then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Had


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What the ledger held of jobs when it began, and what it holds of them now.

    `began` is how many jobs it held then. `jobs` are those that it does not hold as it did, each as
    it was (None: not at all) and as it is.
    """

    began: int
    jobs: tuple[tuple[Had | None, Had | None], ...]
