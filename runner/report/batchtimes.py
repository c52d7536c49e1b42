"""When each batch of a job really ran, by what the platform tells of its hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from runner.progress import HostState, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One batch that began: in milliseconds since 1970; `ended` is None while it still runs."""

    batch: int
    hosts: int
    failed: int
    begun: int
    ended: int | None


def batches(stands: Progress) -> tuple[Ran, ...]:
    """Return the batches that began, in their order; none where their times are not known."""
    found = []
    for batch in sorted({host.batch for host in stands.hosts}):
        hosts = [host for host in stands.hosts if host.batch == batch]
        begun = [host.begun for host in hosts if host.begun is not None]
        if begun:
            failed = sum(host.state == "failed" for host in hosts)
            ended = _ended(hosts)
            found.append(
                Ran(batch=batch, hosts=len(hosts), failed=failed, begun=min(begun), ended=ended)
            )
    return tuple(found)


def took(stands: Progress) -> int | None:
    """Return how long a job ran in milliseconds, its pauses included; None where nobody knows."""
    ran = batches(stands)
    ends = [each.ended for each in ran if each.ended is not None]
    if not ran or len(ends) < len(ran):
        return None
    return max(0, max(ends) - min(each.begun for each in ran))


def came(ran: Ran) -> Literal["running", "failed", "succeeded"]:
    """Return how a batch came out, as far as it did."""
    if ran.failed:
        return "failed"
    return "running" if ran.ended is None else "succeeded"


def _ended(hosts: list[HostState]) -> int | None:
    """Return when the last of some hosts ended, or None where one of them has not."""
    if any(host.state in {"waiting", "running"} for host in hosts):
        return None
    return max((host.ended for host in hosts if host.ended is not None), default=None)
