"""What is asked of platforms about the jobs of a wave: of each as many at a time as it takes.

Trouble with one job stops only that one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from runner.errors import PlatformError, RefusedError, RunnerError, UnknownOutcomeError
from runner.model import Kind, Result
from runner.pipeline import drafting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from runner.model import Draft, Had, JobId
    from runner.pipeline.ports import Platform
    from runner.pipeline.wave import Task, Wave

T = TypeVar("T")
Asked: TypeAlias = "tuple[Task, Had]"


def drafts(
    wave: Wave,
    state: Kind,
    act: Callable[[Task, Had], Draft | None],
    *,
    of: Collection[JobId] | None = None,
) -> dict[JobId, Draft]:
    """Return what `act` drafts for each task at `state` (`of` some jobs), one after the other."""
    made: dict[JobId, Draft] = {}
    for task, had in _among(wave, state, of):
        try:
            draft = act(task, had)
        except (PlatformError, UnknownOutcomeError) as error:
            draft = _trouble(wave, task, had, error)
        if draft is not None:
            made[task.id] = draft
    return made


def answers(
    wave: Wave,
    state: Kind,
    ask: Callable[[Platform, Task, Had], T],
    *,
    of: Collection[JobId] | None = None,
    drafts: dict[JobId, Draft],
) -> dict[JobId, T]:
    """Return what `ask` gets for each task at `state` (`of` some jobs).

    Where a job is refused, its draft goes into `drafts`; where nobody answers, it comes to rest.
    """
    found = asked(wave, _among(wave, state, of), ask)
    got: dict[JobId, T] = {}
    for task, had in _among(wave, state, of):
        answer = found[task.id]
        if not isinstance(answer, RunnerError):
            got[task.id] = answer
        elif (draft := _trouble(wave, task, had, answer)) is not None:
            drafts[task.id] = draft
    return got


def asked(
    wave: Wave, some: Sequence[Asked], ask: Callable[[Platform, Task, Had], T]
) -> dict[JobId, T | RunnerError]:
    """Return what `ask` gets for each of `some`, or why there is no answer."""
    got: dict[JobId, T | RunnerError] = {}
    for entry in dict.fromkeys(task.platform for task, _ in some):
        mine = [each for each in some if each[0].platform == entry]
        try:
            platform = wave.world.platforms(entry)
        except PlatformError as error:
            got |= dict.fromkeys((task.id for task, _ in mine), error)
            continue

        def one(each: Asked, platform: Platform = platform) -> T | RunnerError:
            try:
                return ask(platform, *each)
            except (PlatformError, UnknownOutcomeError) as error:
                return error

        found = zip(mine, _mapped(one, mine, platform.lanes), strict=True)
        got |= {task.id: answer for (task, _), answer in found}
    return got


def _among(wave: Wave, state: Kind, of: Collection[JobId] | None) -> list[Asked]:
    return [(task, had) for task, had in wave.at(state) if of is None or task.id in of]


def _mapped(one: Callable[[Asked], T], some: Sequence[Asked], lanes: int) -> list[T]:
    if lanes == 1:
        return [one(each) for each in some]
    with ThreadPoolExecutor(min(lanes, len(some))) as pool:
        return list(pool.map(one, some))


def _trouble(wave: Wave, task: Task, had: Had, error: RunnerError) -> Draft | None:
    """Return the draft about a job that is refused; one that got no answer comes to rest."""
    if isinstance(error, RefusedError):
        result = Result(outcome="refused", detail=error.message)
        return drafting.ended(had, Kind.REFUSED, result)
    code = UnknownOutcomeError if had.state is Kind.STARTING else PlatformError
    wave.rest(task.id, had.state.value, f"{error.message}; apply again to go on", code.exit_code)
    return None
