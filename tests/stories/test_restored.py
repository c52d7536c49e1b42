"""A backup that was put back makes nobody believe that a job never ran."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from runner.cli import program
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

CREATED = 5  # the step of `tests.killed` just before which the platform has created the job


def _killed(site: sites.Site, step: int) -> None:
    process = site.spawn(str(step), module="tests.killed")
    _, err = process.communicate(timeout=60)
    assert process.returncode in {0, -9}, err


def _backed_up(site: sites.Site) -> Path:
    file = site.root / "backup.tar"
    words = ("data", "backup", "--data", str(site.root / "state" / "local"), str(file))
    assert program.run(words) == 0
    return file


def _put_back(site: sites.Site, file: Path) -> None:
    """Lose the platform's folder, and unpack the backup in its place."""
    state = site.root / "state"
    shutil.rmtree(state / "local")
    subprocess.run(("tar", "-xf", str(file), "-C", str(state)), check=True)
    (unpacked,) = state.iterdir()
    unpacked.rename(state / "local")


def test_what_was_started_after_the_backup_is_unknown_and_not_run_again(tmp_path: Path) -> None:
    """In the backup the job still waits to be started; the journal knows more, and is believed."""
    site = sites.adopted(tmp_path)
    site.approve()
    _killed(site, CREATED)
    file = _backed_up(site)
    step = 1
    while not site.runs:
        assert step < 30
        _killed(site, step)
        step += 1
    _put_back(site, file)

    for _ in range(2):
        ended = site.jobgate("apply")
        assert ended.code == 8, ended.out + ended.err
        assert "unknown" in ended.out
    assert site.runs == ["ran hello"]


def test_what_had_ended_stays_had_and_the_next_one_runs(tmp_path: Path) -> None:
    """Lost with the platform's folder, a job that ended is not run again; a new one is run once."""
    site = sites.adopted(tmp_path)
    site.approve()
    _killed(site, CREATED)
    file = _backed_up(site)
    assert site.jobgate("apply").code == 0
    _put_back(site, file)

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Once more")
    site.approve()
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello", "ran hello"]
    assert site.jobgate("verify").code == 0
