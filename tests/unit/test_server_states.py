"""States and operations as the platform has them, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.progress import Status
from runner.server import states
from runner.server.answers import Code, RefusalError

CASES = Path(__file__).parent.parent / "cases" / "states"
ROWS = json.loads((CASES / "operation_by_status.json").read_text())
MANUAL_STEP = "manual-confirm step"


def _number(row: dict[str, str | int]) -> int:
    code = int(row["operation_code"])
    try:
        if row["api"] == "operate_job_instance":
            states.job_operation(code, Status(int(row["job_status"])))
        else:
            states.step_operation(code, Status(int(row["step_status"])))
    except RefusalError as refusal:
        return refusal.number
    return 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(map(str, list(row.values())[:3])))
def test_every_operation_is_answered_as_the_platform_answers(row: dict[str, str | int]) -> None:
    """Allowed where the platform allows it, else refused with its number."""
    # A script job has no step of this kind, so the state does not allow it here.
    of_manual_steps = MANUAL_STEP in str(row.get("requires", ""))
    expected = 1241003 if of_manual_steps else int(row.get("code", 0))

    assert expected == _number(row)


@pytest.mark.parametrize("row", json.loads((CASES / "run_status.json").read_text()))
def test_finished_means_what_the_platform_means(row: dict[str, int]) -> None:
    """The platform's set of finished states is ours."""
    assert row["finished"] == states.finished(Status(row["status"]))


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [
        (2, {4, 9, 11}),
        (3, {4, 9}),
        (6, set()),
        (8, {4, 9, 11}),
        (9, set()),
        (10, set()),
        (11, {11}),
        (12, {10}),
        (13, {7}),
    ],
)
def test_a_step_takes_an_operation_in_these_states_alone(operation: int, allowed: set[int]) -> None:
    """The table of the reference, whole; 6, 9 and 10 are known and never allowed here."""
    taken = {
        status
        for status in Status
        if not _number({"api": "step", "operation_code": operation, "step_status": int(status)})
    }

    assert allowed == taken


def test_a_second_start_says_so() -> None:
    """Starting a job that was started is 1241015, a failed precondition, with its state."""
    with pytest.raises(RefusalError) as refusal:
        states.job_operation(2, Status.RUNNING)

    assert refusal.value.code is Code.FAILED_PRECONDITION
    assert refusal.value.code.http == 400
    assert "2 (running)" in refusal.value.message


def test_a_move_that_the_table_lacks_is_a_bug() -> None:
    """An end state is not left, whoever asks."""
    with pytest.raises(ValueError, match="no move leads from 3"):
        states.move(states.JOB, Status.SUCCEEDED, Status.RUNNING)
