"""How a job stands, from what the platform answers: its states interpreted, and its batches: pure.

A rolling job that has stopped between two batches says "failed and finished", and is neither: it
is paused, unless its last batch was the one that failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from runner import narrow, rolling
from runner.progress import HostState, Progress, Status
from runner.witness import Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runner.model import Json

_WAITING, _RUNNING, _NON_ZERO = 5, 7, 104
_SUCCEEDED = frozenset({3, 9})
_CONTAINER = 2
# The platform's states of a host in which a script did not end well, in words.
_DETAILS: Mapping[int, str] = MappingProxyType(
    {
        0: "unknown error",
        1: "its agent is not well",
        2: "the host is not valid",
        11: "failed",
        12: "not started",
        13: "timed out",
        15: "its log cannot be had",
        16: "the script's log came too late",
        18: "no agent is installed",
        101: "the script failed",
        102: "timed out",
        103: "terminated",
        303: "the agent came too late",
        310: "its agent is not well",
        311: "the user is not there",
        312: "the password is wrong",
        403: "terminated",
        404: "not terminated",
        500: "unknown error",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A host or a container of a job: its label, its id there, and how it stands.

    `begun` and `ended` are in milliseconds since 1970, None where the answer has none.
    """

    label: str
    kind: Literal["host", "container"]
    id: int
    status: int
    exit_code: int | None
    begun: int | None = None
    ended: int | None = None


def name(data: Json) -> str:
    """Return the name of the job that an answer about its status tells of."""
    return narrow.text(data, "job_instance", "name")


def status(data: Json) -> Status:
    """Return the state of the job. Raises ValueError for one that the platform does not have."""
    return Status(narrow.integer(data, "job_instance", "status", default=0))


def sightings(data: Json) -> tuple[Sighting, ...]:
    """Return the jobs of a page of a list. Raises ValueError for a state that there is not."""
    return tuple(
        Sighting(
            job=narrow.integer(item, "job_instance_id", default=0),
            name=narrow.text(item, "name"),
            status=status({"job_instance": item}),
            at=narrow.integer(item, "create_time", default=0),
            by=narrow.text(item, "operator"),
        )
        for item in narrow.items(data, "job_instance_list")
    )


def targets(data: Json, step: int) -> tuple[Target, ...]:
    """Return every host and container of a step, in the order of the answer."""
    return tuple(
        target(each)
        for whole in _step(data, step)
        for each in narrow.items(whole, "step_execute_object_result_list")
    )


def tries(data: Json, step: int) -> int:
    """Return how often batches of a step were begun, from 1: the platform counts what was again."""
    return 1 + sum(narrow.integer(each, "execute_count", default=0) for each in _step(data, step))


def labels(data: Json) -> tuple[str, ...]:
    """Return the hosts that an answer about a batch of a step names."""
    return tuple(
        _address(host)
        for group in narrow.items(data, "step_result_group_list")
        for host in narrow.items(group, "host_result_list")
    )


def sizes(expression: str, total: int) -> tuple[int, ...]:
    """Return the sizes of the batches of so many hosts; one batch where nothing rolls."""
    made = rolling.sizes(expression, total) if expression else ()
    return (total,) if isinstance(made, rolling.Fault) or not made else made


def progress(
    data: Json, found: Sequence[Target], sizes: Sequence[int], batches: Mapping[str, int]
) -> Progress:
    """Return how a job stands whose hosts are `found` and roll in batches of `sizes`.

    `batches` tells the batch of those hosts that the platform has told of; the others are taken
    to be in the order in which they stand.
    """
    stands = status(data)
    in_order = {
        each.label: batch
        for batch, members in enumerate(rolling.members(sizes, found), start=1)
        for each in members
    }
    hosts = tuple(_host(each, batches.get(each.label, in_order[each.label])) for each in found)
    begun = [host.batch for host in hosts if host.state != "waiting"]
    batch = max(begun, default=1)
    paused = stands is Status.FAILED and batch < len(sizes)
    return Progress(
        status=stands,
        finished=narrow.boolean(data, "finished", default=False),
        paused=paused or stands is Status.CONFIRM,
        batch=batch,
        batches=len(sizes),
        hosts=hosts,
    )


def target(result: Json) -> Target:
    """Return the host or container that a result or a log is of."""
    thing = narrow.at(result, "execute_object")
    exit_code = narrow.integer(result, "exit_code", default=-1)
    container = narrow.integer(thing, "type", default=1) == _CONTAINER
    whole = narrow.mapping(thing, "container" if container else "host")
    return Target(
        label=_container(whole) if container else _address(whole),
        kind="container" if container else "host",
        id=narrow.integer(whole, "id" if container else "bk_host_id", default=0),
        status=narrow.integer(result, "status", default=0),
        exit_code=None if exit_code < 0 else exit_code,
        begun=narrow.integer(result, "start_time", default=0) or None,
        ended=narrow.integer(result, "end_time", default=0) or None,
    )


def _step(data: Json, step: int) -> list[Json]:
    """Return the step of that number, in a list; where it is not told of, the first one."""
    steps = narrow.items(data, "step_instance_list")
    return [each for each in steps if narrow.at(each, "step_instance_id") == step] or steps[:1]


def _address(host: Json) -> str:
    """Return a host's label: its cloud and address, or its id where it has no address."""
    ip = narrow.text(host, "ip") or narrow.text(host, "ipv6")
    if not ip:
        return f"#{narrow.integer(host, 'bk_host_id', default=0)}"
    return f"{narrow.integer(host, 'bk_cloud_id', default=0)}:{ip}"


def _container(container: Json) -> str:
    return f"container:{narrow.text(container, 'name') or narrow.text(container, 'container_id')}"


def _host(target: Target, batch: int) -> HostState:
    return HostState(
        host=target.label,
        batch=batch,
        state=_state(target.status),
        exit_code=target.exit_code,
        detail=_detail(target),
        begun=target.begun,
        ended=target.ended,
    )


def _state(status: int) -> Literal["waiting", "running", "succeeded", "failed"]:
    if status == _WAITING:
        return "waiting"
    if status == _RUNNING:
        return "running"
    return "succeeded" if status in _SUCCEEDED else "failed"


def _detail(target: Target) -> str:
    if target.status in {_WAITING, _RUNNING, *_SUCCEEDED}:
        return ""
    if target.status == _NON_ZERO and target.exit_code is not None:
        return f"exit code {target.exit_code}"
    return _DETAILS.get(target.status, f"the platform's state {target.status}")
