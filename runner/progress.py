"""How a job stands on its platform: the states, and each host of it. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal


class Status(IntEnum):
    """The platform's states of a job and a step (BlueKing's numbers)."""

    WAITING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    SKIPPED = 5
    IGNORED = 6
    CONFIRM = 7
    TERMINATED = 8
    ABNORMAL = 9
    STOPPING = 10
    STOPPED = 11
    CONFIRM_REFUSED = 13
    ABANDONED = 14
    ROLLING = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The platform's own answer to a create: its ids."""

    job: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """One host of a job: its label, the batch it is in (from 1), and how it stands.

    `begun` and `ended` are when its last run did, in milliseconds since 1970 by the platform's
    clock; None where it tells of none. They are no part of how it stands.
    """

    host: str
    batch: int
    state: Literal["waiting", "running", "succeeded", "failed"]
    exit_code: int | None
    detail: str
    begun: int | None = field(default=None, compare=False)
    ended: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a job stands on its platform. `paused` is a rolling job that stopped between batches.

    `tries` goes up by one each time that a batch is run again; it is 1 until then.
    """

    status: Status
    finished: bool
    paused: bool
    batch: int
    batches: int
    hosts: tuple[HostState, ...]
    tries: int = 1
