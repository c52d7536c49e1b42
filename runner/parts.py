"""What one clause demands of a change, or denies it: a list of parts, each about one thing.

A part looks at a case and yields what it demands and what says no; without anything it is content.
Whatever goes wrong in one denies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from runner import frozen, instants, owners, windows
from runner.model import Job, Json
from runner.verdicts import NEVER, Demand, Denied

if TYPE_CHECKING:
    from runner.consents import Question
    from runner.terms import Clause

T = TypeVar("T")

_MOST = 200  # characters of what went wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One clause that matched a change, and who has consented to it."""

    asked: Question
    clause: Clause
    consenting: frozenset[str]


Word: TypeAlias = Demand | Denied
Part: TypeAlias = Callable[[Case], Iterable[Word]]


class PartError(Exception):
    """Something went wrong where a clause was judged."""


def words(case: Case, parts: Iterable[Part]) -> tuple[Word, ...]:
    """Return all that the clause demands and denies; where a part fails, that alone denies."""
    try:
        return guarded(lambda: tuple(word for part in parts for word in part(case)))
    except PartError as error:
        return (failed(case.clause, error),)


def failed(clause: Clause, error: Exception) -> Denied:
    """Return the denial that a clause is which cannot be judged."""
    return _no(clause, f"it cannot be judged: {error}", "mend the clause, and have that approved")


def guarded(call: Callable[[], T]) -> T:
    """Return what `call` does; whatever goes wrong in it is a PartError."""
    try:
        return call()
    except Exception as error:
        raise PartError(f"{type(error).__name__}: {error}"[:_MOST]) from error


def _no(clause: Clause, reason: str, mend: str) -> Denied:
    return Denied(by=clause.name, reason=reason, mend=mend, line=clause.line)


# ---------------------------------------------------------------- consent


def approvals(case: Case) -> Iterator[Word]:
    """Ask for as many people as the clause does, of those whom it names, or of everybody."""
    clause, people = case.clause, case.asked.people
    yield _demand(case, people.called(clause.people) if clause.people else people.names)


def owned(case: Case) -> Iterator[Word]:
    """Ask for one owner of each file that the job is made from, or was in when it was submitted."""
    if not case.clause.owners:
        return
    groups: dict[tuple[str, ...], str] = {}
    for path in _paths(case):
        names = owners.of(case.asked.policy.owned, path)
        if names is not None:
            groups.setdefault(names, path)
    for names, path in groups.items():
        meant = frozenset().union(*map(case.asked.people.owner, names))
        yield _demand(case, meant, path=path, names=names)


def _demand(
    case: Case, meant: frozenset[str], *, path: str = "", names: tuple[str, ...] = ()
) -> Demand:
    count = case.clause.count if not path else 1
    given = meant & case.consenting
    return Demand(
        clause=case.clause.name,
        count=count,
        given=tuple(sorted(given)),
        missing=max(0, count - len(given)),
        could=tuple(sorted(meant - given - case.asked.makers)),
        line=case.clause.line,
        path=path,
        owners=names,
    )


def _paths(case: Case) -> list[str]:
    change = case.asked.change
    found = set() if change.had is None else {change.had.path}
    if change.wanted is not None:
        found |= {source.path for source in change.wanted.sources}
    if isinstance(change.wanted, Job):
        found.add(change.wanted.path)
    return sorted(found)


# ---------------------------------------------------------------- what says no


def denied(case: Case) -> Iterator[Word]:
    """Deny what the clause denies."""
    clause = case.clause
    if clause.deny:
        mend = f"change what makes {clause.name} match, or have the clause changed"
        yield _no(clause, clause.deny, mend)


def bounded(case: Case) -> Iterator[Word]:
    """Deny a job on more hosts than the clause allows."""
    job, clause = case.asked.change.wanted, case.clause
    if clause.max_hosts is None or not isinstance(job, Job):
        return
    count = len(frozen.hosts(job))
    if count > clause.max_hosts:
        yield _no(
            clause,
            f"it is for {count} hosts, and {clause.name} allows {clause.max_hosts}",
            "name fewer hosts, or split it into several jobs",
        )


def said(case: Case) -> Iterator[Word]:
    """Deny a job whose `change` does not say what the clause requires."""
    job, clause = case.asked.change.wanted, case.clause
    if not isinstance(job, Job):
        return
    missing = [name for name in clause.fields if _blank(job.change.get(name))]
    if missing:
        names = ", ".join(missing)
        yield _no(clause, f"its `change` has no {names}", f"add {names} to `change` in the spec")


def _blank(value: Json) -> bool:
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


def succeeded(case: Case) -> Iterator[Word]:
    """Deny a job that has not succeeded where the clause has it succeed first."""
    job, clause = case.asked.change.wanted, case.clause
    if not isinstance(job, Job):
        return
    lacking = [
        name
        for name in clause.succeeded
        if name not in case.asked.evidence.succeeded and name != job.platform.name
    ]
    if lacking:
        names = ", ".join(lacking)
        mend = f"let it run on {names} first, and apply again when it has succeeded"
        no = _no(clause, f"the same job has not succeeded on {names}", mend)
        yield replace(no, lifts=True)


def shut(case: Case) -> Iterator[Word]:
    """Deny the start of a job while the clause's windows are shut; a policy may be accepted."""
    clause = case.clause
    if clause.windows is None or not isinstance(case.asked.change.wanted, Job):
        return
    until = _until(clause.windows, case.asked.at)
    if until is None:
        return
    if until >= windows.NEVER:
        no = _no(clause, "its windows do not open again", "have the clause changed")
        yield replace(no, opens=NEVER)
        return
    opens = instants.written(until)
    mend = "apply again then; it can be approved before"
    yield replace(_no(clause, f"its windows open on {opens}", mend), lifts=True, opens=opens)


# Many jobs are judged at one instant, by the same clauses.
_until = lru_cache(maxsize=256)(windows.shut)

PARTS: tuple[Part, ...] = (denied, bounded, said, succeeded, shut, approvals, owned)
