"""The specs that ship with the project run, harmlessly, on this machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories


def test_every_shipped_job_runs_to_a_good_end(tmp_path: Path) -> None:
    """Adopted into an empty ledger, approved and applied, each of them succeeds, needs first."""
    site = sites.make(tmp_path)
    assert site.jobgate("adopt").code == 0
    shutil.rmtree(site.repository / "specs")
    shutil.copytree(sites.HERE / "specs", site.repository / "specs")
    site.commit("Take the shipped specs")
    jobs = list(site.symbols())
    assert len({job.split("[")[0] for job in jobs}) >= 8
    for job in jobs:
        ended = site.approve(job)
        assert ended.code == 0, ended.err

    done = site.jobgate("apply")

    assert done.code == 0, done.out + done.err
    assert done.out.count(": succeeded: ") == len(jobs)
    restart = done.err.index("prod-service-restart[zone=gz]: started")
    assert done.err.index("prod-backup-verification: succeeded") < restart
    for job in jobs:
        assert site.jobgate("logs", job).out.strip()
