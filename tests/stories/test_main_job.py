"""The main job, end to end, in a repository made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

COUNT = "local/count"


@pytest.fixture(params=[False, True], ids=["local", "remote"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> sites.Site:
    """Return a site with an adopted ledger, once in the repository and once on a remote."""
    return sites.adopted(tmp_path, remote=request.param is True)


def push(site: sites.Site) -> None:
    """Push main where there is a remote to push to."""
    if site.git("remote"):
        site.git("push", "-q", "origin", "main")


def test_a_spec_on_a_branch_waits_is_approved_merges_and_runs_once(tmp_path: Path) -> None:
    """A reviewed spec runs exactly once, however often and by whomever it is applied."""
    site = sites.make(tmp_path, remote=True)
    assert site.jobgate("adopt", "--remote", "origin").code == 0
    site.git("switch", "-q", "-c", "change")
    site.write("specs/count.yaml", sites.SPEC.format(counter=site.counter))
    site.commit("Count")
    assert site.jobgate("check").code == 0

    planned = site.jobgate("plan", "--head", "change")

    assert planned.out.splitlines()[-1] == (
        "Plan: 0 to run, 1 waiting, 0 drifted, 0 unchanged (1 host, 1 batch)."
    )
    assert "waiting: everything asks for 1 more of reviewer" in planned.out
    assert site.approve(head="change").code == 0
    assert "1 to run, 0 waiting" in site.jobgate("plan", "--head", "change").out
    site.git("switch", "-q", "main")
    site.git("merge", "-q", "--no-ff", "-m", "Merge", "change")
    push(site)
    done = site.jobgate("apply")
    assert (done.code, site.runs) == (0, ["ran hello"]), done.err
    assert "counted for hello" in site.jobgate("logs", "count").out
    again = site.jobgate("apply")
    assert (again.code, site.runs) == (0, ["ran hello"])
    assert "nothing to do" in again.out


def test_two_applies_at_once_run_it_once(site: sites.Site) -> None:
    """Of two runners that apply the same commit at the same time, one starts the job."""
    assert site.approve().code == 0

    both = [site.spawn("apply"), site.spawn("apply")]
    ends = [(each.communicate(timeout=60), each.returncode) for each in both]

    assert [code for _, code in ends] == [0, 0], ends
    assert site.runs == ["ran hello"]


def test_a_merge_without_approval_waits_and_runs_once_after_it(site: sites.Site) -> None:
    """What nobody approved waits, with exit 4; approved later, it runs once."""
    waits = site.jobgate("apply")
    assert (waits.code, site.runs) == (4, [])
    assert site.approve().code == 0

    assert site.jobgate("apply").code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_shared_file_drifts_and_runs_nothing_until_run_is_raised(site: sites.Site) -> None:
    """Editing vars.yaml shows the job as drifted via that file; raising `run` then runs it."""
    site.approve()
    site.jobgate("apply")
    site.edit("specs/vars.yaml", "word: hello", "word: goodbye")
    site.commit("Say goodbye")
    push(site)

    text = site.jobgate("plan").out
    assert f"≈ {COUNT}" in text
    assert "via specs/vars.yaml" in text
    site.approve()
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]

    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    push(site)
    assert site.jobgate("apply").code == 4
    site.approve()
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello", "ran goodbye"]


def test_comments_and_moves_change_nothing(site: sites.Site) -> None:
    """A changed comment and a moved file leave the job unchanged."""
    site.approve()
    site.jobgate("apply")
    site.edit("specs/count.yaml", "kind: ScriptJob", "kind: ScriptJob  # a comment")
    (site.repository / "specs/deeper").mkdir()
    site.git("add", "-A")
    site.git("mv", "specs/count.yaml", "specs/deeper/counting.yaml")
    site.commit("Move it")
    push(site)

    assert site.symbols() == {}
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_then_b_then_a_needs_a_new_approval(site: sites.Site) -> None:
    """The submission that an approval permitted spends it, also for the very same digest later."""
    site.approve()
    site.jobgate("apply")
    for old, new in (("timeout: 60", "timeout: 61"), ("timeout: 61", "timeout: 60")):
        site.edit("specs/count.yaml", old, new)
        site.commit(new)
        push(site)
        assert site.jobgate("apply").code == 4
        site.approve()
        assert site.jobgate("apply").code == 0

    assert len(site.runs) == 3


def test_an_older_commit_is_superseded(site: sites.Site) -> None:
    """A re-run of last week's workflow submits nothing."""
    site.approve()
    old = site.git("rev-parse", "HEAD")
    site.edit("specs/count.yaml", "kind: ScriptJob", "kind: ScriptJob  # later")
    site.commit("Later")
    push(site)

    late = site.jobgate("apply", "--head", old)

    assert (late.code, site.runs) == (6, [])
    assert "the tip of main is" in late.err
    site.git("checkout", "-q", old)
    assert site.jobgate("apply").code == 6


def test_a_branch_put_back_behind_the_ledger_is_refused(site: sites.Site) -> None:
    """A tip that does not descend from what the ledger acted on is superseded."""
    site.approve()
    site.jobgate("apply")
    site.git("reset", "-q", "--hard", "HEAD~1")
    if site.git("remote"):
        site.git("push", "-q", "--force", "origin", "main")

    assert site.jobgate("apply").code == 6


def test_a_plan_that_differs_from_the_one_named_is_refused(site: sites.Site) -> None:
    """`apply --plan` runs only what was shown, named in full."""
    site.approve()
    kept = site.root / "plan.json"
    assert site.jobgate("plan", "--out", str(kept)).code == 0
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 61")
    site.commit("Change")
    push(site)

    assert site.jobgate("apply", "--plan", str(kept)).code == 6
    assert site.jobgate("apply", "--plan", "sha256:abc").code == 2
    assert site.runs == []


def test_a_removed_spec_leaves_a_tombstone_and_comes_back_unchanged(site: sites.Site) -> None:
    """Removing a spec runs nothing; restored with the same effect, it is unchanged."""
    site.approve()
    site.jobgate("apply")
    site.git("rm", "-q", "specs/count.yaml")
    site.commit("Remove it")
    push(site)
    assert site.symbols() == {COUNT: "-"}
    assert site.jobgate("apply").code == 0
    assert site.symbols() == {}
    site.git("revert", "--no-edit", "HEAD")
    push(site)

    assert site.symbols() == {}
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


def test_a_renamed_job_keeps_its_history(site: sites.Site) -> None:
    """With `formerly`, a new name alone runs nothing."""
    site.approve()
    site.jobgate("apply")
    site.edit("specs/count.yaml", "name: count", "name: counting\n  formerly: count")
    site.commit("Rename")
    push(site)

    assert site.symbols() == {}
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    push(site)
    assert site.symbols() == {"local/counting": "~"}
    assert site.approve("counting").code == 0
    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 2
    assert site.symbols() == {}


def test_lowering_run_is_denied(site: sites.Site) -> None:
    """`run` never goes down: exit 5, whoever consents."""
    site.edit("specs/count.yaml", "run: 1", "run: 5")
    site.commit("Five")
    push(site)
    site.approve()
    site.jobgate("apply")
    site.edit("specs/count.yaml", "run: 5", "run: 4")
    site.commit("Four")
    push(site)

    assert site.approve().code == 1
    assert site.jobgate("apply").code == 5


def test_an_expired_job_is_denied(site: sites.Site) -> None:
    """After its day a job is not submitted."""
    site.edit("specs/count.yaml", "  run: 1", '  run: 1\n  expires: "2020-01-31"')
    site.commit("Expire")
    push(site)

    denied = site.jobgate("apply")

    assert (denied.code, site.runs) == (5, [])
    assert "it expired on 2020-01-31" in denied.out
