"""When the batches of a scatter job (execution_mode 2) are dispatched, as the platform adds it up.

Batch 1 goes at once. Every other one goes a wait after the one before it: a fixed part, and a
whole number of milliseconds that is drawn anew between the two bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST = 200  # batches that the platform schedules for one job
LONGEST_WAIT = 3_600_000  # of each part of a wait, in milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The parts of each wait, in milliseconds: what is fixed, and what chance adds at least/most.

    A bound below the one before it, or below 0, counts as that one.
    """

    fixed: int
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a batch is dispatched, in milliseconds after the first: at the earliest and latest."""

    earliest: int
    latest: int


def windows(batches: int, waits: Waits) -> tuple[Window, ...]:
    """Return the window of each batch, in order. Where chance adds nothing both ends are equal."""
    fixed, least = max(0, waits.fixed), max(0, waits.least)
    most = max(least, waits.most)
    return tuple(
        Window(earliest=turn * (fixed + least), latest=turn * (fixed + most))
        for turn in range(batches)
    )
