"""Laws of the timetable of a scatter job."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import scatter

pytestmark = pytest.mark.laws

WAIT = st.integers(0, scatter.LONGEST_WAIT)


@given(st.data(), WAIT, WAIT, WAIT)
@settings(max_examples=75)
def test_what_is_drawn_is_within_the_windows(
    data: st.DataObject, fixed: int, one: int, other: int
) -> None:
    """Whatever chance adds to each wait, every batch starts within its window and in its turn."""
    least, most = sorted((one, other))
    drawn = data.draw(st.lists(st.integers(least, most), max_size=20))
    starts = list(accumulate((fixed + each for each in drawn), initial=0))
    windows = scatter.windows(len(starts), scatter.Waits(fixed=fixed, least=least, most=most))

    for start, window in zip(starts, windows, strict=True):
        assert window.earliest <= start <= window.latest
    for before, after in pairwise(windows):
        assert after.earliest - before.earliest == fixed + least
        assert after.latest - before.latest == fixed + most
