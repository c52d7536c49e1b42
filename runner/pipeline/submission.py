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
from runner.pipeline import drafting, freezing, keeping, lanes, needs, planning, sending
from runner.pipeline.wave import Task, Wave, present
from runner.progress import Created, Status
from runner.verdicts import Approved, Denied, Waiting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from runner.evidence import Grounds
    from runner.frozen import Frozen
    from runner.handles import Handle
    from runner.model import Json, PlatformEntry
    from runner.pipeline.ports import Platform
    from runner.verdicts import Verdict

_OVER = (
    (Kind.ENDED, "withdrawn", 4),
    (Kind.UNKNOWN, "unknown", UnknownOutcomeError.exit_code),
    (Kind.REFUSED, "refused", RefusedError.exit_code),
)


def intend(wave: Wave, changes: Iterable[Change], grounds: Mapping[JobId, Grounds]) -> None:
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
            drafting.intended(change, change.wanted, found, grounds[change.job])
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
    bodies: dict[JobId, dict[str, Json]] = {}
    moved = _moved_on(wave, Kind.INTENDED)
    policy = planning.in_force(wave.world, wave.ledger.policy)

    def prepare(task: Task, had: Had) -> Draft | None:
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
        bodies[task.id] = body
        return None

    def create(platform: Platform, task: Task, had: Had) -> Draft:
        mine[task.id] = platform.create(bodies[task.id])
        return drafting.created(had, platform.instance, mine[task.id])

    mine: dict[JobId, Created] = {}
    drafts = lanes.drafts(wave, Kind.INTENDED, prepare)
    drafts |= lanes.answers(wave, Kind.INTENDED, create, of=bodies, drafts=drafts)
    wave.append(Kind.INTENDED, drafts)
    _rest_over(wave)
    _tell_idle(wave, mine)


def _tell_idle(wave: Wave, mine: Mapping[JobId, Created]) -> None:
    """Tell of each job that was created here, and is not the one that the journal took."""
    for job, answer in mine.items():
        kept = wave.ledger.jobs[job].platform_job
        if kept != answer.job:
            text = f"the platform's job {answer.job} stays idle: {kept} is the one that counts"
            wave.world.tell(Event(job=job, text=text))


def _permit(wave: Wave) -> None:
    """Step 4: a fresh verdict, and a look that what waits there is what was reviewed."""
    head, moved = wave.planned.plan.head, _moved_on(wave, Kind.CREATED)
    _at_home(wave, Kind.CREATED)
    drafts: dict[JobId, Draft] = {}
    waiting = lanes.answers(wave, Kind.CREATED, _waits, drafts=drafts)
    wanted: dict[JobId, tuple[Had, Job]] = {}

    def doubted(task: Task, had: Had) -> Draft | None:
        # First of all: what somebody else started was not withdrawn, whatever else is true of it.
        if not waiting[task.id]:
            result = _result("unknown", "the platform started it before it was asked to")
            return drafting.ended(had, Kind.UNKNOWN, result)
        if task.job is None or task.job.effect != had.effect:
            return _withdrawal(had, "its spec changed before it was started")
        if not _held(wave, task, task.job, moved=moved):
            wanted[task.id] = had, task.job
        return None

    drafts |= lanes.drafts(wave, Kind.CREATED, doubted, of=waiting)
    policy = planning.in_force(wave.world, wave.ledger.policy)
    changes = {job.id: reopened(had, job) for had, job in wanted.values()}
    verdicts = keeping.kept(
        wave.world, planning.verdicts(wave.world, changes.values(), wave.ledger, policy, head)
    )
    permitted = {job for job, (verdict, _) in verdicts.items() if isinstance(verdict, Approved)}
    shown = lanes.answers(wave, Kind.CREATED, _shown, of=permitted, drafts=drafts)
    halts = {job: freezing.halt(shown[job], changes[job], wanted[job][1], policy) for job in shown}
    for job in wanted.keys() - permitted:
        drafts |= _unpermitted(wave, wanted[job][0], verdicts[job][0])
    for job, halt in halts.items():
        starts = drafting.starting(wanted[job][0], verdicts[job][1])
        drafts[job] = starts if halt is None else _withdrawal(wanted[job][0], halt.reason)
    wave.append(Kind.CREATED, drafts)
    late = {job for job, halt in halts.items() if halt is not None and halt.denied}
    _rest_over(wave, late | {job for job in verdicts if isinstance(verdicts[job][0], Denied)})


def _unpermitted(wave: Wave, had: Had, verdict: Verdict) -> dict[JobId, Draft]:
    """Withdraw what is approved no longer; what may be approved again is left where it is.

    That is what is denied until it lifts, and what waits because the forge cannot be asked.
    """
    if isinstance(verdict, Waiting) and wave.world.recollection.answers.failed:
        wave.rest(had.job, "waiting", "the forge cannot be asked whether it is still approved", 4)
        return {}
    if isinstance(verdict, Denied) and verdict.lifts:
        wave.rest(had.job, "denied", f"{verdict.reason}; {verdict.mend}", 5)
        return {}
    no = verdict.reason if isinstance(verdict, Denied) else "its approval no longer stands"
    return {had.job: _withdrawal(had, no)}


def _start(wave: Wave) -> None:
    """Step 5: start what waits. A platform refuses a second start, so asking again is safe."""

    def begin(platform: Platform, task: Task, had: Had) -> Draft:
        del task
        handle = handles.handle(had)
        try:
            waiting = platform.status(handle).status is Status.WAITING
        except RefusedError as error:
            return drafting.ended(had, Kind.UNKNOWN, _result("unknown", error.message))
        if waiting:
            _begin(platform, handle)
        return drafting.about(had, Kind.STARTED, {})

    drafts: dict[JobId, Draft] = {}
    _at_home(wave, Kind.STARTING)
    begun = lanes.answers(wave, Kind.STARTING, begin, drafts=drafts)
    for task, had in wave.at(Kind.STARTING):
        if task.id in begun and begun[task.id].kind is Kind.STARTED:
            wave.world.tell(Event(job=task.id, text=f"started as {had.platform_job}"))
    wave.append(Kind.STARTING, drafts | begun)
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


def _waits(platform: Platform, task: Task, had: Had) -> bool:
    del task
    return platform.status(handles.handle(had)).status is Status.WAITING


def _shown(platform: Platform, task: Task, had: Had) -> Frozen:
    del task
    return platform.frozen(handles.handle(had))


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


def _at_home(wave: Wave, state: Kind) -> None:
    """Let those at `state` rest whose platform is not the very one that created them."""

    def look(task: Task, had: Had) -> None:
        found = wave.world.platforms(task.platform).instance
        if found != had.instance:
            name = task.platform.name
            detail = f"it lives on instance {had.instance} of {name}, this is {found}"
            wave.rest(task.id, "unknown", detail, UnknownOutcomeError.exit_code)

    lanes.drafts(wave, state, look)


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
    return history.over(had) and had.key == change.after


def _result(outcome: Literal["withdrawn", "refused", "unknown"], detail: str) -> Result:
    return Result(outcome=outcome, detail=detail)


def _withdrawal(had: Had, why: str) -> Draft:
    return drafting.ended(had, Kind.ENDED, _result("withdrawn", why))
