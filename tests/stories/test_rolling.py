"""Rolling jobs through the whole tool: what a failure stops, and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

HOSTS = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
SCRIPT = 'echo "$JOBGATE_HOST" >> "$1"\n[ "$JOBGATE_HOST" != "$2" ]\n'


def rolling(tmp_path: Path, mode: str, bad: str = "none") -> sites.Site:
    """Return a site whose job rolls over three hosts one by one, failing on the host `bad`."""
    site = sites.adopted(tmp_path)
    site.write("specs/vars.yaml", f"word: '{bad}'\nhosts:\n{HOSTS}")
    site.write("scripts/count.sh", SCRIPT)
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 60\n  rolling_config: {ROLL}")
    site.edit("specs/count.yaml", "{ROLL}", f'{{expression: "1", mode: {mode}}}')
    site.commit("Roll")
    assert site.approve().code == 0
    return site


def test_a_failed_batch_pauses_and_ends_the_submission(tmp_path: Path) -> None:
    """With pause_on_failure the batches after a failed one are not run, and apply says 7."""
    site = rolling(tmp_path, "pause_on_failure", bad="0:127.0.0.2")

    ended = site.jobgate("apply")

    assert ended.code == 7
    assert "paused after batch 2 of 3: 1 failed" in ended.out
    assert site.runs == ["0:127.0.0.1", "0:127.0.0.2"]
    assert site.jobgate("apply").code == 7
    assert len(site.runs) == 2


def test_ignored_failures_do_not_stop(tmp_path: Path) -> None:
    """With ignore_failure every batch runs and the job succeeds, as the platform has it."""
    site = rolling(tmp_path, "ignore_failure", bad="0:127.0.0.2")

    ended = site.jobgate("apply")

    assert ended.code == 0
    assert "2 of 3 hosts well" in ended.out
    assert len(site.runs) == 3


def test_a_manual_job_waits_for_a_person_before_each_batch(tmp_path: Path) -> None:
    """With manual, `apply` leaves the job open (exit 4) until `resume` lets the next batch go."""
    site = rolling(tmp_path, "manual")
    for batch in (1, 2):
        ended = site.jobgate("apply")
        assert ended.code == 4, ended.err
        assert "waits for a person" in ended.out
        assert len(site.runs) == batch
        assert site.jobgate("apply").code == 4
        assert len(site.runs) == batch
        assert site.jobgate("resume", "count").code == 0

    assert site.jobgate("apply").code == 0
    assert site.runs == ["0:127.0.0.1", "0:127.0.0.2", "0:127.0.0.3"]
    assert site.jobgate("resume", "count").code == 1
    assert site.jobgate("verify").code == 0
