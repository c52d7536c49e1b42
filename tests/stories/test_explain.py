"""`jobgate explain`: what a change lacks, told at every step until it may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import narrow
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories


def told(site: sites.Site, *words: str) -> str:
    """Return what is explained of the job."""
    ended = site.jobgate("explain", *(words or ("count",)))
    assert ended.code == 0, ended.err
    return ended.out


def test_a_change_from_waiting_to_approved(tmp_path: Path) -> None:
    """Who could consent, who did, and what no longer counts when the job is another."""
    site = sites.adopted(tmp_path)
    accepted = site.git("rev-parse", "HEAD~1").strip()[:12]
    first = told(site)

    assert f"everything (jobgate.yaml:9 of {accepted}) matches the job as it is\n" in first
    assert "asks for 1 of the people: nobody consented, 1 missing, reviewer could\n" in first
    assert first.endswith("\nwaiting: everything asks for 1 more of reviewer\n")
    assert "given:" not in first

    assert site.approve().code == 0
    approved = told(site)
    assert "    signature by reviewer at 20" in approved
    assert "Z: counts\n" in approved
    assert approved.endswith("\napproved by reviewer\n")

    (change,) = narrow.items(site.jobgate("explain", "count", "--format", "json").tree, "changes")
    digest = narrow.text(change, "digest")
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 61")
    site.commit("Wait longer")
    pushed = told(site)
    assert f"does not count: it is for another digest, {digest}\n" in pushed
    assert pushed.endswith("\nwaiting: everything asks for 1 more of reviewer\n")


def test_what_was_spent_is_told(tmp_path: Path) -> None:
    """The same digest again needs somebody again; of what is as it ran there is nothing to tell."""
    site = sites.adopted(tmp_path)
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    ended = site.jobgate("explain", "count")

    assert ended.code == 1
    assert "cannot explain count: it is as it was submitted last" in ended.err
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 61")
    site.commit("Wait longer")
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "timeout: 61", "timeout: 60")
    site.commit("Wait no longer")
    again = told(site)

    assert "does not count: it is for the submission after none, which was made\n" in again
    assert " matches the job as it is and as it was\n" in again
    assert again.endswith("\nwaiting: everything asks for 1 more of reviewer\n")


def test_what_there_is_not(tmp_path: Path) -> None:
    """A job that nobody knows is no change of the plan, and the mend lists those that are."""
    site = sites.adopted(tmp_path)
    ended = site.jobgate("explain", "cuont")

    assert ended.code == 1
    assert "cannot explain cuont: the plan has no such change" in ended.err
    assert "mend: it changes local/count" in ended.err
