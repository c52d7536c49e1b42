"""What a clause looks at: a job as it is, or as it was submitted last, in one form.

A clause has to see the same of both, so that a job does not get out of its reach by being changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner import canon, frozen, requests

if TYPE_CHECKING:
    from runner.model import Had, Job, Json

POLICY_PATH = "jobgate.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All that a clause can know of one job.

    `request` has the script by its SHA-256, as the effect has it. `labels` are None where nobody
    kept them: a clause takes such a job for one that has whichever labels it looks for.
    """

    path: str
    name: str = ""
    platform: str = ""
    scope: str = ""  # "biz/2"
    labels: tuple[tuple[str, str], ...] | None = ()
    run: int = 1
    request: dict[str, Json] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()  # labels of all that it comes to, as far as its spec says

    @property
    def is_job(self) -> bool:
        """Tell whether it is one, and not the policy, of which only the path is to be seen."""
        return bool(self.name)


# The policy's own files: they have no platform, no hosts and no labels.
POLICY = Subject(path=POLICY_PATH)


def of_job(job: Job) -> Subject:
    """Return what a clause sees of a job as it is."""
    return Subject(
        path=job.path,
        name=job.name,
        platform=job.platform.name,
        scope=_scope(job.body),
        labels=job.labels,
        run=job.run,
        request=request(job),
        hosts=frozen.hosts(job),
    )


def of_had(had: Had) -> Subject:
    """Return what a clause sees of a job as it was submitted last, or taken as had."""
    platform, _, cell = had.job.partition("/")
    known = requests.targets(had.body).hosts if had.expect_hosts is None else had.expect_hosts
    return Subject(
        path=had.path,
        name=cell.partition("[")[0],
        platform=platform,
        scope=_scope(had.body),
        labels=had.labels,
        run=had.run,
        request=had.body,
        hosts=known,
    )


def request(job: Job) -> dict[str, Json]:
    """Return a job's request as the ledger keeps it: with what its script meant, and held."""
    body = canon.effect_body(job.body, job.script)
    if job.pins:
        body["script_sha256"] = job.pins[0].sha256
        body["script_version_id"] = job.pins[0].version
    return body


def _scope(body: dict[str, Json]) -> str:
    kind, number = body.get("bk_scope_type"), body.get("bk_scope_id")
    return f"{kind}/{number}" if isinstance(kind, str) and isinstance(number, str) else ""
