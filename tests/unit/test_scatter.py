"""`scatter`: when batches are dispatched, at the earliest and at the latest."""

from __future__ import annotations

import pytest

from runner import scatter
from runner.scatter import Waits, Window


@pytest.mark.parametrize(
    ("batches", "waits", "starts"),
    [
        (0, (1000, 1, 2), []),
        (1, (1000, 1, 2), [(0, 0)]),
        (2, (0, 10, 10), [(0, 0), (10, 10)]),
        (3, (1000, 10, 5), [(0, 0), (1010, 1010), (2020, 2020)]),
        (3, (1000, 0, 500), [(0, 0), (1000, 1500), (2000, 3000)]),
        (2, (-5, -10, -1), [(0, 0), (0, 0)]),
        (2, (-5, -10, 7), [(0, 0), (0, 7)]),
    ],
)
def test_windows(batches: int, waits: tuple[int, int, int], starts: list[tuple[int, int]]) -> None:
    """Each wait is added to the start before; a bound below the one before it counts as that."""
    fixed, least, most = waits

    assert scatter.windows(batches, Waits(fixed=fixed, least=least, most=most)) == tuple(
        Window(earliest=earliest, latest=latest) for earliest, latest in starts
    )
