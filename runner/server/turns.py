"""A batch that has ended, into what becomes of it, of its step and of its job: pure.

The rolling modes are here and nowhere else. A host whose outcome is not known makes all three
abnormal, in every mode: going on would be a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.server.states import HostStatus

PAUSE_ON_FAILURE = 1
IGNORE_FAILURE = 2
MANUAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The states after a batch. A step that is ROLLING begins its next batch at once."""

    batch: Status
    step: Status
    job: Status


def after(tally: Mapping[HostStatus, int], *, stopping: bool, last: bool, mode: int | None) -> Turn:
    """Return what follows a batch whose hosts have all ended. `mode` is None where nothing rolls.

    `tally` counts the hosts of the batch by state.
    """
    ended = frozenset(state for state, count in tally.items() if count)
    if states.HostStatus.UNKNOWN in ended:
        return _all(Status.ABNORMAL)
    if stopping:
        return _all(Status.STOPPED)
    if ended <= states.HOST_SUCCEEDED:
        return _succeeded(last=last, mode=mode)
    if mode == IGNORE_FAILURE:
        return _ignored(last=last)
    return _all(Status.FAILED)


def _succeeded(*, last: bool, mode: int | None) -> Turn:
    if last:
        return _all(Status.SUCCEEDED)
    if mode == MANUAL:
        return Turn(batch=Status.SUCCEEDED, step=Status.CONFIRM, job=Status.CONFIRM)
    return Turn(batch=Status.SUCCEEDED, step=Status.ROLLING, job=Status.RUNNING)


def _ignored(*, last: bool) -> Turn:
    if last:
        return Turn(batch=Status.IGNORED, step=Status.IGNORED, job=Status.SUCCEEDED)
    return Turn(batch=Status.IGNORED, step=Status.ROLLING, job=Status.RUNNING)


def _all(status: Status) -> Turn:
    return Turn(batch=status, step=status, job=status)
