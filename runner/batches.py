"""An expression and a number of hosts into batches with their starts, or into a finding.

For trying an expression out: the same sums as a request's, without a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import rolling, scatter
from runner.model import Checked, Finding, Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

# What findings name as their file.
EXPRESSION = "EXPRESSION"
MOST_WAIT = "--scatter-max"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """The sizes of the batches in order; the windows of their starts where they are scattered."""

    expression: str
    hosts: int
    sizes: tuple[int, ...]
    windows: tuple[scatter.Window, ...] = ()


def rolled(expression: str, hosts: int, waits: scatter.Waits | None) -> Checked[Rolled]:
    """Return the batches of `expression`, as a scatter job has them where there are `waits`."""
    sizes = rolling.sizes(expression, hosts)
    if isinstance(sizes, rolling.Fault):
        return Checked(value=None, findings=(_unrolled(expression, sizes),))
    if waits is None:
        return Checked(value=Rolled(expression=expression, hosts=hosts, sizes=sizes))
    found = tuple(_unscattered(expression, len(sizes), waits))
    if found:
        return Checked(value=None, findings=found)
    windows = scatter.windows(len(sizes), waits)
    return Checked(value=Rolled(expression=expression, hosts=hosts, sizes=sizes, windows=windows))


def _unrolled(expression: str, fault: rolling.Fault) -> Finding:
    line = expression.count("\n", 0, fault.start) + 1
    column = fault.start - expression.rfind("\n", 0, fault.start)
    span = Span(line, column, line, column + max(len(fault.part), 1))
    return Finding(
        place=Place(file=EXPRESSION, span=span),
        rule="rolling-expression" if fault.code == rolling.BAD_PART else "too-many-batches",
        message=fault.message,
        mend=fault.mend,
    )


def _unscattered(expression: str, batches: int, waits: scatter.Waits) -> Iterator[Finding]:
    """Yield why the platform would not schedule the batches."""
    if batches > scatter.MOST:
        yield Finding(
            place=Place(file=EXPRESSION, span=Span(1, 1, 1, max(len(expression), 1) + 1)),
            rule="too-many-batches",
            message=f"cannot scatter {batches} batches: the platform allows {scatter.MOST}",
            mend="take more targets in a batch",
        )
    if waits.most < waits.least:
        yield Finding(
            place=Place(file=MOST_WAIT),
            rule="scatter-waits",
            message=f"cannot wait at most {waits.most} ms: the least random wait is "
            f"{waits.least} ms",
            mend=f"write {waits.least} or more",
        )
