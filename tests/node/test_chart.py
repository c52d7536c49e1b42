"""Gantt charts as Mermaid itself reads them: every batch is a task, every name just a name."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from runner import narrow
from runner.report import batchtimes, gantt, runs
from tests import plans
from tests import runs as made
from tests.node import peers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json

_CHART = re.compile(r"```mermaid\n(.*?)```", re.DOTALL)
# What Mermaid has a meaning for, or once had one.
NAMES = (
    plans.ATTACK,
    "%%{init: {'securityLevel': 'loose'}}%%",
    "%% comment",
    "a:b",
    "a;b",
    "a#b",
    "#quot;",
    "---\ntitle: x\n---",
    "x\n    section y\n    z :done, 1, 2",
    'x\n    click a href "javascript:alert(1)"',
    "title x",
    "section",
    "excludes weekends",
    "accTitle: x",
    "<b>x</b>",
    "`x`",
    "é中 🚀",
    "\\",
    "{x}",
    "",
    " ",
)


def read(charts: Iterable[str]) -> list[Json]:
    """Return what Mermaid finds in each chart: its tasks, or an error in words."""
    done = subprocess.run(
        [peers.node(), str(peers.HERE / "chart.mjs")],
        input="".join(f"{json.dumps(each)}\n" for each in charts),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def chart(markdown: str) -> str:
    """Return the one chart of a summary, without its fence."""
    (found,) = _CHART.findall(markdown)
    return str(found)


def test_mermaid_reads_what_really_ran() -> None:
    """Each batch is a task of its job, with its instants to the millisecond."""
    (found,) = read([chart(runs.outcome(made.outcome()))])

    assert [narrow.items(each)[0] for each in narrow.items(found)] == [
        "local/pause[zone=sh]",
        "bk/roll",
        "bk/roll",
        "local/run",
        "local/run",
    ]
    assert narrow.items(found)[1:3] == [
        ["bk/roll", "batch 1 of 1 host", "done", made.BEGAN, made.BEGAN + 2000],
        ["bk/roll", "batch 2 of 2 hosts", "done", made.BEGAN + 3000, made.BEGAN + 7500],
    ]


def test_no_name_is_more_than_a_name() -> None:
    """Whatever a job is called, its chart has one section and one task."""
    charts = [chart(runs.outcome(made.hostile(name))) for name in NAMES]

    for name, found in zip(NAMES, read(charts), strict=True):
        (task,) = narrow.items(found)
        section, words, tag, *times = narrow.items(task)
        assert str(section).startswith("local/x"), name
        assert [words, tag] == ["batch 1 of 1 host, 1 failed", "crit"]
        assert times == [made.BEGAN, made.BEGAN + 1]


def test_the_largest_chart() -> None:
    """As much as is ever drawn is read, and within what GitHub draws."""
    text = chart(runs.outcome(made.many(gantt.JOBS + 1, gantt.BATCHES + 1)))
    (found,) = read([text])

    assert len(narrow.items(found)) == gantt.JOBS * gantt.BATCHES
    assert len(text) < 50_000


@pytest.mark.parametrize("spoilt", ["gantt\n foo bar", "gantt\n section a\n b :c: d :", "graph TD"])
def test_mermaid_says_no(spoilt: str) -> None:
    """What is no chart would be found out."""
    (found,) = read([spoilt])

    assert isinstance(found, str)


def test_batches_of_what_ran() -> None:
    """The chart is made of the very times that the table tells."""
    (ran, *_) = batchtimes.batches(made.ROLLED)

    assert f":done, {ran.begun}, {ran.ended}" in chart(runs.outcome(made.outcome()))
