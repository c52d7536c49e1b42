"""`watched`: a job's picture names the hosts that matter, and says nothing that would act."""

from __future__ import annotations

from typing import Literal, TypeAlias

from runner.progress import HostState, Progress, Status
from runner.report import watched
from tests import plans

State: TypeAlias = Literal["waiting", "running", "succeeded", "failed"]
LEDGER, *_ = plans.standing()
HAD = next(iter(LEDGER.jobs.values()))


def stands(*states: State) -> Progress:
    """Return how a job stands with a host in each of these states."""
    hosts = tuple(
        HostState(
            host=f"0:10.0.0.{number}",
            batch=1,
            state=state,
            exit_code=None,
            detail="\x1b[2Jgone" if state == "failed" else "",
        )
        for number, state in enumerate(states, start=1)
    )
    return Progress(
        status=Status.RUNNING, finished=False, paused=False, batch=1, batches=1, hosts=hosts
    )


def test_what_failed_stands_first_and_is_harmless() -> None:
    """Then what runs; hosts that wait or did well are only counted by the bar."""
    lines = watched.picture(HAD, "so far", stands("succeeded", "running", "waiting", "failed"))

    assert lines == (
        f"[##########..........] {HAD.job}: so far",
        "  batch 1 0:10.0.0.4: failed, \\u001b[2Jgone",
        "  batch 1 0:10.0.0.2: running",
    )


def test_a_screen_has_room_for_so_many_hosts() -> None:
    """The rest is a number; a job without hosts has an empty bar."""
    running: list[State] = ["running"] * 11
    many = watched.picture(HAD, "so far", stands(*running))

    assert len(many) == 10
    assert many[-1] == "  and 3 hosts more"
    assert watched.picture(HAD, "none", stands()) == (f"[{'.' * 20}] {HAD.job}: none",)
