"""The batches of a job as a picture: a bar each, as long as it has hosts, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.report import inert, plain, seen
from runner.report.comment import amounts

if TYPE_CHECKING:
    from runner.model import Job
    from runner.report.comment.amounts import Amount

_WIDTH = 20
_BLOCK = "█"


def batches(job: Job, amount: Amount) -> list[str]:
    """Return a line a batch, of which no more is to be cut: it ends with how many hosts are left.

    A bar has a block a host, or is to scale where the largest would be too long.
    """
    found, more = amounts.first(seen.batches(job), amount.listed)
    largest = max((len(hosts) for _, hosts in found), default=0)
    bars = [_bar(len(hosts), largest) if len(found) > 1 else "" for _, hosts in found]
    counts = [plain.count(len(hosts), "host") for _, hosts in found]
    labels = [label for label, _ in found]
    columns = [_padded(labels), *[_padded(bars)] * (len(found) > 1), _padded(counts)]
    names = [_named(hosts, amount) for _, hosts in found]
    lines = ["  ".join(cells) for cells in zip(*columns, names, strict=True)]
    return [*lines, *[more] * bool(more)]


def _bar(hosts: int, largest: int) -> str:
    width = hosts if largest <= _WIDTH else -(-hosts * _WIDTH // largest)
    return _BLOCK * width


def _padded(column: list[str]) -> list[str]:
    width = max(map(len, column), default=0)
    return [each.ljust(width) for each in column]


def _named(hosts: tuple[str, ...], amount: Amount) -> str:
    shown, more = amounts.first(hosts, amount.names)
    named = ", ".join(inert.clipped(inert.line(host), amount.text) for host in shown)
    return f"{named}{' ' * bool(more)}{more}"
