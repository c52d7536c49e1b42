"""Acts: what a person may order of a job that was started, when, and what became of an order: pure.

An order is sent once. Where its answer is lost, batch and tries tell whether it was carried out.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from runner import fields
from runner.model import Act, Json, Steering
from runner.progress import Progress, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEFT = (Status.FAILED, Status.STOPPED)
_WENT_ON = frozenset({Status.IGNORED, Status.RUNNING, Status.SKIPPED, Status.SUCCEEDED})
_STOPPED = frozenset({Status.STOPPED, Status.STOPPING, Status.TERMINATED})

# The platform's number of the operation on a step that each act comes to, by the job's state.
# STOP is the one on a job; an act in a state that is not here is not offered. That JOB also takes
# 3 (ignore) from a job that ended abnormally is left out: it then shows the job as running for
# ever.
STOP_JOB = 1
OPERATIONS: Mapping[Act, Mapping[Status, int]] = MappingProxyType(
    {
        Act.RESUME: MappingProxyType({Status.CONFIRM: 13}),
        Act.RETRY: MappingProxyType(dict.fromkeys((*_LEFT, Status.ABNORMAL), 2)),
        Act.RETRY_ALL: MappingProxyType(dict.fromkeys((*_LEFT, Status.ABNORMAL), 8)),
        Act.SKIP: MappingProxyType({Status.FAILED: 3, Status.STOPPED: 11, Status.STOPPING: 12}),
        Act.STOP: MappingProxyType({Status.RUNNING: STOP_JOB, Status.CONFIRM: STOP_JOB}),
    }
)


def operation(act: Act, status: Status) -> int:
    """Return the platform's number of `act` for a job in `status`.

    Where it is not offered, one that the platform knows as well, and refuses in that state.
    """
    known = OPERATIONS[act]
    return known.get(status, next(iter(known.values())))


def command(act: Act) -> str:
    """Return how a person orders an act, behind `jobgate`."""
    return "retry --all" if act is Act.RETRY_ALL else act.value


def offered(act: Act, status: Status) -> bool:
    """Tell whether `act` may be ordered of a job in `status`."""
    return status in OPERATIONS[act]


def became(order: Steering, now: Progress) -> Literal["done", "overtaken"] | None:
    """Tell what became of `order` by where the job stands now; None where that cannot be told.

    One is overtaken whose job stands elsewhere by now, in a way that the order alone does not make.
    """
    if order.act is Act.STOP:
        return _stopped(now)
    if (order.status, order.batch, order.tries) == (now.status, now.batch, now.tries):
        return None
    if order.act in {Act.RETRY, Act.RETRY_ALL}:
        return "done" if now.tries > order.tries else "overtaken"
    went_on = now.batch > order.batch or now.status in _WENT_ON
    return "done" if went_on and now.tries == order.tries else "overtaken"


def tree(order: Steering) -> Json:
    """Return an order as it stands in the journal."""
    return {
        "act": order.act.value,
        "batch": order.batch,
        "by": order.by,
        "reason": order.reason,
        "status": order.status,
        "tries": order.tries,
    }


def steering_from(kept: Json) -> Steering:
    """Return the order that `tree` wrote; raise ValueError, TypeError or KeyError on others."""
    return Steering(
        act=Act(fields.needed(kept, "act")),
        batch=fields.whole(kept, "batch"),
        by=fields.needed(kept, "by"),
        reason=fields.needed(kept, "reason"),
        status=fields.whole(kept, "status"),
        tries=fields.whole(kept, "tries"),
    )


def _stopped(now: Progress) -> Literal["done", "overtaken"] | None:
    if now.status in _STOPPED:
        return "done"
    return "overtaken" if now.finished else None
