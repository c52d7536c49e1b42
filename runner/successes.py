"""On which platforms the very same job has succeeded, as the ledger has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import subjects
from runner.model import Job, JobId, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Change, Had, Json, Ledger, Policy

_NUMBER, _CONTENT = "script_version_id", "script_sha256"


def asked(policy: Policy) -> frozenset[str]:
    """Return the platforms on which some clause has jobs succeed first."""
    return frozenset(name for clause in policy.clauses for name in clause.succeeded)


def platforms(ledger: Ledger, change: Change, among: Iterable[str]) -> frozenset[str]:
    """Return those platforms of `among` on which the wanted job succeeded when it ran last."""
    job = change.wanted
    if not isinstance(job, Job):
        return frozenset()
    name = job.id.split("/", 1)[1]
    found = {each: ledger.jobs.get(JobId(f"{each}/{name}")) for each in among}
    return frozenset(each for each, had in found.items() if had is not None and _did(had, job))


def _did(had: Had, job: Job) -> bool:
    """Tell whether the last submission was of this very job, and succeeded."""
    over = had.state is Kind.ENDED and not had.removed
    if not over or had.result is None or had.result.outcome != "succeeded":
        return False
    return had.spec == job.spec and _asked(had.body) == _asked(subjects.request(job))


def _asked(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a request without the number of a version whose content is known.

    Each platform numbers its own.
    """
    known = _CONTENT in body
    return {name: value for name, value in body.items() if not (known and name == _NUMBER)}
