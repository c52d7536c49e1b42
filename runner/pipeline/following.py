"""From started to ended: asks the platform how each job stands until all have come to rest.

A rolling job that paused after a failed batch ends here as failed: nothing more of it runs by
itself. One that waits for a person stays open, and the next apply finds it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner import acts, handles
from runner.errors import UnknownOutcomeError
from runner.model import Draft, Had, JobId, Kind, Ledger, Result, Steering, Step
from runner.outcomes import Event
from runner.pipeline import drafting, lanes
from runner.pipeline.wave import present
from runner.progress import Progress, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.pipeline.ports import Platform
    from runner.pipeline.wave import Task, Wave

_SHORTEST, _LONGEST = 0.02, 2.0
# An abnormal end is one of which nobody knows how far a script came: it is not guessed at.
_OUTCOMES: Mapping[Status, Literal["stopped", "unknown"]] = {
    Status.ABNORMAL: "unknown",
    Status.STOPPED: "stopped",
    Status.TERMINATED: "stopped",
}


def follow(wave: Wave, *, wait: bool = True) -> dict[JobId, Progress]:
    """Wait for every started job of the wave to end or to pause, and note how in the journal.

    Without `wait` each is looked at once, and left as it is. Return how each stood at last.
    """
    pause = _SHORTEST
    told: dict[JobId, str] = {}
    standing: dict[JobId, Progress] = {}
    while running := wave.at(Kind.STARTED):
        ends: dict[JobId, Draft] = {}
        for task, had, progress in _stand(wave, running):
            standing[task.id] = progress
            end = _look(wave, task, progress, told)
            if end is not None:
                ends[task.id] = drafting.ended(had, Kind.ENDED, end)
        wave.append(Kind.STARTED, ends)
        _rest_ended(wave)
        for task, _ in () if wait else wave.at(Kind.STARTED):
            wave.rest(task.id, "started", "not waited for; `jobgate apply` follows it", 0)
        if wave.at(Kind.STARTED):
            wave.world.clock.wait(pause)
            pause = min(pause * 1.5, _LONGEST)
    return standing


def settle(wave: Wave) -> None:
    """Note what became of the orders whose answer was lost, as far as the platforms show it.

    Those that were done let the job be followed again.
    """
    answers: list[tuple[Had, Draft]] = []
    for task, had, stands in _stand(wave, wave.at(Kind.STEERING)):
        if had.steering is None:
            continue
        became = acts.became(had.steering, stands)
        if became is None:
            wave.rest(task.id, "unknown", lost(had.steering), UnknownOutcomeError.exit_code)
        else:
            answers.append((had, drafting.steered(had, became, told_as(stands))))

    def decide(ledger: Ledger | None) -> Step | None:
        found = present(ledger)
        drafts = [draft for had, draft in answers if found.jobs.get(had.job) == had]
        return drafting.step(wave.world, found, drafts, wave.planned.plan.head)

    if answers:
        wave.ledger = present(wave.world.journal.append(decide))


def result(progress: Progress) -> Result | None:
    """Return how a job ended, or None when it has not."""
    failed = sum(host.state == "failed" for host in progress.hosts)
    hosts = len(progress.hosts)
    if progress.paused and progress.status is Status.FAILED:
        detail = f"paused after batch {progress.batch} of {progress.batches}: {failed} failed"
        return Result(outcome="failed", detail=detail, hosts=hosts, failed=failed)
    if not progress.finished or progress.paused:
        return None
    name = progress.status.name.lower().replace("_", " ")
    if progress.status in {Status.SUCCEEDED, Status.IGNORED, Status.SKIPPED}:
        detail = f"{hosts - failed} of {hosts} hosts well"
        return Result(outcome="succeeded", detail=detail, hosts=hosts, failed=failed)
    return Result(
        outcome=_OUTCOMES.get(progress.status, "failed"),
        detail=f"{name}: {failed} of {hosts} hosts failed",
        hosts=hosts,
        failed=failed,
    )


def code_of(result: Result) -> int:
    """Return the exit code that a job asks for which ended like that."""
    return {"succeeded": 0, "unknown": UnknownOutcomeError.exit_code}.get(result.outcome, 7)


def lost(order: Steering) -> str:
    """Return the words for an order of which nobody knows whether it was carried out."""
    act = acts.command(order.act)
    return (
        f"nobody has said yet what became of `{act}`, and the job stands where it stood; "
        f"`jobgate {act} --again` orders it once more"
    )


def told_as(progress: Progress) -> str:
    """Return one line about how a job stands."""
    done = sum(host.state in {"succeeded", "failed"} for host in progress.hosts)
    failed = sum(host.state == "failed" for host in progress.hosts)
    bad = f", {failed} failed" if failed else ""
    return f"batch {progress.batch}/{progress.batches}: {done}/{len(progress.hosts)} hosts{bad}"


def _look(wave: Wave, task: Task, progress: Progress, told: dict[JobId, str]) -> Result | None:
    text = told_as(progress)
    if told.get(task.id) != text:
        told[task.id] = text
        wave.world.tell(Event(job=task.id, text=text))
    if progress.status is Status.CONFIRM:
        detail = f"{text}; go on with `jobgate resume {task.id}`"
        wave.rest(task.id, "waits for a person", detail, 4)
    return result(progress)


def _stand(wave: Wave, running: Sequence[tuple[Task, Had]]) -> Iterator[tuple[Task, Had, Progress]]:
    """Yield how each job stands; those of which their platform cannot say rest."""
    found = lanes.asked(wave, running, _progress)
    for task, had in running:
        stands = found[task.id]
        if isinstance(stands, Progress):
            yield task, had, stands
        elif stands is None:
            detail = (
                f"it lives on instance {had.instance} of {task.platform.name}, which is not here"
            )
            wave.rest(task.id, "unknown", detail, UnknownOutcomeError.exit_code)
        else:
            wave.rest(task.id, "started", f"{stands.message}; apply again to follow it", 8)


def _progress(platform: Platform, task: Task, had: Had) -> Progress | None:
    """Return how a job stands; None where the platform is not the one that created it."""
    del task
    return platform.status(handles.handle(had)) if platform.instance == had.instance else None


def _rest_ended(wave: Wave) -> None:
    for task, had in wave.at(Kind.ENDED):
        if had.result is not None:
            wave.rest(task.id, had.result.outcome, had.result.detail, code_of(had.result))
