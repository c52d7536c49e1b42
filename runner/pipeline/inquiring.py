"""Inquiring: what its platform says of a submission that is not over, and whether that is enough.

The recorded id is asked, and what bears the key there is looked at, as a witness.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import handles, history
from runner.errors import PlatformError, RefusedError, UnknownOutcomeError
from runner.handles import Handle
from runner.model import Had, Kind, Result
from runner.pipeline import following, standing
from runner.progress import Status

if TYPE_CHECKING:
    from runner.model import Policy
    from runner.pipeline.ports import Platform
    from runner.pipeline.world import World
    from runner.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How a submission ended, and how that is known."""

    result: Result
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why it cannot be known what became of a submission.

    `news`: the journal is to say so. `away`: its platform gave no answer this time.
    """

    why: str
    news: bool = False
    away: bool = False


Found: TypeAlias = Known | Doubt | None


def is_open(had: Had) -> bool:
    """Tell whether a submission is under way, or nobody knows what became of it."""
    return had.key is not None and (had.state in history.OPEN or history.unsettled(had))


def found(world: World, policy: Policy, had: Had) -> Found:
    """Return what became of a submission that is open; None where it goes on by itself."""
    try:
        platform = _platform(world, policy, had)
    except PlatformError as error:
        return Doubt(why=error.message)
    try:
        return _asked(platform, had)
    except (PlatformError, UnknownOutcomeError) as error:
        return Doubt(why=error.message, away=True)


def _platform(world: World, policy: Policy, had: Had) -> Platform:
    """Return the platform of a submission: the very one that created it, if any has."""
    entry = standing.entry_of(policy, had)
    if had.platform_job is None and entry is not None:
        return world.platforms(entry)
    return standing.platform_of(world, policy, had)


def _asked(platform: Platform, had: Had) -> Found:
    strays = _strays(platform, had)
    if strays:
        ids = ", ".join(map(str, strays))
        return Doubt(why=f"its key is borne by what was started there as {ids}", news=True)
    if had.platform_job is None:
        why = "" if had.result is None else had.result.detail
        return Doubt(why=why) if had.state is Kind.UNKNOWN else None
    try:
        stands = platform.status(handles.handle(had))
    except RefusedError as error:
        return Doubt(why=f"its platform does not know it: {error.message}", news=True)
    return _ended(had, stands) if history.unsettled(had) else _early(had, stands)


def _strays(platform: Platform, had: Had) -> list[int]:
    """Return the jobs that bear the key of a submission, are not the recorded one, and began."""
    scope, key = handles.scope(had.body), had.key or ""
    began: list[int] = []
    for job in platform.find(key, scope):
        if job != had.platform_job:
            with suppress(RefusedError):
                stands = platform.status(Handle(job=job, step=0, scope=scope, key=key))
                if stands.status is not Status.WAITING:
                    began.append(job)
    return began


def _early(had: Had, stands: Progress) -> Doubt | None:
    """Return a doubt about what runs although the journal says that nobody has started it."""
    if had.state is not Kind.CREATED or stands.status is Status.WAITING:
        return None
    return Doubt(why=f"it is {_state(stands)} before it was asked to start", news=True)


def _ended(had: Had, stands: Progress) -> Known | Doubt:
    """Return how a submission ended of which nobody knew; a doubt where that is not beyond one."""
    end, state = following.result(stands), _state(stands)
    if end is None:
        waits = stands.status is Status.WAITING
        later = "an order to start it may still come" if waits else "reconcile again when it ended"
        return Doubt(why=f"it is {state}: {later}")
    if end.outcome == "unknown":
        return Doubt(why=end.detail)
    if had.state is Kind.ENDED:
        return Doubt(why=f"it had ended abnormally, and is {state} now: it was carried on there")
    return Known(result=end, reason=f"its platform says so of job {had.platform_job}")


def _state(stands: Progress) -> str:
    return stands.status.name.lower().replace("_", " ")
