"""Whether a change may run: one pure function over the change, the policy, evidence, an instant.

Evidence is gathered by others and verified before it comes here. Each clause that matches says
what it demands and denies (`parts`), by what counts as consent (`consents`); what all of them say
is folded into one verdict, in which the strictest wins. An explanation is the same with all that
it was folded from. What is absent denies, and so does whatever goes wrong.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runner import clauses, consents, frozen, instants, parts, pins, secretgrants, subjects
from runner.explanations import Explanation, Said
from runner.model import POLICY, Change, Job, LedgerId, Policy, Symbol
from runner.verdicts import NEVER, Approved, Demand, Denied, Verdict, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from runner.consents import Question
    from runner.evidence import Evidence
    from runner.explanations import Given, Side
    from runner.parts import Word
    from runner.subjects import Subject
    from runner.terms import Clause


# Nobody can give this one: `apply` accepts the policy, and the job is judged by it then.
_FIRST_THE_POLICY = Demand(clause=POLICY, count=1, given=(), missing=1, could=())


def verdict(
    change: Change, *, ledger: LedgerId, policy: Policy, evidence: Evidence, at: datetime
) -> Verdict:
    """Return the verdict on `change` under `policy`, the one in force, at an instant."""
    return explanation(change, ledger=ledger, policy=policy, evidence=evidence, at=at).verdict


def explanation(
    change: Change, *, ledger: LedgerId, policy: Policy, evidence: Evidence, at: datetime
) -> Explanation:
    """Return the verdict with every word that led to it."""
    if change.symbol is Symbol.REMOVED:
        return Explanation(verdict=Approved(demands=()))
    asked = consents.Question(change=change, ledger=ledger, policy=policy, evidence=evidence, at=at)
    try:
        found = parts.guarded(lambda: (*consents.given(asked), *consents.broken(asked)))
    except parts.PartError as error:
        no = Denied(
            by="evidence",
            reason=f"it cannot be judged: {error}",
            mend="report it with what was given for this change",
        )
        return Explanation(verdict=no, before=(no,))
    said = tuple(_said(asked, found))
    before = tuple(_before(change, policy, at))
    words = [*before]
    for each in said:
        words += [*each.denials, *each.demands]
    return Explanation(verdict=_folded(words, found), said=said, before=before, given=found)


def limit(change: Change, policy: Policy) -> Clause | None:
    """Return the clause that allows the job the fewest hosts, or None where no clause bounds it."""
    return clauses.narrowest(clause for clause, _, _ in _matched(change, policy))


# ---------------------------------------------------------------- what each clause says


def _said(asked: Question, found: Iterable[Given]) -> Iterator[Said]:
    consenting = frozenset(each.by for each in found if each.counts and each.how != "break-glass")
    for clause, sides, error in _matched(asked.change, asked.policy):
        case = parts.Case(asked=asked, clause=_strict(asked.change, clause), consenting=consenting)
        words = parts.words(case, parts.PARTS) if error is None else (parts.failed(clause, error),)
        yield Said(
            clause=clause,
            sides=sides,
            demands=tuple(word for word in words if isinstance(word, Demand)),
            denials=tuple(word for word in words if isinstance(word, Denied)),
        )


def _matched(
    change: Change, policy: Policy
) -> Iterator[tuple[Clause, tuple[Side, ...], parts.PartError | None]]:
    """Yield each clause that matches the job as it is or as it was, and what went wrong with one.

    A side that nothing matches is one for the default clause, whatever matches the other: else a
    job would get from a folder where nobody is asked to any other.
    """
    sides: dict[int, tuple[Side, ...]] = {}
    wrong: dict[int, parts.PartError] = {}
    for side, subject in _sides(change):
        for clause, error in _matching(policy, subject):
            sides[id(clause)] = (*sides.get(id(clause), ()), side)
            wrong |= {} if error is None else {id(clause): error}
    for clause in (*policy.clauses, clauses.DEFAULT):
        if id(clause) in sides:
            yield clause, sides[id(clause)], wrong.get(id(clause))


def _matching(policy: Policy, subject: Subject) -> list[tuple[Clause, parts.PartError | None]]:
    """Return each clause that matches one side, or of which nobody can tell whether it does."""
    found: list[tuple[Clause, parts.PartError | None]] = []
    for clause in policy.clauses:
        try:
            if parts.guarded(partial(clauses.matches, clause, subject)):
                found.append((clause, None))
        except parts.PartError as error:
            found.append((clause, error))
    return found or [(clauses.DEFAULT, None)]


def _sides(change: Change) -> Iterator[tuple[Side, Subject]]:
    """Yield what clauses look at: the job as it is, and as it was submitted last."""
    job = change.wanted
    yield "as it is", subjects.of_job(job) if isinstance(job, Job) else subjects.POLICY
    if change.had is not None:
        yield "as it was", subjects.of_had(change.had)


def _strict(change: Change, clause: Clause) -> Clause:
    """Return the clause, or for the policy itself one that asks for at least one approval."""
    return replace(clause, count=max(1, clause.count)) if change.job == POLICY else clause


# ---------------------------------------------------------------- what all of them come to


def _folded(words: list[Word], found: Iterable[Given]) -> Verdict:
    demands = tuple(word for word in words if isinstance(word, Demand))
    denials = [word for word in words if isinstance(word, Denied)]
    unmet = [demand for demand in demands if demand.missing]
    final = [word for word in denials if not word.opens]
    if final:
        return replace(min(final, key=_gravity), demands=demands)
    if not denials and not unmet:
        return Approved(demands=demands)
    glass = next((each for each in found if each.how == "break-glass" and each.counts), None)
    if glass is not None and _FIRST_THE_POLICY not in unmet:
        return Approved(demands=demands, broken=(glass.by, glass.reason))
    if denials:
        return replace(max(denials, key=_opening), demands=demands)
    return Waiting(demands=demands)


def _gravity(no: Denied) -> tuple[bool, bool, str, str]:
    """Return what denials are sorted by: for good first, then what no clause is needed for."""
    return no.lifts, no.line > 0, no.by, no.reason


def _opening(no: Denied) -> tuple[bool, str, str]:
    return no.opens == NEVER, no.opens, no.by


# ---------------------------------------------------------------- whatever the clauses are


def _before(change: Change, policy: Policy, at: datetime) -> Iterator[Word]:
    """Yield what denies or is demanded under every policy."""
    job = change.wanted
    if not isinstance(job, Job):
        return
    if job.expires is not None and instants.written(at)[:10] > job.expires:
        yield Denied(
            by="expires",
            reason=f"it expired on {job.expires}",
            mend="raise `metadata.expires`, and have it reviewed again",
        )
    if change.had is not None and job.run < change.had.run:
        yield Denied(
            by="run",
            reason=f"`run` went down from {change.had.run} to {job.run}",
            mend=f"set `metadata.run` to {change.had.run}, or higher to run again",
        )
    if job.expect_hosts is None and job.targets.open:
        yield Denied(
            by="expect_hosts",
            reason=f"only the platform can tell which hosts {frozen.listed(job.targets.open)} is",
            mend="list the hosts that it must come to in `expect_hosts`, beside `request`",
        )
    if _rerouted(job, policy):
        yield _FIRST_THE_POLICY


def _rerouted(job: Job, policy: Policy) -> bool:
    """Tell whether the policy in force does not have the job's platform, secrets, script like that.

    Whoever defines a platform decides where every job of it runs, whoever says where a secret is
    found decides what a job is given, and whoever pins a script what it does: that is consented to
    first.
    """
    return not (
        job.platform in policy.platforms
        and secretgrants.same(job, policy)
        and pins.same(job, policy)
    )
