"""What may be ordered of a job as it stands, and what each order will do, in words: pure.

Which states allow what is asked of the tables in `states`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import states
from runner.server.answers import Code, Number, RefusalError
from runner.server.console import words
from runner.server.states import HostStatus, JobOperation, StepOperation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from runner.server.service import Whole
    from runner.server.views import BatchView


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An order: its name in addresses, the words on its button, and what tells of its effects."""

    slug: str
    label: str
    operation: JobOperation | StepOperation
    told: Callable[[Whole], Iterator[str]]


def named(slug: str) -> Offer:
    """Return the offer of that name. Raises RefusalError."""
    found = next((each for each in OFFERS if each.slug == slug), None)
    if found is None:
        raise RefusalError(
            code=Code.NOT_FOUND,
            number=Number.ILLEGAL,
            message=f"cannot do {slug}: there is no such order",
            mend="choose one on the job's page",
        )
    return found


def offered(whole: Whole) -> tuple[Offer, ...]:
    """Return what may be ordered of a job as it stands."""
    return tuple(each for each in OFFERS if _allowed(each, whole))


def check(offer: Offer, whole: Whole) -> None:
    """Raise RefusalError unless it may be ordered of the job as it stands."""
    if isinstance(offer.operation, JobOperation):
        states.job_operation(offer.operation, whole.job.status)
    else:
        states.step_operation(offer.operation, whole.step.status)


def consequences(offer: Offer, whole: Whole) -> tuple[str, ...]:
    """Return what will happen, in sentences."""
    return tuple(offer.told(whole))


def _allowed(offer: Offer, whole: Whole) -> bool:
    if isinstance(offer.operation, JobOperation):
        return bool(states.JOB_OPERATIONS[offer.operation][whole.job.status])
    return bool(states.STEP_OPERATIONS[offer.operation][whole.step.status])


def _start(whole: Whole) -> Iterator[str]:
    # Before the first batch the number is 0.
    yield _begins(whole, whole.step.batch + 1)


def _skip(whole: Whole) -> Iterator[str]:
    hosts = words.amount(_in(_current(whole), (HostStatus.RUNNING,)), "host")
    yield f"Nobody waits any longer for the {hosts} of {_batch(whole)} being stopped."
    yield "The job ends as succeeded."


def _stop(whole: Whole) -> Iterator[str]:
    later = _hosts(each for each in whole.batches if each.number > whole.step.batch)
    if whole.job.status is Status.CONFIRM:
        yield f"The job ends where it stands, after {_batch(whole)}."
    else:
        batch = _current(whole)
        running = words.amount(_in(batch, (HostStatus.RUNNING,)), "host")
        yield f"The scripts that run on {running} of {_batch(whole)} are ended."
        if waiting := _in(batch, (HostStatus.WAITING,)):
            yield f"They do not begin on the {words.amount(waiting, 'host')} of it that wait."
    if later:
        yield f"The {words.amount(later, 'host')} of later batches are left as they are."


def _retry_all(whole: Whole) -> Iterator[str]:
    batch = _current(whole)
    hosts = words.amount(_hosts((batch,)), "host")
    yield f"The script runs again on all {hosts} of {_batch(whole)}."
    if good := _in(batch, states.HOST_SUCCEEDED):
        yield f"That includes {words.amount(good, 'host')} where it has succeeded."


def _retry_failed(whole: Whole) -> Iterator[str]:
    hosts = words.amount(_failed(_current(whole)), "host")
    yield f"The script runs again on {hosts} of {_batch(whole)}, where it has not succeeded."


def _ignore(whole: Whole) -> Iterator[str]:
    hosts = words.amount(_failed(_current(whole)), "host")
    yield f"It did not succeed on {hosts} of {_batch(whole)}; that is ignored."
    yield _after(whole)


def _next_step(whole: Whole) -> Iterator[str]:
    batch = _current(whole)
    if batch.status is not Status.SUCCEEDED:
        hosts = words.amount(_failed(batch), "host")
        yield f"It did not succeed on {hosts} of {_batch(whole)}; the batch is skipped."
    yield _after(whole)


def _after(whole: Whole) -> str:
    if whole.step.batch == whole.step.batches:
        return "The job ends as succeeded."
    return _begins(whole, whole.step.batch + 1)


def _begins(whole: Whole, number: int) -> str:
    hosts = _hosts(each for each in whole.batches if each.number == number)
    return (
        f"Batch {number} of {whole.step.batches} begins: "
        f"the script runs on {words.amount(hosts, 'host')}."
    )


def _batch(whole: Whole) -> str:
    return f"batch {whole.step.batch} of {whole.step.batches}"


def _current(whole: Whole) -> BatchView:
    return whole.batches[whole.step.batch - 1]


def _hosts(batches: Iterable[BatchView]) -> int:
    return sum(sum(each.tally.values()) for each in batches)


def _failed(batch: BatchView) -> int:
    return _hosts((batch,)) - _in(batch, states.HOST_SUCCEEDED)


def _in(batch: BatchView, among: Iterable[HostStatus]) -> int:
    return sum(batch.tally.get(each, 0) for each in among)


OFFERS = (
    Offer(slug="start", label="Start", operation=JobOperation.START, told=_start),
    Offer(slug="next-batch", label="Next batch", operation=StepOperation.NEXT_BATCH, told=_start),
    Offer(
        slug="retry-failed",
        label="Retry failed",
        operation=StepOperation.RETRY_FAILED,
        told=_retry_failed,
    ),
    Offer(slug="retry-all", label="Retry all", operation=StepOperation.RETRY_ALL, told=_retry_all),
    Offer(slug="ignore", label="Ignore failures", operation=StepOperation.IGNORE, told=_ignore),
    Offer(slug="next-step", label="Next step", operation=StepOperation.NEXT_STEP, told=_next_step),
    Offer(slug="skip", label="Skip", operation=StepOperation.SKIP, told=_skip),
    Offer(slug="stop", label="Stop", operation=JobOperation.STOP, told=_stop),
)
