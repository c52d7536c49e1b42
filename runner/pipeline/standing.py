"""How jobs stand on their platforms, their logs, and the word that a waiting one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import handles
from runner.errors import CheckError, PlatformError
from runner.model import Event, Had, JobId, Kind, Ledger, Policy, Progress, Status
from runner.pipeline import planning

if TYPE_CHECKING:
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World


def status(world: World, name: str | None) -> tuple[Ledger, dict[JobId, Progress]]:
    """Return the ledger, and how each job that is being carried on (or `name`) stands."""
    ledger = planning.ledger(world)
    policy = planning.in_force(world, ledger.policy)
    looked_at = [job_named(ledger, name)] if name else list(ledger.jobs.values())
    hosts: dict[JobId, Progress] = {}
    for had in looked_at:
        if had.platform_job is not None and (name or had.state is Kind.STARTED):
            hosts[had.job] = _platform(world, policy, had).status(handles.handle(had))
    return ledger, hosts


def logs(world: World, name: str, host: str | None) -> tuple[tuple[str, str], ...]:
    """Return (host, log) for the hosts of a job's last submission."""
    ledger = planning.ledger(world)
    had = _submitted(job_named(ledger, name))
    platform = _platform(world, planning.in_force(world, ledger.policy), had)
    return tuple(platform.logs(handles.handle(had), host))


def resume(world: World, name: str) -> Had:
    """Let a job that waits for a person go on with its next batch."""
    ledger = planning.ledger(world)
    had = _submitted(job_named(ledger, name))
    platform = _platform(world, planning.in_force(world, ledger.policy), had)
    stands = platform.status(handles.handle(had)).status
    if stands is not Status.CONFIRM:
        raise CheckError(
            f"cannot resume {had.job}: it does not wait, it is {stands.name.lower()}",
            mend=f"look at `jobgate status {had.job}`",
        )
    platform.confirm(handles.handle(had))
    world.tell(Event(job=had.job, text="the next batch was confirmed"))
    return had


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


def _submitted(had: Had) -> Had:
    if had.platform_job is None:
        raise CheckError(
            f"cannot show {had.job}: it was not submitted yet", mend="approve and apply it first"
        )
    return had


def _platform(world: World, policy: Policy, had: Had) -> Platform:
    name = had.job.split("/", 1)[0]
    entry = next((each for each in policy.platforms if each.name == name), None)
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
