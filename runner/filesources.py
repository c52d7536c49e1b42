"""Groups of source files into rolling batches (rolling type 2), as the platform divides them.

A group is some hosts that each send the same files. The limit on files is documented as one for
each host; the platform holds the sum over different hosts against it, and so does this.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.model import Json

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hosts, or containers, and the files that each of them sends."""

    hosts: tuple[Json, ...]
    files: tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most hosts and the most files of one batch. None, 0 and less: no limit."""

    hosts: int | None = None
    files: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of one group goes in a batch. Groups are counted from 1."""

    group: int
    hosts: tuple[Json, ...]
    files: tuple[Json, ...]


Batch: TypeAlias = tuple[Part, ...]


def batches(groups: Sequence[Group], limits: Limits) -> tuple[Batch, ...]:
    """Return the parts of each batch, in order.

    A group beyond a limit is split by itself: hosts outside, files inside. Any other goes along
    with the group before it as long as the sums of both stay within the limits; a split group
    ends that, and what is left of it waits for no other.
    """
    made: list[Batch] = []
    together: list[Part] = []
    hosts = files = 0  # of what goes together
    for number, group in enumerate(groups, 1):
        hosts, files = hosts + len(group.hosts), files + len(group.files)
        if together and _beyond(hosts, files, limits):
            made.append(tuple(together))
            together, hosts, files = [], len(group.hosts), len(group.files)
        if _beyond(hosts, files, limits):
            made += _split(number, group, limits)
            hosts = files = 0
        else:
            together.append(Part(group=number, hosts=group.hosts, files=group.files))
    return (*made, tuple(together)) if together else tuple(made)


def _beyond(hosts: int, files: int, limits: Limits) -> bool:
    return _above(hosts, limits.hosts) or _above(files, limits.files)


def _above(count: int, limit: int | None) -> bool:
    return limit is not None and 0 < limit < count


def _split(number: int, group: Group, limits: Limits) -> list[Batch]:
    return [
        (Part(group=number, hosts=hosts, files=files),)
        for hosts, files in product(
            _chunks(group.hosts, limits.hosts), _chunks(group.files, limits.files)
        )
    ]


def _chunks(items: tuple[T, ...], limit: int | None) -> list[tuple[T, ...]]:
    """Return the items in order, `limit` at a time; of no items there is one empty chunk."""
    if limit is None or limit <= 0:
        return [items]
    return [items[start : start + limit] for start in range(0, max(len(items), 1), limit)]
