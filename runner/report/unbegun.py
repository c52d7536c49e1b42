"""A commit where no ledger has begun: that nothing is judged, and how to begin one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report import inert

if TYPE_CHECKING:
    from runner.model import Commit


def text(jobs: int, head: Commit) -> str:
    """Return it for people at a terminal; `jobs` are as many as the commit has."""
    return f"No ledger: nothing of {head[:12]} is judged, and nothing runs.\nmend: {_mend(jobs)}\n"


def markdown(jobs: int, head: Commit) -> str:
    """Return it for people who look at a pull request."""
    return (
        "### ○ No ledger yet\n\n"
        f"Nothing of {inert.code(head)} is judged, and nothing runs, until a ledger has begun.\n\n"
        f"To begin it, {_mend(jobs)}.\n"
    )


def _mend(jobs: int) -> str:
    had = f"it takes the jobs there as had, {jobs} of this commit, and runs none"
    return f"run `jobgate adopt` once, on the branch that is to be applied: {had}"
