"""One wave of submissions, step by step (design 6), each step one append for the whole wave.

1. `intended`: announced, with the key. 2. The platform creates, without starting. 3. `created`: the
fence; read back before it is acted on, and only the id it holds is ever started. 4. `starting`,
after a fresh verdict. 5. The platform starts; `started`. Then `following` waits for the end.

Whoever finds a submission half way goes on from its state in the ledger; there is no lease. Each
append decides again on the newest ledger, so that of two runners one writes and the other reads.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from runner import handles, history
from runner.errors import PlatformError, RefusedError, UnknownOutcomeError
from runner.model import (
    Approved,
    Change,
    Draft,
    Had,
    Job,
    JobId,
    Json,
    Key,
    Kind,
    Ledger,
    Result,
    Step,
    Symbol,
)
from runner.outcomes import Event
from runner.pipeline import drafting, needs, planning
from runner.pipeline.wave import Task, Wave, present
from runner.progress import Created, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.handles import Handle
    from runner.model import Signed
    from runner.pipeline.ports import Platform

_NAME_ROOM = 512 - 80
_OVER = (
    (Kind.ENDED, "withdrawn", 4),
    (Kind.UNKNOWN, "unknown", UnknownOutcomeError.exit_code),
    (Kind.REFUSED, "refused", RefusedError.exit_code),
)


def intend(
    wave: Wave, changes: Iterable[Change], permits: Callable[[Change], tuple[Signed, ...]]
) -> None:
    """Step 1: announce `changes`; those that another runner took meanwhile come to rest."""
    statements = {change.job: permits(change) for change in changes}
    wanted = {change.job: change for change in changes}

    def decide(ledger: Ledger | None) -> Step | None:
        found = present(ledger)
        head = wave.planned.plan.head
        ready = [change for change in wanted.values() if _free(found, change)]
        jobs = [change.wanted for change in ready if isinstance(change.wanted, Job)]
        drafts = [
            drafting.intended(change, change.wanted, found, statements[change.job])
            for change in ready
            if isinstance(change.wanted, Job)
        ]
        return drafting.step(wave.world, found, drafts, head, drafting.scripts(jobs))

    wave.ledger = present(wave.world.journal.append(decide))
    for task in wave.tasks.values():
        had = wave.ledger.jobs.get(task.id)
        if had is None or had.key != task.key:
            wave.rest(task.id, "taken", "another runner went on with it", 0)


def carry_on(wave: Wave) -> None:
    """Steps 2 to 5 for every submission of the wave, from wherever it stands."""
    _create(wave)
    _permit(wave)
    _start(wave)


def reopened(had: Had, job: Job) -> Change:
    """Return the change that a submission under way stands for, as it was judged at first."""
    return Change(
        job=job.id,
        symbol=Symbol.ALTERED,
        after=had.previous,
        digest=had.digest,
        effect=had.effect,
        via=(),
        runs=True,
        had=had.stood,
        wanted=job,
    )


def task_of(ledger: Ledger, change: Change, job: Job) -> Task:
    """Return the task that an approved change asks for."""
    key = drafting.key_of(ledger, change)
    return Task(id=change.job, key=key, platform=job.platform, job=job)


def _create(wave: Wave) -> None:
    """Steps 2 and 3. An answer that was lost leaves an idle job behind, which nobody starts."""
    mine: dict[JobId, Created] = {}
    moved = _moved_on(wave, Kind.INTENDED)

    def act(task: Task, had: Had) -> Draft | None:
        if task.job is None or task.job.effect != had.effect:
            return _withdrawal(had, "its spec changed before it was created")
        if _held(wave, task, task.job, moved=moved):
            return None
        platform = wave.world.platforms(task.platform)
        mine[task.id] = platform.create(_body(task.job, task.key))
        return drafting.created(had, platform.instance, mine[task.id])

    wave.append(Kind.INTENDED, _each(wave, Kind.INTENDED, act))
    _rest_over(wave)
    for job, answer in mine.items():
        kept = wave.ledger.jobs[job].platform_job
        if kept != answer.job:
            text = f"the platform's job {answer.job} stays idle: {kept} is the one that counts"
            wave.world.tell(Event(job=job, text=text))


def _permit(wave: Wave) -> None:
    """Step 4: a fresh verdict on each, and a look that the platform has not started it."""
    policy = planning.in_force(wave.world, wave.ledger.policy)
    moved = _moved_on(wave, Kind.CREATED)

    def act(task: Task, had: Had) -> Draft | None:
        if task.job is None or task.job.effect != had.effect:
            return _withdrawal(had, "its spec changed before it was started")
        platform = _same_instance(wave, task, had)
        if platform is None or _held(wave, task, task.job, moved=moved):
            return None
        change = reopened(had, task.job)
        head = wave.planned.plan.head
        verdict, statements = planning.verdict(wave.world, change, wave.ledger, policy, head)
        if not isinstance(verdict, Approved):
            return _withdrawal(had, "its approval no longer stands")
        if platform.status(handles.handle(had)).status is not Status.WAITING:
            result = _result("unknown", "the platform started it before it was asked to")
            return drafting.ended(had, Kind.UNKNOWN, result)
        return drafting.starting(had, statements)

    wave.append(Kind.CREATED, _each(wave, Kind.CREATED, act))
    _rest_over(wave)


def _start(wave: Wave) -> None:
    """Step 5: start what waits. A platform refuses a second start, so asking again is safe."""

    def act(task: Task, had: Had) -> Draft | None:
        platform = _same_instance(wave, task, had)
        if platform is None:
            return None
        handle = handles.handle(had)
        try:
            waiting = platform.status(handle).status is Status.WAITING
        except RefusedError as error:
            return drafting.ended(had, Kind.UNKNOWN, _result("unknown", error.message))
        if waiting:
            _begin(platform, handle)
        wave.world.tell(Event(job=task.id, text=f"started as {handle.job}"))
        return drafting.about(had, Kind.STARTED, {})

    wave.append(Kind.STARTING, _each(wave, Kind.STARTING, act))
    _rest_over(wave)


def _begin(platform: Platform, handle: Handle) -> None:
    """Start a job. Where the answer is lost, the state of that very id tells what became of it."""
    try:
        platform.start(handle)
    except UnknownOutcomeError:
        with suppress(RefusedError):
            if platform.status(handle).status is not Status.WAITING:
                return
        # Still waiting: the order may be under way, so whoever applies next asks again.
        raise


def _each(wave: Wave, state: Kind, act: Callable[[Task, Had], Draft | None]) -> dict[JobId, Draft]:
    """Return what `act` drafts for each task at `state`; trouble with one stops only that one."""
    drafts: dict[JobId, Draft] = {}
    for task, had in wave.at(state):
        try:
            draft = act(task, had)
        except RefusedError as error:
            draft = drafting.ended(had, Kind.REFUSED, _result("refused", error.message))
        except (PlatformError, UnknownOutcomeError) as error:
            code = 8 if state is Kind.STARTING else PlatformError.exit_code
            wave.rest(task.id, state.value, f"{error.message}; apply again to go on", code)
            continue
        if draft is not None:
            drafts[task.id] = draft
    return drafts


def _moved_on(wave: Wave, state: Kind) -> bool:
    """Tell, once for all that stand at `state`, whether the branch has another tip by now."""
    if not wave.at(state):
        return False
    return wave.world.repository.tip(wave.ledger.branch) != wave.planned.plan.head


def _held(wave: Wave, task: Task, job: Job, *, moved: bool) -> bool:
    """Let a job that may not go on just now come to rest: the branch moved, or a need is unmet."""
    if moved:
        wave.rest(task.id, "superseded", "the branch moved on meanwhile; apply its tip", 6)
        return True
    lacking = needs.missing(job, wave.planned.wanted.jobs, wave.ledger)
    if lacking:
        wave.rest(task.id, "held", f"it needs {', '.join(each.id for each in lacking)}", 4)
    return bool(lacking)


def _same_instance(wave: Wave, task: Task, had: Had) -> Platform | None:
    """Return the platform if it is the very one that created the job."""
    platform = wave.world.platforms(task.platform)
    if platform.instance == had.instance:
        return platform
    detail = (
        f"it lives on instance {had.instance} of {task.platform.name}, this is {platform.instance}"
    )
    wave.rest(task.id, "unknown", detail, UnknownOutcomeError.exit_code)
    return None


def _rest_over(wave: Wave) -> None:
    for kind, state, code in _OVER:
        for task, had in wave.at(kind):
            if had.result is not None and had.result.outcome == state:
                wave.rest(task.id, state, had.result.detail, code)


def _free(ledger: Ledger, change: Change) -> bool:
    """Tell whether the ledger still stands where the plan found it: nothing under way, same key."""
    name = change.job if change.had is None else change.had.job
    had = ledger.jobs.get(change.job) or ledger.jobs.get(name)
    if had is None:
        return change.had is None
    return had.state not in history.OPEN and had.key == change.after


def _body(job: Job, key: Key) -> dict[str, Json]:
    """Return what goes over the wire: the reviewed body, not to be started, the key in its name."""
    given = job.body.get("task_name")
    name = given if isinstance(given, str) and given.strip() else job.id.split("/", 1)[1]
    # The platform counts 512 UTF-16 units; what a reviewer wrote was checked to leave this room.
    kept = name.encode("utf-16-le")[: 2 * _NAME_ROOM].decode("utf-16-le", "ignore")
    return job.body | {"start_task": False, "task_name": f"{kept} jobgate:{key}"}


def _result(outcome: Literal["withdrawn", "refused", "unknown"], detail: str) -> Result:
    return Result(outcome=outcome, detail=detail)


def _withdrawal(had: Had, why: str) -> Draft:
    return drafting.ended(had, Kind.ENDED, _result("withdrawn", why))
