"""A job that must have succeeded on one platform before it runs on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Site

pytestmark = pytest.mark.stories

STAGED = """\
  - name: staged
    when: {paths: ["specs/**"], platforms: [local]}
    require: {succeeded: [lab], change: [ticket]}
"""
PLATFORMS = "  local: {type: embedded}\n"
LAB = "  lab: {type: embedded}\n"
# It fails on the lab as long as that says so, and prints where it is.
SCRIPT = """\
echo "ran" >> "$1"
[ ! -e "$1.broken" ]
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with two platforms, whose jobs run on one before the other."""
    made = sites.make(tmp_path)
    made.edit("jobgate.yaml", PLATFORMS, PLATFORMS + LAB)
    policy = (made.repository / "jobgate.yaml").read_text()
    made.write("jobgate.yaml", policy + STAGED)
    made.write("scripts/count.sh", SCRIPT)
    made.commit("Stage")
    assert made.jobgate("adopt").code == 0
    sites.count(made)
    made.edit("specs/count.yaml", "script:\n", "change: {reason: Because, ticket: CHG1}\nscript:\n")
    made.commit("Count")
    return made


def test_it_runs_elsewhere_first(site: Site) -> None:
    """Both are approved at once, and one apply runs both, one after the other."""
    assert "says no: the same job has not succeeded on lab" in site.jobgate("explain", "count").out
    assert site.approve().code == 0
    done = site.jobgate("apply")

    assert done.code == 0, done.out
    assert "lab/count: succeeded" in done.out
    assert "local/count: succeeded" in done.out
    assert len(site.runs) == 2
    assert site.jobgate("verify").code == 0


def test_it_runs_nowhere_where_it_failed_first(site: Site) -> None:
    """What failed on the one platform is denied on the other, approved or not."""
    (site.root / "counter.broken").touch()
    assert site.approve().code == 0
    done = site.jobgate("apply")

    assert done.code == 7
    assert (
        "local/count: denied: the same job has not succeeded on lab; let it run on lab" in done.out
    )
    assert len(site.runs) == 1
    again = site.jobgate("apply")
    assert "local/count: denied" in again.out
    assert len(site.runs) == 1


def test_a_ticket_is_required(site: Site) -> None:
    """A blank one says nothing; approving would be in vain."""
    site.edit("specs/count.yaml", "ticket: CHG1", "ticket: ' '")
    site.commit("Forget it")
    refused = site.approve("local/count")

    assert refused.code == 1
    assert "its `change` has no ticket" in refused.err
    assert site.approve("lab/count").code == 0
