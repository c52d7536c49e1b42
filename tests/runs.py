"""Applies for tests of reports: jobs that came out in every way, and when their batches ran."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from runner.model import POLICY, JobId
from runner.outcomes import Item, Outcome
from runner.progress import HostState, Progress, Status
from tests import values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Key

BEGAN = 1_767_323_045_000  # 2026-01-02T03:04:05Z
State = Literal["waiting", "running", "succeeded", "failed"]


def host(
    batch: int, state: State = "succeeded", *, at: int = 0, took: int | None = 2000
) -> HostState:
    """Return a host that began `at` milliseconds after BEGAN; one that waits has no times."""
    begun = None if state == "waiting" else BEGAN + at
    over = begun is not None and took is not None and state != "running"
    return HostState(
        host=f"0:10.0.{batch}.{at // 1000}",
        batch=batch,
        state=state,
        exit_code={"succeeded": 0, "failed": 3}.get(state),
        detail="exit code 3" if state == "failed" else "",
        begun=begun,
        ended=(begun or 0) + (took or 0) if over else None,
    )


def progress(*hosts: HostState, status: Status = Status.SUCCEEDED) -> Progress:
    """Return how a job with these hosts stands."""
    begun = [each.batch for each in hosts if each.state != "waiting"]
    return Progress(
        status=status,
        finished=status is not Status.RUNNING,
        paused=False,
        batch=max(begun, default=1),
        batches=max((each.batch for each in hosts), default=1),
        hosts=hosts,
    )


def item(name: str, state: str, code: int, detail: str = "", key: Key | None = None) -> Item:
    """Return what an apply says of a job."""
    return Item(job=JobId(name), state=state, detail=detail, code=code, key=key)


ROLLED = progress(host(1), host(2, at=3000), host(2, at=4000, took=3500))
PAUSED = progress(
    host(1, at=1000), host(1, "failed", at=1000, took=500), host(2, "waiting"), status=Status.FAILED
)
RUNNING = progress(host(1, at=2000), host(2, "running", at=9000), status=Status.RUNNING)
STANDING: Mapping[JobId, Progress] = {
    JobId("bk/roll"): ROLLED,
    JobId("local/pause[zone=sh]"): PAUSED,
    JobId("local/run"): RUNNING,
}


def outcome() -> Outcome:
    """Return an apply in which a job came out in every way."""
    items = (
        item(POLICY, "accepted", 0, "it is in force now"),
        item("bk/gone", "removed", 0, "nothing was run"),
        item("bk/roll", "succeeded", 0, "3 of 3 hosts well"),
        item("local/ask", "waits for a person", 4, "batch 1/2: 1/2 hosts"),
        item("local/lost", "unknown", 8, "the answer was lost"),
        item("local/no", "denied", 5, "it expired on 2026-01-01; raise it"),
        item("local/pause[zone=sh]", "failed", 7, "paused after batch 1 of 2: 1 failed"),
        item("local/refuse", "refused", 9, "the platform said no"),
        item("local/run", "started", 0, "not waited for; `jobgate apply` follows it"),
        item("local/wait", "waiting", 4, "all asks for 1 more of ben"),
    )
    return Outcome(
        head=values.HEAD,
        plan=values.digest(),
        items=items,
        standing=STANDING,
        paths={each.job: f"specs/{each.job.partition('/')[2]}.yaml" for each in items},
    )


def hostile(said: str) -> Outcome:
    """Return an apply in which `said` stands everywhere where text from elsewhere can."""
    job = JobId(f"local/x[zone={said}]")
    failed = HostState(
        host=said, batch=1, state="failed", exit_code=1, detail=said, begun=BEGAN, ended=BEGAN + 1
    )
    return Outcome(
        head=values.HEAD,
        plan=values.digest(),
        items=(item(job, "failed", 7, said), item("local/y", "denied", 5, said)),
        standing={job: progress(failed, status=Status.FAILED)},
        paths={job: said, JobId("local/y"): said},
    )


def many(jobs: int, batches: int) -> Outcome:
    """Return an apply of so many jobs, each of which rolled over so many batches of one host."""
    stands = progress(*(host(number, at=1000 * number) for number in range(1, batches + 1)))
    names = [JobId(f"local/job{number:05}") for number in range(jobs)]
    return Outcome(
        head=values.HEAD,
        plan=values.digest(),
        items=tuple(item(name, "succeeded", 0, "all hosts well") for name in names),
        standing=dict.fromkeys(names, stands),
        paths={name: f"specs/{name}.yaml" for name in names},
    )
