"""Killed at any step and run again, the script has run once and the result is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

# More than an apply of one job takes; the first test says how many those are.
BEYOND = 1000
STEPS = 16


def killed(site: sites.Site, step: int) -> tuple[int, str]:
    """Apply in a process that kills itself at `step`; return how it ended and what it printed."""
    process = site.spawn(str(step), module="tests.killed")
    out, err = process.communicate(timeout=60)
    assert process.returncode in {0, -9}, err
    return process.returncode, out


def test_the_steps_are_counted(tmp_path: Path) -> None:
    """An apply that nobody kills passes at least the steps that the next test kills it at."""
    site = sites.adopted(tmp_path)
    site.approve()

    code, out = killed(site, BEYOND)

    assert code == 0
    assert int(out) >= STEPS
    assert site.runs == ["ran hello"]


@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_a_step_and_run_again(tmp_path: Path, step: int, *, remote: bool) -> None:
    """Whoever applies next carries on: one run, and a result."""
    site = sites.adopted(tmp_path, remote=remote)
    site.approve()
    code, _ = killed(site, step)
    assert code == -9

    again = site.jobgate("apply")

    assert again.code == 0, again.out + again.err
    assert site.runs == ["ran hello"]
    listed = site.jobgate("records").out.splitlines()
    assert len(listed) == 1
    assert listed[0].endswith("local/count: succeeded")
    assert site.jobgate("verify").code == 0


def test_killed_again_and_again(tmp_path: Path) -> None:
    """Killed at every step in turn on one and the same submission, it still runs once."""
    site = sites.adopted(tmp_path, remote=True)
    site.approve()
    for step in (2, 2, 3, 1, 4, 2, 5, 3):
        killed(site, step)

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_run_that_lost_its_watcher_is_unknown_and_not_run_again(tmp_path: Path) -> None:
    """When nobody can know how a script ended, the outcome is said to be unknown: exit 8."""
    site = sites.adopted(tmp_path)
    site.write("scripts/count.sh", sites.SCRIPT + "kill -9 $PPID\n")
    site.commit("Kill the watcher")
    site.approve()

    ended = site.jobgate("apply")

    assert ended.code == 8, ended.out + ended.err
    assert "local/count: unknown" in ended.out
    assert site.jobgate("apply").code == 8
    assert site.runs == ["ran hello"]
