"""`acts`: what may be ordered when, and what is known of an order whose answer was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import acts
from runner.model import Act, Json, Steering
from runner.progress import Progress, Status
from runner.server import states
from runner.server.answers import RefusalError

S = Status
SEEN = Progress(status=S.FAILED, finished=True, paused=True, batch=2, batches=3, hosts=())


def ordered(act: Act, status: Status) -> Steering:
    """Return an order to a job that was seen in `status`, at batch 2 and its first try."""
    return Steering(act=act, by="ann", reason="why", status=int(status), batch=2, tries=1)


def stands(status: Status, batch: int = 2, tries: int = 1) -> Progress:
    """Return how a job stands."""
    return replace(SEEN, status=status, batch=batch, tries=tries, finished=states.finished(status))


def test_what_is_offered_is_what_the_platform_takes() -> None:
    """Each operation is one that the server allows in that state; a job's stop stands apart."""
    for act, by_status in acts.OPERATIONS.items():
        for status, number in by_status.items():
            assert acts.offered(act, status)
            assert acts.operation(act, status) == number
            if act is Act.STOP:
                assert states.job_operation(number, status) is states.JobOperation.STOP
            else:
                assert states.step_operation(number, status) in set(states.StepOperation)
    assert not acts.offered(Act.SKIP, S.ABNORMAL)
    assert not any(acts.offered(act, S.SUCCEEDED) for act in Act)


@pytest.mark.parametrize("act", Act)
def test_what_is_not_offered_is_refused_by_the_platform(act: Act) -> None:
    """The number that stands for it then is one that the platform refuses in that state."""
    number = acts.operation(act, S.SUCCEEDED)
    order = states.job_operation if act is Act.STOP else states.step_operation

    with pytest.raises(RefusalError, match="does not allow it"):
        order(number, S.SUCCEEDED)


@pytest.mark.parametrize(
    ("act", "seen", "now", "became"),
    [
        (Act.RESUME, S.CONFIRM, stands(S.CONFIRM), None),
        (Act.RESUME, S.CONFIRM, stands(S.RUNNING), "done"),
        (Act.RESUME, S.CONFIRM, stands(S.CONFIRM, batch=3), "done"),
        (Act.RESUME, S.CONFIRM, stands(S.FAILED, batch=3), "done"),
        (Act.RESUME, S.CONFIRM, stands(S.STOPPED), "overtaken"),
        (Act.RESUME, S.CONFIRM, stands(S.SUCCEEDED, batch=3, tries=2), "overtaken"),
        (Act.RETRY, S.FAILED, stands(S.FAILED), None),
        (Act.RETRY_ALL, S.FAILED, stands(S.FAILED), None),
        (Act.RETRY_ALL, S.FAILED, stands(S.FAILED, tries=2), "done"),
        (Act.RETRY_ALL, S.FAILED, stands(S.RUNNING, batch=3), "overtaken"),
        (Act.RETRY, S.FAILED, stands(S.FAILED, tries=2), "done"),
        (Act.RETRY, S.FAILED, stands(S.RUNNING, batch=1, tries=2), "done"),
        (Act.RETRY, S.FAILED, stands(S.RUNNING, batch=3), "overtaken"),
        (Act.SKIP, S.FAILED, stands(S.FAILED), None),
        (Act.SKIP, S.FAILED, stands(S.FAILED, batch=3), "done"),
        (Act.SKIP, S.FAILED, stands(S.SUCCEEDED), "done"),
        (Act.SKIP, S.FAILED, stands(S.RUNNING, tries=2), "overtaken"),
        (Act.SKIP, S.STOPPING, stands(S.STOPPED), "overtaken"),
        (Act.STOP, S.RUNNING, stands(S.RUNNING), None),
        (Act.STOP, S.RUNNING, stands(S.RUNNING, batch=3), None),
        (Act.STOP, S.RUNNING, stands(S.STOPPING), "done"),
        (Act.STOP, S.CONFIRM, stands(S.STOPPED), "done"),
        (Act.STOP, S.RUNNING, stands(S.SUCCEEDED), "overtaken"),
        (Act.STOP, S.CONFIRM, stands(S.CONFIRM), None),
    ],
)
def test_what_became_of_an_order(act: Act, seen: Status, now: Progress, became: str | None) -> None:
    """Batch and tries tell; where they stand as they stood, nothing is known."""
    assert acts.became(ordered(act, seen), now) == became


def test_an_order_is_kept_and_read() -> None:
    """What is written is read; anything else is refused."""
    order = ordered(Act.RETRY, S.FAILED)
    tree = acts.tree(order)
    assert isinstance(tree, dict)

    assert acts.steering_from(tree) == order
    wrong: list[dict[str, Json]] = [
        *({name: each for name, each in tree.items() if name != left} for left in tree),
        {**tree, "act": "confirm"},
        {**tree, "tries": "1"},
    ]
    for each in wrong:
        with pytest.raises((KeyError, TypeError, ValueError)):
            acts.steering_from(each)


def test_how_a_person_orders_an_act() -> None:
    """By the command of its name, and all hosts again by an option of `retry`."""
    assert [acts.command(act) for act in Act] == ["resume", "retry", "retry --all", "skip", "stop"]
