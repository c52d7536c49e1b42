"""A change in a line: how much of it differs, and how far it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.model import Job, PolicyFiles
from runner.report import plain, seen
from runner.report.comment import rows

if TYPE_CHECKING:
    from runner.explanations import Explanation
    from runner.model import Change, Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change of a plan with what its verdict is made of, and the lines of its script's diff."""

    planned: Planned
    change: Change
    explanation: Explanation
    script: tuple[str, ...]


def told(planned: Planned, change: Change, explanation: Explanation) -> Told:
    """Return all that a fold tells. The two lines that name the sides of a diff are left out."""
    lines = seen.script(planned, change)
    differs = bool(lines) and not lines[0].startswith("+")
    return Told(
        planned=planned,
        change=change,
        explanation=explanation,
        script=lines[2:] if differs else lines,
    )


def gist(said: Told) -> list[str]:
    """Return what differs, and on how many hosts it runs."""
    added, taken = (sum(each.startswith(sign) for each in said.script) for sign in "+-")
    lines = f"+{added} -{taken}"
    change = said.change
    if isinstance(change.wanted, PolicyFiles):
        shifts = seen.policy_shifts(said.planned, change)
        looser = sum(each.way in {"looser", "unclear"} for each in shifts)
        ways = f"looser in {plain.count(looser, 'way')}" if looser else "nothing looser"
        return [ways, f"files {lines}"]
    if not isinstance(change.wanted, Job):
        return []
    fields = len(seen.fields(change)) if change.had is not None else 0
    parts = [plain.count(fields, "field")] * bool(fields) + [f"script {lines}"] * bool(said.script)
    return [*parts, where(change.wanted)]


def where(job: Job) -> str:
    """Return on how many hosts a job runs, and in how many batches."""
    hosts, batches = rows.size(job)
    rolls = f" in {batches} {'batch' if batches == '1' else 'batches'}" if batches else ""
    return f"{hosts} {'host' if hosts == '1' else 'hosts'}{rolls}"
