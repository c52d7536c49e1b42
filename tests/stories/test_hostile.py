"""Ways round a review that were tried and found: each stays closed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runner.cli import compose
from runner.errors import SupersededError
from runner.model import Commit, JobId
from runner.pipeline import drafting, planning
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

SECOND = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {name: second, needs: [count]}
script: {content: "echo second", language: shell}
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  execute_target: {host_list: "{{ vars.hosts }}"}
"""


@pytest.fixture
def site(tmp_path: Path) -> sites.Site:
    """Return a site whose policy lists three people, and whose job ran once."""
    site = sites.make(tmp_path)
    key = (tmp_path / "other.pub").read_text().strip()
    site.edit(
        "jobgate.yaml",
        "clauses:",
        f'  other: {{emails: [other@example.org], keys: ["{key}"]}}\nclauses:',
    )
    site.edit("jobgate.yaml", "from: [author, reviewer]", "from: [author, reviewer, other]")
    site.commit("Three people")
    assert site.jobgate("adopt").code == 0
    site.write("specs/count.yaml", sites.SPEC.format(counter=site.counter))
    site.commit("Count")
    site.approve()
    assert site.jobgate("apply").code == 0
    return site


def die_at(site: sites.Site, step: int) -> None:
    """Apply in a process that kills itself at `step`."""
    process = site.spawn(str(step), module="tests.killed")
    process.communicate(timeout=60)
    assert process.returncode == -9


def test_a_withdrawn_submission_forgets_no_maker_and_hides_no_diff(site: sites.Site) -> None:
    """What was announced and never ran does not become what the next change is held against."""
    site.write("scripts/count.sh", sites.SCRIPT + "echo more\n")
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("A script of the reviewer's own", by=sites.REVIEWER)
    assert site.approve(by=sites.REVIEWER).code == 1
    assert site.approve(by=sites.AUTHOR).code == 0
    die_at(site, 3)
    site.edit("specs/count.yaml", "timeout: 60", "timeout: 61")
    site.commit("Something else", by=sites.OTHER)

    withdrawn = site.jobgate("apply")

    assert withdrawn.code == 4
    assert "withdrawn" in withdrawn.out
    ended = site.approve(by=sites.REVIEWER)
    assert ended.code == 1
    assert "made commits" in ended.err
    shown = site.jobgate("plan").out
    assert "+echo more" in shown
    assert "run: 1 → 2" in shown
    assert site.runs == ["ran hello"]


def test_whoever_redirects_a_platform_does_not_approve_its_jobs(site: sites.Site) -> None:
    """A job whose platform is defined anew waits until the policy that does so is accepted."""
    site.edit("jobgate.yaml", "{type: embedded}", "{type: embedded, stage: elsewhere}")
    site.commit("Redirect", by=sites.REVIEWER)
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    assert site.approve(by=sites.REVIEWER).code == 0

    ended = site.jobgate("apply")

    assert (ended.code, len(site.runs)) == (4, 1)
    assert "@policy must be accepted first" in ended.out
    assert site.approve("@policy", by=sites.REVIEWER).code == 1
    assert site.approve("@policy", by=sites.OTHER).code == 0
    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 2


def test_a_branch_that_moves_on_stops_what_has_not_begun(site: sites.Site) -> None:
    """A job that the branch's new tip no longer wants is not submitted by an apply of the old."""
    move = f"cd {site.repository}; git rm -q specs/second.yaml; git commit -q -m 'Remove it'"
    site.write("scripts/count.sh", f"{sites.SCRIPT}({move}) >&2\n")
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.write("specs/second.yaml", SECOND)
    site.commit("A second job")
    site.approve()
    site.approve("second")
    site.git("config", "user.name", "author")
    site.git("config", "user.email", "author@example.org")

    ended = site.jobgate("apply")

    assert ended.code == 6, ended.out + ended.err
    assert "local/second: superseded" in ended.out
    assert site.jobgate("apply").code == 0
    assert "second: " not in site.jobgate("records").out


def test_a_need_is_asked_for_again_when_a_submission_is_carried_on(site: sites.Site) -> None:
    """What was announced waits when what it needs is no longer as it was."""
    site.write("specs/second.yaml", SECOND)
    site.commit("A second job")
    site.approve("second")
    die_at(site, 3)
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run the first again")

    ended = site.jobgate("apply")

    assert ended.code == 4
    assert "local/second: held: it needs local/count" in ended.out
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    assert site.jobgate("status").out.count("succeeded") == 2


def test_what_starts_was_consented_to_as_it_is_recorded(site: sites.Site) -> None:
    """A description that changes between announcement and start leaves a record that holds."""
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    site.approve()
    die_at(site, 3)
    site.edit("specs/count.yaml", "Count its own runs", "Count")
    site.commit("Say it shorter")

    assert site.jobgate("apply").code == 0
    assert len(site.runs) == 2
    assert site.jobgate("verify").code == 0


@pytest.mark.parametrize("at", ["specs", "specs/more"])
def test_specs_behind_a_link_are_not_overlooked(site: sites.Site, at: str) -> None:
    """A folder of specs that is a link is a finding, and no job of it is taken for removed."""
    site.git("mv", "specs", "kept")
    if at == "specs/more":
        (site.repository / "specs").mkdir()
    (site.repository / at).symlink_to(site.repository / "kept")
    site.commit("Link it")

    ended = site.jobgate("apply")

    assert ended.code == 1
    assert f"{at}:1:1: " in ended.err
    checked = site.jobgate("check")
    assert checked.code == 1
    assert f"{at}:1:1: " in checked.out


def test_one_small_spec_does_not_fill_the_memory(site: sites.Site) -> None:
    """All that one spec renders, over every cell, comes out of one purse."""
    args = ", ".join(["\"{{ 'x' * 1000000 }}\""] * 200)
    cells = ", ".join(map(str, range(100)))
    site.write(
        "specs/count.yaml",
        sites.SPEC.format(counter="x").replace('args: ["x", "{{ vars.word }}"]', f"args: [{args}]")
        + f"matrix: {{n: [{cells}]}}\n",
    )

    ended = site.jobgate("check")

    assert ended.code == 1
    assert "does too much work" in ended.out


def test_half_a_character_in_an_approval_is_no_approval(site: sites.Site) -> None:
    """Whoever may push approvals cannot end every plan with a bug report."""
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    script = (
        "from pathlib import Path; from runner import approvals; from runner.model import Signed\n"
        "from runner.git import repository\n"
        "with repository.Git.open(Path()) as opened:\n"
        "    kept = Signed(statement=b'{\"by\":\"\\\\ud800\"}', signature='x')\n"
        "    approvals.GitApprovals(opened, None).add('local/count', kept)\n"
    )
    subprocess.run(
        (sys.executable, "-c", script),
        cwd=site.repository,
        env=site.environment() | {"PYTHONPATH": str(sites.HERE)},
        check=True,
    )

    assert site.jobgate("plan").code == 0
    assert site.jobgate("apply").code == 4


def test_a_runner_that_is_behind_cannot_roll_the_ledger_back(site: sites.Site) -> None:
    """What acts on a commit is refused once the ledger has acted on one that is not behind it."""
    behind = site.git("rev-parse", "HEAD")
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Run again")
    site.approve()
    assert site.jobgate("apply").code == 0
    with compose.world(site.repository) as world:
        ledger = planning.ledger(world)
        tombstone = drafting.removed(ledger.jobs[JobId("local/count")])

        with pytest.raises(SupersededError):
            drafting.step(world, ledger, [tombstone], Commit(behind))
        assert drafting.step(world, ledger, [tombstone], ledger.head) is not None


def test_a_failed_job_is_not_forgotten_under_a_new_name(site: sites.Site) -> None:
    """A job of this head that failed asks for exit 7 also when it was renamed since."""
    site.write("scripts/count.sh", sites.SCRIPT + "exit 3\n")
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Fail")
    site.approve()
    assert site.jobgate("apply").code == 7
    site.edit("specs/count.yaml", "name: count", "name: counting\n  formerly: count")
    site.commit("Rename")

    assert site.jobgate("apply").code == 7
    assert len(site.runs) == 2
