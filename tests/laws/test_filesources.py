"""Laws of the batches of source files."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import filesources
from runner.filesources import Group, Limits

pytestmark = pytest.mark.laws

LIMITS = st.none() | st.integers(-1, 6)
GROUPS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 9)).map(
        lambda sizes: Group(
            hosts=tuple(range(sizes[0])), files=tuple(f"f{n}" for n in range(sizes[1]))
        )
    ),
    max_size=8,
)


def within(count: int, limit: int | None) -> bool:
    """Tell whether a limit, if it is one, allows so many."""
    return limit is None or limit <= 0 or count <= limit


@given(GROUPS, LIMITS, LIMITS)
@settings(max_examples=150)
def test_every_host_sends_every_file_of_its_group_once(
    groups: list[Group], hosts: int | None, files: int | None
) -> None:
    """Each file of each host is in exactly one batch; groups follow one another in order."""
    made = filesources.batches(groups, Limits(hosts=hosts, files=files))
    sent = Counter(
        (part.group, host, file)
        for batch in made
        for part in batch
        for host in part.hosts
        for file in part.files
    )

    assert sent == Counter(
        (number, host, file)
        for number, group in enumerate(groups, 1)
        for host in group.hosts
        for file in group.files
    )
    order = [part.group for batch in made for part in batch]
    assert order == sorted(order)


@given(GROUPS, LIMITS, LIMITS)
@settings(max_examples=150)
def test_no_batch_is_beyond_a_limit_and_none_could_take_its_neighbour(
    groups: list[Group], hosts: int | None, files: int | None
) -> None:
    """The sums of a batch are within both limits; two whole groups part only where they must."""
    made = filesources.batches(groups, Limits(hosts=hosts, files=files))
    sums = [
        (sum(len(part.hosts) for part in batch), sum(len(part.files) for part in batch))
        for batch in made
    ]

    assert all(batch for batch in made)
    assert all(within(one, hosts) and within(other, files) for one, other in sums)
    for (batch, size), (following, _) in pairwise(zip(made, sums, strict=True)):
        group = groups[following[0].group - 1]
        ends = groups[batch[-1].group - 1]
        if all(
            within(len(each.hosts), hosts) and within(len(each.files), files)
            for each in (group, ends)
        ):
            together = (size[0] + len(group.hosts), size[1] + len(group.files))
            assert not (within(together[0], hosts) and within(together[1], files))
