"""The table of a plan's changes: what each is, where it goes, and whom it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import POLICY, Job, Symbol
from runner.report import inert
from runner.report.comment import amounts, judged
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from runner.model import Change, Planned

HEADER = "| | Job | Platform | Hosts | Batches | Needs |\n|---|---|---|--:|--:|---|"
WORDS = {"+": "new", "~": "altered", "≈": "drifted", "-": "removed"}
_AMOUNT = amounts.Amount(lines=0, listed=2, names=4, text=80)  # a row is for a glance
_NAME = 160  # bytes


def row(planned: Planned, change: Change) -> str:
    """Return a change as a row."""
    platform, _, name = change.job.partition("/")
    if change.job == POLICY:
        platform, name = "", change.job
    job = change.wanted if isinstance(change.wanted, Job) else None
    hosts, batches = size(job) if job else ("", "")
    cells = (
        f"{inert.code(change.symbol.value)}&nbsp;{WORDS[change.symbol]}",
        inert.code(name, _NAME),
        inert.code(platform, _AMOUNT.text) if platform else "",
        hosts,
        batches,
        _said(planned, change),
    )
    return f"| {' | '.join(map(inert.celled, cells))} |"


def size(job: Job) -> tuple[str, str]:
    """Return how many hosts and batches there are, as far as it is known."""
    more = f" + {len(job.targets.open)} open" if job.targets.open else ""
    if more and job.expect_hosts is not None:
        return f"{len(job.expect_hosts)} expected", ""
    return f"{len(job.targets.hosts)}{more}", str(len(job.batches) or "")


def _said(planned: Planned, change: Change) -> str:
    state = judged.state(planned, change).replace(" ", "&nbsp;", 1)
    if not change.runs:
        mend = f": raise {inert.code('metadata.run')} to run it"
        return state + mend * (change.symbol is Symbol.DRIFTED)
    said = planned.verdicts[change.job]
    lacks = judged.needs(said, _AMOUNT)
    if isinstance(said, Denied):
        return f"{state} {judged.no(said, _AMOUNT)}{'; besides, waits for ' * bool(lacks)}{lacks}"
    if isinstance(said, Approved):
        return f"{state}{judged.consent(said, _AMOUNT)}"
    return f"{state} for {lacks}"
