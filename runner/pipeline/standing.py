"""How jobs stand on their platforms, and what their hosts printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import handles
from runner.errors import CheckError, PlatformError, RefusedError, UnknownOutcomeError
from runner.model import Had, Job, JobId, Kind, Ledger, Policy
from runner.pipeline import planning, withholding

if TYPE_CHECKING:
    from runner.model import PlatformEntry
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World
    from runner.progress import Progress

# In these a platform may run a job, or may have come to rest with it and nobody has noted it yet.
UNDER_WAY = frozenset({Kind.STARTING, Kind.STARTED, Kind.STEERING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where jobs stand: in the ledger, on their platforms, and why one could not be asked."""

    ledger: Ledger
    hosts: dict[JobId, Progress]
    unasked: dict[JobId, str]


def status(world: World, name: str | None) -> Standing:
    """Return how each job that is being carried on stands, or `name` alone, whatever its state.

    Raise PlatformError where `name` cannot be asked for; without it the others are shown.
    """
    ledger = planning.ledger(world)
    policy = planning.in_force(world, ledger.policy)
    if name:
        had = job_named(ledger, name)
        there = {} if had.platform_job is None else {had.job: _asked(world, policy, had)}
        return Standing(ledger=ledger, hosts=there, unasked={})
    hosts: dict[JobId, Progress] = {}
    unasked: dict[JobId, str] = {}
    shut: dict[tuple[str, str | None], str] = {}  # a platform that gave no answer is asked once
    for had in ledger.jobs.values():
        place = (had.job.split("/", 1)[0], had.instance)
        if had.platform_job is None or had.state not in UNDER_WAY:
            continue
        if place in shut:
            unasked[had.job] = f"not asked again: {shut[place]}"
            continue
        try:
            hosts[had.job] = _asked(world, policy, had)
        except RefusedError as error:
            unasked[had.job] = error.message
        except (PlatformError, UnknownOutcomeError) as error:
            unasked[had.job] = shut[place] = error.message
    return Standing(ledger=ledger, hosts=hosts, unasked=unasked)


def _asked(world: World, policy: Policy, had: Had) -> Progress:
    return platform_of(world, policy, had).status(handles.handle(had))


def logs(
    world: World, name: str, host: str | None, *, redact: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return (host, log) for the hosts of a job's last submission.

    Raise CheckError where they may not be shown; `redact` as `withholding` has it.
    """
    ledger = planning.ledger(world)
    had = submitted(job_named(ledger, name))
    policy = planning.in_force(world, ledger.policy)
    platform = platform_of(world, policy, had)
    withholding.opened(world, had, policy, redact=redact)
    found = platform.logs(handles.handle(had), host)
    return tuple((label, world.secrets.hidden(log)) for label, log in found)


def job_named(ledger: Ledger, name: str) -> Had:
    """Return the one job of the ledger that `name` (its id, or that without platform) names."""
    found = [had for had in ledger.jobs.values() if name in {had.job, had.job.split("/", 1)[-1]}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(had.job for had in found or ledger.jobs.values()) or "nothing"
    raise CheckError(
        f"cannot find {name}: the ledger has {len(found) or 'no'} such jobs",
        mend=f"name one of {known}",
    )


def submitted(had: Had) -> Had:
    """Return `had`; raise CheckError where no platform has it."""
    if had.platform_job is None:
        raise CheckError(
            f"cannot show {had.job}: it was not submitted yet", mend="approve and apply it first"
        )
    return had


def platform_of(world: World, policy: Policy, had: Had) -> Platform:
    """Return the platform of a job, as the policy in force defines it; the one that created it."""
    name, entry = had.job.split("/", 1)[0], entry_of(policy, had)
    if entry is None:
        raise PlatformError(
            f"cannot ask {name}: the policy in force names no such platform",
            mend="put it back into jobgate.yaml",
        )
    platform = world.platforms(entry)
    if platform.instance != had.instance:
        raise PlatformError(
            f"cannot ask {name}: {had.job} lives on its instance {had.instance}",
            mend=f"this machine has {platform.instance}; run this where it was applied",
        )
    return platform


def entry_of(policy: Policy, had: Had) -> PlatformEntry | None:
    """Return the platform of a job as `policy` names it, or None where it does not."""
    name = had.job.split("/", 1)[0]
    return next((each for each in policy.platforms if each.name == name), None)


def at_home(job: Job, policy: Policy) -> Job:
    """Return the job with its platform as `policy` has it, if that is the same one still.

    How one gets there, and which paths lead there, may have been changed since it was submitted.
    """
    for entry in policy.platforms:
        if _address(entry) == _address(job.platform):
            return replace(job, platform=entry)
    return job


def _address(entry: PlatformEntry) -> tuple[str, ...]:
    """Return what makes a platform that one, as the effect of its jobs has it."""
    return (entry.name, entry.type, entry.url, entry.stage, entry.tenant, entry.application)
