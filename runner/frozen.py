"""What a platform froze when it created a job, against what was reviewed: pure.

What is compared is what a platform shows: the script, the account, and the hosts. Groups and nodes
have become hosts by then, so that only now can be said whether they are those that were expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import canon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.model import Job, Sha256

_SHOWN = 5  # labels that a sentence names
_DIGITS = 12  # of a SHA-256 that a sentence shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A host or container of a job: its label, and the id of a host (0: it has none)."""

    label: str
    id: int = 0

    @property
    def names(self) -> tuple[str, str]:
        """Return what a spec may call it."""
        return self.label, f"#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What a platform shows of a job as it was created; None for each part that it does not show.

    `script` is the SHA-256 of the script's bytes; `targets` are in the order of the batches.
    """

    script: Sha256 | None = None
    account_id: int | None = None
    alias: str | None = None
    targets: tuple[Target, ...] | None = None


def hosts(job: Job) -> tuple[str, ...]:
    """Return the labels of all that a job is to come to, as far as its spec says."""
    return job.targets.hosts if job.expect_hosts is None else job.expect_hosts


def expects(job: Job) -> bool:
    """Tell whether a job may be started only where its platform shows which hosts it froze."""
    return bool(job.targets.open) or job.expect_hosts is not None


def differences(job: Job, shown: Frozen) -> tuple[str, ...]:
    """Return in words each way in which what was frozen is not what was reviewed."""
    script, account, alias = _script(job), _account(job), _alias(job)
    found: list[str] = []
    if None not in (script, shown.script) and script != shown.script:
        found.append(f"its script is {_short(shown.script)} and not {_short(script)}")
    if None not in (account, shown.account_id) and account != shown.account_id:
        found.append(f"its account is number {shown.account_id} and not {account}")
    if None not in (alias, shown.alias) and alias != shown.alias:
        found.append(f"its account is {shown.alias} and not {alias}")
    if shown.targets is not None:
        found += _of_hosts(job, shown.targets)
    return tuple(found)


def listed(labels: Sequence[str]) -> str:
    """Return labels as a sentence names them: the first few, and how many more there are."""
    more = len(labels) - _SHOWN
    return ", ".join(labels[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


# ---------------------------------------------------------------- parts


def _script(job: Job) -> Sha256 | None:
    """Return the SHA-256 of what was reviewed: the script itself, or what the lock pins."""
    if job.script is not None:
        return canon.sha256(job.script)
    return job.pins[0].sha256 if len(job.pins) == 1 else None


def _account(job: Job) -> int | None:
    """Return the number of the account where it is the number that counts."""
    number = job.body.get("account_id")
    return number if type(number) is int and number > 0 else None


def _alias(job: Job) -> str | None:
    alias = job.body.get("account_alias")
    return alias if isinstance(alias, str) and _account(job) is None else None


def _of_hosts(job: Job, targets: Sequence[Target]) -> Iterator[str]:
    wanted = set(hosts(job))
    known = {name for target in targets for name in target.names}
    more = [each.label for each in targets if wanted.isdisjoint(each.names)]
    missing = [label for label in hosts(job) if label not in known]
    if more:
        yield f"{_counted(more)} in addition: {listed(more)}"
    if missing:
        yield f"{_counted(missing)} missing: {listed(missing)}"
    if not (more or missing or job.targets.open) and len(job.batches) > 1:
        yield from _of_order(job.targets.hosts, targets)


def _of_order(planned: Sequence[str], targets: Sequence[Target]) -> Iterator[str]:
    """Yield the first place at which batches of other hosts begin than the plan shows."""
    for place, label in enumerate(planned, start=1):
        there = targets[place - 1] if place <= len(targets) else None
        if there is None or label not in there.names:
            said = "none" if there is None else there.label
            yield f"its batches are of other hosts: number {place} is {said} and not {label}"
            return


def _counted(labels: Sequence[str]) -> str:
    return f"{len(labels)} host{'s' * (len(labels) != 1)}"


def _short(sha256: Sha256 | None) -> str:
    return str(sha256)[:_DIGITS]
