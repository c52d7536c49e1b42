"""`filesources`: the batches that the platform was seen to make, and those of the API page."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TypedDict

import pytest

from runner import filesources
from runner.filesources import Group, Limits, Part

FOLDER = Path(__file__).parents[1] / "cases" / "filesources"


class Case(TypedDict):
    """Groups as (hosts, files), the limits of both, and the parts of each batch."""

    name: str
    limits: tuple[int | None, int | None]
    groups: list[tuple[list[int | str], list[str]]]
    batches: list[list[tuple[int, list[int | str], list[str]]]]


def cases() -> list[Case]:
    """Return the cases of every file in the folder."""
    found: list[Case] = []
    for file in sorted(FOLDER.glob("*.json")):
        found += json.loads(file.read_text("utf-8"))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_batches_are_the_platforms(case: Case) -> None:
    """Groups are split, put together and ordered as the platform does it."""
    hosts, files = case["limits"]
    groups = [Group(hosts=tuple(hosts), files=tuple(files)) for hosts, files in case["groups"]]

    assert filesources.batches(groups, Limits(hosts=hosts, files=files)) == tuple(
        tuple(
            Part(group=number, hosts=tuple(hosts), files=tuple(files))
            for number, hosts, files in batch
        )
        for batch in case["batches"]
    )


def test_every_case_is_there() -> None:
    """The folder holds the page's three examples, and more."""
    assert len(cases()) > 10


def test_many_groups_take_no_time() -> None:
    """Groups that all go together are counted once each."""
    groups = [Group(hosts=(number,), files=("a",)) for number in range(50_000)]

    start = time.process_time()
    (batch,) = filesources.batches(groups, Limits())

    assert time.process_time() - start < 1
    assert len(batch) == 50_000
