"""What a verdict comes to, for somebody who has ten seconds: who is missing, or what says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import POLICY, Symbol
from runner.report import inert, plain
from runner.report.comment import amounts
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Change, Planned
    from runner.report.comment.amounts import Amount
    from runner.verdicts import Demand, Verdict

DENIED, WAITING, APPROVED = "✗ denied", "○ waiting", "✓ approved"
DRIFTED, REMOVED = "≈ not run", "- nothing runs"
_RANKS = (DENIED, WAITING, APPROVED, DRIFTED, REMOVED)


def state(planned: Planned, change: Change) -> str:
    """Return in a word, beside its symbol, what becomes of a change."""
    if not change.runs:
        return REMOVED if change.symbol is Symbol.REMOVED else DRIFTED
    said = planned.verdicts[change.job]
    if isinstance(said, Denied):
        return DENIED
    return APPROVED if isinstance(said, Approved) else WAITING


def ordered(planned: Planned) -> tuple[Change, ...]:
    """Return the changes, the most important first: what is denied, what waits, all the rest."""
    return tuple(
        sorted(
            planned.plan.changes,
            key=lambda each: (_RANKS.index(state(planned, each)), each.job),
        )
    )


def missing(said: Verdict) -> tuple[Demand, ...]:
    """Return what is asked, and would help, and has not been given."""
    if isinstance(said, Approved) or (isinstance(said, Denied) and not said.lifts):
        return ()
    return tuple(demand for demand in said.demands if demand.missing)


def could(said: Verdict) -> frozenset[str]:
    """Return who could give something of what is missing."""
    return frozenset(name for demand in missing(said) for name in demand.could)


def needs(said: Verdict, amount: Amount) -> str:
    """Return what a change waits for: each demand once."""
    lacks = list(dict.fromkeys(need(each, amount) for each in missing(said)))
    shown, more = amounts.first(lacks, amount.listed)
    return "; ".join([*shown, *[more] * bool(more)])


def need(demand: Demand, amount: Amount) -> str:
    """Return what a demand still waits for."""
    if demand.clause == POLICY:
        return f"{inert.code(POLICY)} to be accepted first"
    who = _who(demand, amount)
    if not demand.path:
        return who
    return f"{who}, for {inert.code(demand.path, amount.text)}"


def names(found: Iterable[str], amount: Amount, last: str = ", ") -> str:
    """Return names, with a word before the last one."""
    shown, more = amounts.first(tuple(found), amount.names)
    written = [inert.code(name, amount.text) for name in shown]
    if more:
        return f"{', '.join(written)} {more}"
    return last.join(filter(None, (", ".join(written[:-1]), written[-1])))


def no(said: Denied, amount: Amount) -> str:
    """Return what says no, and why."""
    return f"by {inert.code(said.by, amount.text)}: {inert.code(said.reason, amount.text)}"


def consent(said: Approved, amount: Amount) -> str:
    """Return by whom a change is approved; empty where nobody is asked."""
    if said.broken is not None:
        return f" by {inert.code(said.broken[0], amount.text)}, who broke the glass"
    given = sorted({name for demand in said.demands for name in demand.given})
    return f" by {names(given, amount, ' and ')}" if given else ""


def _who(demand: Demand, amount: Amount) -> str:
    able, lacks = demand.could, plain.count(demand.missing, "approval")
    if not able:
        return f"{lacks} that nobody whom the policy lists can give"
    if demand.missing > len(able):
        return f"{lacks}, of which only {names(able, amount, ' and ')} could give any"
    if demand.missing == len(able):
        return f"approval by {names(able, amount, ' and ')}"
    if demand.missing == 1:
        return f"approval by {names(able, amount, ' or ')}"
    return f"approval by {demand.missing} of {names(able, amount)}"
