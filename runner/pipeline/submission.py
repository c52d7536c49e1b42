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
from runner.model import Change, Draft, Had, Job, JobId, Key, Kind, Ledger, Result, Step, Symbol
from runner.outcomes import Event
from runner.pipeline import drafting, freezing, needs, planning, sending
from runner.pipeline.wave import Task, Wave, present
from runner.progress import Created, Status
from runner.verdicts import Approved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from runner.handles import Handle
    from runner.model import PlatformEntry, Signed
    from runner.pipeline.ports import Platform

_OVER = (
    (Kind.ENDED, "withdrawn", 4),
    (Kind.UNKNOWN, "unknown", UnknownOutcomeError.exit_code),
    (Kind.REFUSED, "refused", RefusedError.exit_code),
)


def intend(
    wave: Wave, changes: Iterable[Change], statements: Mapping[JobId, tuple[Signed, ...]]
) -> None:
    """Step 1: announce `changes`; those that another runner took meanwhile come to rest.

    So do those whose platform's list could not be read: nothing is announced without a witness.
    """
    for task in wave.tasks.values():
        why = wave.lookout.shut(task)
        if why:
            wave.rest(task.id, "held", f"{why}; apply again to go on", PlatformError.exit_code)
    wanted = {change.job: change for change in changes if change.job not in wave.items}

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
        if task.id in wanted and (had is None or had.key != task.key):
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


def tasks(ledger: Ledger, changes: Iterable[Change]) -> list[Task]:
    """Return the tasks that approved changes ask for."""
    return [
        Task(
            id=change.job,
            key=drafting.key_of(ledger, change),
            platform=change.wanted.platform,
            scope=handles.scope(change.wanted.body),
            job=change.wanted,
        )
        for change in changes
        if isinstance(change.wanted, Job)
    ]


def reopened_task(had: Had, key: Key, platform: PlatformEntry, job: Job | None) -> Task:
    """Return the task that a submission under way still is; `job` is what is wanted of it now."""
    scope = handles.scope(had.body)
    return Task(id=had.job, key=key, platform=platform, scope=scope, job=job)


def _create(wave: Wave) -> None:
    """Steps 2 and 3. An answer that was lost leaves an idle job behind, which nobody starts."""
    mine: dict[JobId, Created] = {}
    moved = _moved_on(wave, Kind.INTENDED)
    policy = planning.in_force(wave.world, wave.ledger.policy)

    def act(task: Task, had: Had) -> Draft | None:
        began = wave.lookout.began(task)
        if began is not None:
            why = f"its key is borne by what was started there as {began}, which is not recorded"
            return drafting.ended(had, Kind.UNKNOWN, _result("unknown", why))
        if task.job is None or task.job.effect != had.effect:
            return _withdrawal(had, "its spec changed before it was created")
        if _held(wave, task, task.job, moved=moved):
            return None
        body = sending.body(wave, task, task.job, reopened(had, task.job), policy)
        if isinstance(body, str):
            return _withdrawal(had, body)
        platform = wave.world.platforms(task.platform)
        mine[task.id] = platform.create(body)
        return drafting.created(had, platform.instance, mine[task.id])

    wave.append(Kind.INTENDED, _each(wave, Kind.INTENDED, act))
    _rest_over(wave)
    for job, answer in mine.items():
        kept = wave.ledger.jobs[job].platform_job
        if kept != answer.job:
            text = f"the platform's job {answer.job} stays idle: {kept} is the one that counts"
            wave.world.tell(Event(job=job, text=text))


def _permit(wave: Wave) -> None:
    """Step 4: a fresh verdict, and a look that what waits there is what was reviewed."""
    policy = planning.in_force(wave.world, wave.ledger.policy)
    moved = _moved_on(wave, Kind.CREATED)
    denied: set[JobId] = set()
    at_work = [(had, task.job) for task, had in wave.at(Kind.CREATED)]
    changes = {job.id: reopened(had, job) for had, job in at_work if job is not None}
    head = wave.planned.plan.head
    verdicts = planning.verdicts(wave.world, changes.values(), wave.ledger, policy, head)

    def act(task: Task, had: Had) -> Draft | None:
        platform = _same_instance(wave, task, had)
        if platform is None:
            return None
        # First of all: what somebody else started was not withdrawn, whatever else is true of it.
        if platform.status(handles.handle(had)).status is not Status.WAITING:
            result = _result("unknown", "the platform started it before it was asked to")
            return drafting.ended(had, Kind.UNKNOWN, result)
        if task.job is None or task.job.effect != had.effect:
            return _withdrawal(had, "its spec changed before it was started")
        held = _held(wave, task, task.job, moved=moved)
        return None if held else judged(platform, task.job, had)

    def judged(platform: Platform, job: Job, had: Had) -> Draft:
        verdict, statements = verdicts[job.id]
        if not isinstance(verdict, Approved):
            return _withdrawal(had, "its approval no longer stands")
        shown = platform.frozen(handles.handle(had))
        halt = freezing.halt(shown, changes[job.id], job, policy)
        if halt is not None and halt.denied:
            denied.add(had.job)
        starts = drafting.starting(had, statements)
        return starts if halt is None else _withdrawal(had, halt.reason)

    wave.append(Kind.CREATED, _each(wave, Kind.CREATED, act))
    _rest_over(wave, denied)


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


def _rest_over(wave: Wave, denied: Collection[JobId] = ()) -> None:
    for kind, state, code in _OVER:
        for task, had in wave.at(kind):
            if had.result is not None and had.result.outcome == state:
                said = ("denied", 5) if task.id in denied else (state, code)
                wave.rest(task.id, said[0], had.result.detail, said[1])


def _free(ledger: Ledger, change: Change) -> bool:
    """Tell whether the ledger still stands where the plan found it: nothing under way, same key."""
    name = change.job if change.had is None else change.had.job
    had = ledger.jobs.get(change.job) or ledger.jobs.get(name)
    if had is None:
        return change.had is None
    return had.state not in history.OPEN and had.key == change.after


def _result(outcome: Literal["withdrawn", "refused", "unknown"], detail: str) -> Result:
    return Result(outcome=outcome, detail=detail)


def _withdrawal(had: Had, why: str) -> Draft:
    return drafting.ended(had, Kind.ENDED, _result("withdrawn", why))
