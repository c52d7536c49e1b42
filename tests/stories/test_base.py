"""What a pull request brings: `plan --base` shows it, and `check --base` looks at nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import narrow
from runner.cli import compose
from runner.pipeline import planning, sparing
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Site

pytestmark = pytest.mark.stories

OTHERS = ("one", "two", "three")


def write(site: Site, name: str, old: str = "", new: str = "") -> None:
    """Write the spec of a job, with one passage replaced."""
    text = sites.SPEC.format(counter="/dev/null").replace("name: count", f"name: {name}")
    site.write(f"specs/{name}.yaml", text.replace(old, new) if old else text)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with some jobs on `main` that are waiting, and a branch that adds to them."""
    site = sites.make(tmp_path)
    for name in OTHERS:
        write(site, name)
    site.commit("Three")
    assert site.jobgate("adopt").code == 0
    write(site, "two", "run: 1", "run: 2")
    site.commit("Run two again")
    site.git("checkout", "-q", "-b", "topic")
    write(site, "four")
    write(site, "one", "timeout: 60", "timeout: 90")
    site.commit("Add four, and let one take longer")
    return site


def test_a_plan_of_what_a_pull_request_brings(site: Site) -> None:
    """It shows what the branch changes, counts the rest, and has the digest of the whole plan."""
    whole, seen = site.plan(), site.plan("--base", "main")
    assert site.symbols() == {"local/four": "+", "local/one": "~", "local/two": "~"}
    assert site.symbols("--base", "main") == {"local/four": "+", "local/one": "~"}
    assert seen["others"] == 1
    assert "others" not in whole
    assert (seen["digest"], seen["head"]) == (whole["digest"], whole["head"])
    text = site.jobgate("plan", "--base", "main").out
    assert "And 1 change that is not of this pull request." in text
    assert "local/two" not in text


def test_a_plan_that_is_kept_is_whole(site: Site) -> None:
    """What `--out` keeps has every change, and `apply` takes it."""
    site.git("checkout", "-q", "main")
    site.git("merge", "-q", "--ff-only", "topic")
    kept = str(site.root / "plan.json")
    shown = site.plan("--base", "HEAD~1", "--out", kept)
    assert len(narrow.items(shown, "changes")) == 2
    ended = site.jobgate("apply", "--plan", kept)
    assert ended.code == 4, ended.err


def test_a_policy_that_the_branch_changes_is_shown(site: Site) -> None:
    """The policy is shown where the branch touches it, and counted where it does not."""
    site.edit("jobgate.yaml", "count: 1", "count: 2")
    site.commit("Ask two")
    assert "@policy" in site.symbols("--base", "main")
    assert "@policy" not in site.symbols("--base", "HEAD")
    assert site.plan("--base", "HEAD")["others"] == 4


def test_what_a_shared_file_moves_is_of_the_branch(site: Site) -> None:
    """A job that only drifts is shown where the branch changed what it goes through."""
    site.edit("specs/vars.yaml", "word: hello", "word: bye")
    site.commit("Say bye")
    shown = site.symbols("--base", "HEAD~1")
    assert shown == {name: site.symbols()[name] for name in shown}
    assert shown["local/three"] == "≈"


def test_a_job_that_the_branch_takes_away(site: Site) -> None:
    """A removed spec is shown where the branch removed it."""
    site.git("rm", "-q", "specs/three.yaml")
    site.commit("No three")
    assert site.symbols("--base", "HEAD~1") == {"local/three": "-"}
    assert "local/three" not in site.symbols("--base", "HEAD")


def test_a_base_without_a_common_history(site: Site) -> None:
    """A base that the head does not come from is refused, by both commands."""
    site.git("checkout", "-q", "--orphan", "alone")
    alone = site.commit("Alone")
    site.git("checkout", "-q", "topic")
    for words in (("plan", "--base", alone), ("check", "--base", alone)):
        ended = site.jobgate(*words)
        assert ended.code == 10
        assert "has no history with it" in ended.err
        assert "mend: name the branch" in ended.err


@pytest.mark.parametrize("rev", [(), ("--rev", "topic")])
def test_a_check_of_what_a_branch_touches(site: Site, rev: tuple[str, ...]) -> None:
    """It looks at the specs of the branch, in the working tree or at a commit."""
    ended = site.jobgate("check", "--base", "main", *rev)
    assert (ended.code, ended.err) == (0, "Looked at 2 of 4 specs.\n")
    assert ended.out == "Check: 2 jobs, 0 errors, 0 warnings.\n"


def test_a_check_finds_what_a_branch_makes_wrong(site: Site) -> None:
    """It finds a name that is taken by a spec that nothing touched, as a whole check does."""
    write(site, "four", "name: four", "name: three")
    site.commit("Call four three")
    seen, whole = (
        site.jobgate("check", "--format", "json", *words) for words in (("--base", "main"), ())
    )
    assert (seen.code, seen.out) == (1, whole.out)
    assert "the job local/three is also in specs/four.yaml" in seen.out


def test_a_check_of_what_lies_on_the_disk(site: Site) -> None:
    """What is not committed yet is a part of what changed."""
    write(site, "three", "timeout: 60", "timeout: 0")
    ended = site.jobgate("check", "--base", "HEAD")
    assert ended.code == 1
    assert ended.err == "Looked at 1 of 4 specs.\n"
    assert "specs/three.yaml" in ended.out


def test_base_is_about_trees(site: Site) -> None:
    """A request has no base."""
    ended = site.jobgate("check", "--base", "main", "--request", str(site.root / "author.pub"))
    assert ended.code == 2


def test_a_plan_spares_what_nothing_touched(site: Site) -> None:
    """On real commits too, few jobs are made, and the plan is that of all."""
    with compose.world(site.repository) as world:
        have, head = planning.ledger(world), world.repository.commit("topic")
        assert world.past is not None
        spared = sparing.plan(world.past, have, head)
        whole = planning.planned(world, head)
    assert spared is not None
    assert spared.plan == whole.plan
    assert len(spared.wanted.jobs) == 3
    assert whole.plan.unchanged == 1
